// Small parts that every view is made of.
import { arrange, h, set, write } from '../lib/dom.js'
import { clock, knows, t } from '../lib/words.js'
import { giveBack, keeping, succeeds } from './focus.js'
import { ask } from './house.js'

const made = new WeakMap()

// Children of `parent` by key: what has not changed stays as it is, so that nobody loses the focus.
export function keyed (parent, items, key, make) {
  const before = made.get(parent) ?? new Map()
  const after = new Map()
  for (const item of items) {
    const id = key(item)
    const print = JSON.stringify(item)
    const old = before.get(id)
    const same = old?.print === print
    after.set(id, same ? old : { print, element: make(item) })
    if (old && !same) succeeds(old.element, after.get(id).element)
  }
  made.set(parent, after)
  keeping(parent, () => arrange(parent, [...after.values()].map(({ element }) => element)))
}

// A button that asks the relay for something, says so while it waits and what went wrong afterwards.
export function act (words, doing, { className, then, confirm: question } = {}) {
  const button = h('button', { class: className }, words)
  let isBusy = false
  button.addEventListener('click', async () => {
    if (isBusy || (question && !await sure(question))) return
    // Not `disabled`: that takes the focus away.
    isBusy = true
    set(button, 'aria-disabled', 'true')
    try {
      await doing()
      then?.()
    } catch (error) {
      tell(error.message || t('relayAway'), 'bad')
    } finally {
      isBusy = false
      set(button, 'aria-disabled', null)
    }
  })
  return button
}

const openers = new WeakMap()
let notice = null

// A line at the foot of the page, gone by itself.
export function tell (text, level = 'good') {
  notice?.remove()
  const own = notice = h('p', { class: `notice ${level}`, role: level === 'bad' ? 'alert' : 'status' }, text)
  document.body.append(own)
  setTimeout(() => own.remove(), 8_000)
}

// A dialog. Whoever closes it is where they were before; of one that follows another, before the first.
export function sheet (title, ...content) {
  const opener = document.activeElement
  const from = openers.get(opener?.closest('dialog')) ?? opener
  const section = from?.closest('section')
  const dialog = h('dialog', { class: 'sheet', 'aria-label': title },
    h('div', { class: 'title' }, h('h2', {}, title),
      h('button', { class: 'shut', 'aria-label': t('close'), on: { click: () => dialog.close() } }, '✕')),
    ...content)
  openers.set(dialog, from)
  dialog.addEventListener('close', () => {
    dialog.remove()
    if (!document.querySelector('dialog[open]')) giveBack(from, section)
  })
  document.body.append(dialog)
  dialog.showModal()
  return dialog
}

function sure (question) {
  return new Promise(resolve => {
    let answer = false
    const dialog = sheet(question, h('div', { class: 'pair' },
      h('button', { on: { click: () => dialog.close() } }, t('no')),
      h('button', { class: 'primary', on: { click: () => { answer = true; dialog.close() } } }, t('yes'))))
    dialog.addEventListener('close', () => resolve(answer))
  })
}

// An image that needs a token, or a drawing that is text: shown as an image, never as markup of the page.
export function picture (alt, source) {
  const image = h('img', { alt, class: 'paper' })
  Promise.resolve(source).then(found => {
    const blob = typeof found === 'string' ? new Blob([found], { type: 'image/svg+xml' }) : found
    image.src = URL.createObjectURL(blob)
    image.addEventListener('load', () => URL.revokeObjectURL(image.src), { once: true })
  }).catch(error => image.replaceWith(h('p', { class: 'problem' }, error.message)))
  return image
}

export const ticketOf = job => picture(t('ticketAlt', { number: job.number, station: job.station }), ask('GET', `/api/jobs/${encodeURIComponent(job.id)}/ticket.svg`))

// A code as the renderer draws it on paper.
export const qr = text => ask('POST', '/api/templates/preview', { source: `{code:${text};option:qrcode,8,m}`, paper: 58 })
  .then(({ svg }) => picture('QR', svg))

export const state = job => knows(`job_${job.state}`) ? t(`job_${job.state}`) : job.state
export const evidence = job => job.evidence ? t(`evidence_${job.evidence}`) : ''

export function ago (at, now = Date.now()) {
  const minutes = Math.floor((now - Date.parse(at)) / 60_000)
  return minutes < 1 ? t('age_now') : minutes < 100 ? t('age_min', { n: minutes }) : clock(new Date(at))
}

export const time = at => at ? clock(new Date(at)) : ''
export { h, write }
