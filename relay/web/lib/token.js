// The token that this page shows to the relay, and the form that asks for one.
//
// It lies in sessionStorage, so that it is gone with the tab; a screen on a wall keeps it in localStorage, where
// whoever signs in says so. A link may bring it behind the `#`, which browsers send to nobody.
import { h } from './dom.js'
import { t } from './words.js'

const KEY = 'printrail:token'

export function token () {
  return read(globalThis.sessionStorage) ?? read(globalThis.localStorage)
}

// Takes a token out of the address, where it would stay in the history.
export function takeFromAddress () {
  const found = new URLSearchParams(location.hash.slice(1)).get('token')
  if (!found) return
  keep(found, true)
  history.replaceState(null, '', location.pathname + location.search)
}

export function forget () {
  for (const storage of [globalThis.sessionStorage, globalThis.localStorage]) storage.removeItem(KEY)
}

// What the token says of itself: `{outlet, role, exp}`; nothing where there is none. The relay alone decides whether
// it is true.
export function claims () {
  try {
    const text = atob(token().split('.')[1].replace(/-/g, '+').replace(/_/g, '/'))
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, letter => letter.charCodeAt(0))))
  } catch { return {} }
}

// The outlet: the token's, else the one that the address names, where the relay needs no token.
export function outlet () {
  return claims().outlet ?? new URLSearchParams(location.search).get('outlet') ?? 'demo'
}

// Headers of a request to the relay.
export function headers () {
  const own = token()
  return { 'x-outlet': outlet(), ...(own && { authorization: `Bearer ${own}` }) }
}

let asking = null

// Asks for a token until one is good; resolves once it is kept. Asked again meanwhile, it is the same form.
export function signIn () {
  asking ??= ask().finally(() => { asking = null })
  return asking
}

function ask () {
  return new Promise(resolve => {
    const field = h('input', { id: 'token', name: 'token', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', required: true })
    const stay = h('input', { type: 'checkbox', id: 'stay', checked: true })
    const problem = h('p', { class: 'problem', role: 'alert' })
    const form = h('form', { method: 'dialog', class: 'stack' },
      h('h1', {}, t('signIn')),
      h('p', { class: 'soft' }, t('signInHow')),
      h('label', { for: 'token' }, t('token')), field,
      h('label', { class: 'check', for: 'stay' }, stay, t('staySignedIn')),
      problem,
      h('button', { class: 'primary' }, t('signInDo')))
    const dialog = h('dialog', { class: 'sheet', 'aria-label': t('signIn') }, form)
    dialog.addEventListener('cancel', event => event.preventDefault())
    // Browsers let a second Escape through.
    dialog.addEventListener('close', () => { if (dialog.isConnected) { dialog.showModal(); field.focus() } })
    form.addEventListener('submit', async event => {
      event.preventDefault()
      problem.textContent = ''
      const { found, wrong } = await redeem(field.value.trim())
      if (!found) { problem.textContent = wrong; field.select(); return }
      keep(found, stay.checked)
      dialog.close()
      dialog.remove()
      resolve()
    })
    document.body.append(dialog)
    dialog.showModal()
    field.focus()
  })
}

// The token that a code or a token stands for, or what is wrong with it.
async function redeem (typed) {
  // A token has two dots; a code has none.
  const body = JSON.stringify(typed.includes('.') ? { token: typed } : { code: typed })
  try {
    const answer = await fetch('/api/sign-in', { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    if (answer.ok) return { found: (await answer.json()).token }
    return { wrong: answer.status < 500 && answer.status !== 429 ? t('tokenRefused') : t('relayAway') }
  } catch { return { wrong: t('relayAway') } }
}

function keep (text, stays) {
  forget()
  try { (stays ? localStorage : sessionStorage).setItem(KEY, text) } catch { /* asked for again next time */ }
}

function read (storage) {
  try { return storage.getItem(KEY) ?? undefined } catch { return undefined }
}
