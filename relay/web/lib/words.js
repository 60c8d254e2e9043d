// Every word that a person reads comes from one catalogue, `words/LANGUAGE.js`. English fills what another lacks.
import english from '../words/en.js'
import { prefs } from './prefs.js'

export const LANGUAGES = { en: 'English', id: 'Bahasa Indonesia', ar: 'العربية' }
const RIGHT_TO_LEFT = new Set(['ar'])

let words = english
let language = 'en'

// Loads the language that was chosen on this screen, or the first that the browser asks for and we know.
export async function loadWords () {
  const asked = [new URLSearchParams(location.search).get('lang'), prefs.get('language'), ...navigator.languages]
  const known = asked.map(tag => tag?.toLowerCase().split('-')[0]).map(tag => (tag === 'in' ? 'id' : tag))
  language = known.find(tag => tag in LANGUAGES) ?? 'en'
  if (language !== 'en') {
    try {
      words = { ...english, ...(await import(`../words/${language}.js`)).default }
    } catch { language = 'en' }
  }
  document.documentElement.lang = language
  document.documentElement.dir = RIGHT_TO_LEFT.has(language) ? 'rtl' : 'ltr'
}

// The words of that name, with {names} filled in.
export function t (name, values = {}) {
  const text = words[name] ?? name
  return text.replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ''))
}

// Whether there are words of that name.
export const knows = name => name in words

// The same list with names filled in for what says `data-t` and `data-t-label` in a page's own markup.
export function fill (root = document) {
  for (const element of root.querySelectorAll('[data-t]')) element.textContent = t(element.dataset.t)
  for (const element of root.querySelectorAll('[data-t-label]')) {
    element.setAttribute('aria-label', t(element.dataset.tLabel))
  }
}

export const currentLanguage = () => language

// A wall clock's time, as people of that language write it.
export function clock (at) {
  return new Intl.DateTimeFormat(locale(), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at)
}

export function number (value, fraction = 0) {
  return new Intl.NumberFormat(locale(), { minimumFractionDigits: fraction, maximumFractionDigits: Math.max(fraction, 2) })
    .format(value)
}

// Digits that every cook reads, whatever the language.
const locale = () => (language === 'ar' ? 'ar-u-nu-latn' : language)
