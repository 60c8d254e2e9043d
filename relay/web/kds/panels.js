// The panels of a display: all-day counts, recall, search, settings, keys, a card's details.
import { h, write } from '../lib/dom.js'
import { prefs, showTheme } from '../lib/prefs.js'
import { forget, token } from '../lib/token.js'
import { LANGUAGES, clock, currentLanguage, t } from '../lib/words.js'
import { shortNumber, whereOf } from './card.js'
import { isLive } from './kitchen.js'
import { KINDS } from './sound.js'

// The panel that is open, if one is.
export const open = () => document.querySelector('dialog[open]')

function sheet (name, title, how, ...body) {
  const shut = h('button', { class: 'shut', 'aria-label': t('close'), on: { click: () => dialog.close() } }, '✕')
  const dialog = h('dialog', { class: 'sheet', 'data-panel': name, 'aria-label': title },
    h('header', { class: 'title' }, h('h2', {}, title), shut), how && h('p', { class: 'soft' }, how), ...body)
  dialog.addEventListener('close', () => dialog.remove())
  dialog.addEventListener('click', event => { if (event.target === dialog) dialog.close() })
  open()?.close()
  document.body.append(dialog)
  dialog.showModal()
  return dialog
}

export function allDay (kitchen) {
  const rows = kitchen.allDay().map(([name, sum]) => h('li', {}, h('strong', {}, `${sum}×`), ' ', h('span', {}, name)))
  sheet('allday', t('allDay'), t('allDayHow'), rows.length > 0 ? h('ul', { class: 'sums' }, rows) : h('p', {}, t('nothing')))
}

// `gone` are finished orders, newest first: `{order, at}`.
export function recall (gone, bringBack) {
  const rows = gone.map(({ order, at }) => h('li', {},
    h('strong', { class: 'number' }, shortNumber(order)),
    h('span', { class: 'what' }, h('span', {}, `${whereOf(order)} · ${clock(at)}`),
      h('span', { class: 'soft' }, order.items.filter(isLive).map(item => `${item.quantity}× ${item.name}`).join(', '))),
    h('button', { 'aria-label': `${t('bringBack')} ${shortNumber(order)}`, on: { click: () => { dialog.close(); bringBack(order) } } }, t('bringBack'))))
  const dialog = sheet('recall', t('recall'), t('recallHow'), rows.length > 0 ? h('ul', { class: 'rows' }, rows) : h('p', {}, t('nothing')))
}

export function search (board) {
  const field = h('input', { id: 'needle', inputmode: 'search', autocomplete: 'off', on: { input: () => board.find(field.value) } })
  const form = h('form', { method: 'dialog', class: 'stack' }, h('label', { for: 'needle' }, t('searchHow')), field)
  const dialog = sheet('search', t('search'), '', form)
  dialog.classList.add('top')
  dialog.addEventListener('close', () => { if (dialog.returnValue !== 'keep') board.find('') })
  field.focus()
}

export function details (card, { itemTo, priorityTo }) {
  const { order, items } = card
  const title = `${shortNumber(order)} · ${whereOf(order)}`
  const lines = items.filter(isLive).map(item => {
    const isDone = ['ready', 'served'].includes(item.status)
    const button = h('button', { 'aria-pressed': String(isDone), on: { click: () => { dialog.close(); itemTo(item, isDone ? 'preparing' : 'ready') } } },
      `${item.quantity}× ${item.name}`, isDone ? ` ✓ ${t('itemDone')}` : '')
    return h('li', {}, button)
  })
  const ranks = ['normal', 'express', 'vip'].map(rank => h('button', {
    'aria-pressed': String(order.priority === rank), on: { click: () => { dialog.close(); priorityTo(rank) } }
  }, t(`priority_${rank}`)))
  const dialog = sheet('details', title, '', h('ul', { class: 'rows' }, lines),
    h('h3', {}, t('priority')), h('div', { class: 'pair' }, ranks))
}

const KEYS = [['1 … 9', 'select'], ['← → ↑ ↓', 'columns'], ['Enter', 'bump'], ['Space', 'item'], ['Backspace', 'recall'], ['U', 'undo'],
  ['A', 'allday'], ['/', 'search'], ['D', 'details'], ['F', 'fire'], ['H', 'hold'], ['?', 'help']]

export function keys () {
  const rows = KEYS.map(([key, what]) => h('li', {}, h('kbd', {}, key), ' ', t(`key_${what}`)))
  sheet('help', t('help'), '', h('ul', { class: 'keys' }, rows))
}

export function settings ({ sounds, changed }) {
  const choice = (name, label, options, otherwise) => {
    const select = h('select', { id: `set-${name}`, on: { change: () => { prefs.set(name, select.value); changed(name) } } },
      Object.entries(options).map(([value, text]) => h('option', { value, selected: value === prefs.get(name, otherwise) }, text)))
    return h('div', { class: 'row' }, h('label', { for: `set-${name}` }, label), select)
  }
  const count = (name, label, otherwise) => {
    const field = h('input', { type: 'number', id: `set-${name}`, min: 1, max: 120, value: prefs.get(name, otherwise),
      on: { change: () => { if (field.valueAsNumber >= 1) { prefs.set(name, field.valueAsNumber); changed(name) } } } })
    return h('div', { class: 'row' }, h('label', { for: `set-${name}` }, label), field)
  }
  const volume = h('input', { type: 'range', id: 'set-volume', min: 0, max: 100, step: 5, value: prefs.get('volume', 70),
    on: { change: () => { prefs.set('volume', volume.valueAsNumber); sounds.unlock().then(() => sounds.play('fresh')) } } })
  const tests = KINDS.map(kind => h('button', { on: { click: () => sounds.unlock().then(() => sounds.play(kind)) } }, t(`sound_${kind}`)))
  const keysOn = h('input', { type: 'checkbox', id: 'set-keys', checked: prefs.get('keys', true), on: { change: () => prefs.set('keys', keysOn.checked) } })
  const looks = Object.fromEntries(['auto', 'dark', 'light', 'contrast'].map(look => [look, t(`look_${look}`)]))
  sheet('settings', t('settings'), '',
    h('div', { class: 'row' }, h('label', { for: 'set-volume' }, t('volume')), volume),
    h('p', { class: 'soft' }, t('testSound')), h('div', { class: 'tests' }, tests),
    choice('theme', t('look'), looks, 'dark'), choice('language', t('language'), LANGUAGES, currentLanguage()),
    count('slowAfter', t('slowAfter'), 5), count('lateAfter', t('lateAfter'), 8),
    h('div', { class: 'row' }, h('label', { for: 'set-keys' }, t('keysOn')), keysOn),
    h('div', { class: 'pair' },
      h('button', { on: { click: () => document.documentElement.requestFullscreen?.() } }, t('fullscreen')),
      token() && h('button', { on: { click: () => { forget(); location.reload() } } }, t('signOut'))))
  showTheme('dark')
}

// The bar that takes the last move back, for as long as it says.
export class UndoBar {
  #element
  #timer = null
  #back = null

  constructor (element) {
    this.#element = element
    this.button = element.querySelector('button')
    this.button.addEventListener('click', () => this.undo())
  }

  show (words, back, seconds) {
    clearInterval(this.#timer)
    this.#back = back
    const until = Date.now() + seconds * 1000
    write(this.#element.querySelector('.moved'), words)
    const tick = () => {
      const left = Math.ceil((until - Date.now()) / 1000)
      if (left <= 0) return this.hide()
      write(this.button, t('undoIn', { n: left }))
    }
    this.#element.hidden = false
    tick()
    this.#timer = setInterval(tick, 250)
  }

  undo () {
    const back = this.#back
    this.hide()
    back?.()
  }

  hide () {
    clearInterval(this.#timer)
    this.#back = null
    this.#element.hidden = true
  }
}
