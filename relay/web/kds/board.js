// Three columns of cards. Only what changed is touched: a card keeps its element for as long as it is on the board.
import { $, arrange, h, set, write } from '../lib/dom.js'
import { t } from '../lib/words.js'
import { ageOf, limits } from './age.js'
import { build, fingerprint, shortNumber, whereOf } from './card.js'
import { STAGES } from './kitchen.js'

// Cards that can be chosen by a digit.
const PLACES = 9
const FLASH_MS = 1_600

export class Board extends EventTarget {
  #kitchen
  #columns
  #cards = new Map()
  #shown = [[], [], []]
  #wanted = false
  #column = 0
  #chosen = null
  #needle = ''
  #numbered = []
  #now

  // `now` gives the relay's time.
  constructor (root, kitchen, now) {
    super()
    this.#kitchen = kitchen
    this.#now = now
    this.#columns = STAGES.slice(0, 3).map(stage => column(stage))
    root.append(...this.#columns.map(({ element }) => element))
    root.addEventListener('click', event => this.#clicked(event))
  }

  // Draws once for all that happens before the next frame.
  draw () {
    if (this.#wanted) return
    this.#wanted = true
    const once = () => { if (this.#wanted) { this.#wanted = false; this.#paint() } }
    requestAnimationFrame(once)
    // A hidden tab has no frames, and a screen that wakes must be right at once.
    setTimeout(once, 250)
  }

  // Builds every card anew: another language, another station.
  redraw () {
    for (const card of this.#cards.values()) card.print = ''
    this.draw()
  }

  find (needle) { this.#needle = needle.trim().toLowerCase(); this.draw() }

  // Where every card's age stands. Says which became late.
  age () {
    const now = this.#now()
    const late = []
    const most = limits()
    for (const [id, card] of this.#cards) if (this.#age(card, now, most)) late.push(id)
    return late
  }

  get chosen () { return this.#chosen }

  choose (id) {
    const before = this.#cards.get(this.#chosen)
    if (before) set(before.element, 'aria-current', null)
    this.#chosen = id
    const card = this.#cards.get(id)
    if (!card) return
    this.#column = this.#shown.findIndex(ids => ids.includes(id))
    set(card.element, 'aria-current', 'true')
    card.element.scrollIntoView({ block: 'nearest' })
    $('[data-act=go]', card.element).focus({ preventScroll: true })
    this.#number()
  }

  // The n-th card of the column where the choice is, counted from 1.
  chooseNth (n) { const id = this.#shown[this.#column][n - 1]; if (id) this.choose(id) }

  // To the next column with a card, or up and down within one.
  step (columns, rows) {
    const at = Math.max(0, this.#shown[this.#column].indexOf(this.#chosen))
    if (rows !== 0) return this.chooseNth(Math.min(this.#shown[this.#column].length, Math.max(1, at + rows + (this.#chosen ? 1 : 0))))
    let next = this.#column
    for (let n = 0; n < 3; n++) {
      next = (next + columns + 3) % 3
      if (this.#shown[next].length > 0) { this.#column = next; return this.choose(this.#shown[next][0]) }
    }
  }

  flash (id, kind) {
    const element = this.#cards.get(id)?.element
    if (!element) return
    element.classList.remove('flash')
    void element.offsetWidth
    element.classList.add('flash')
    element.dataset.flash = kind
    // One that moves to another column would flash anew.
    setTimeout(() => element.classList.remove('flash'), FLASH_MS)
  }

  #paint () {
    const columns = [[], [], []]
    for (const model of this.#kitchen.cards()) {
      if (!this.#matches(model)) continue
      columns[model.stage].push(model.id)
      this.#put(model)
    }
    const all = new Set(columns.flat())
    const focus = this.#focus()
    for (const id of this.#cards.keys()) if (!all.has(id)) this.#cards.delete(id)
    columns.forEach((ids, n) => {
      arrange(this.#columns[n].list, ids.map(id => this.#cards.get(id).element))
      write(this.#columns[n].count, String(ids.length))
      this.#columns[n].empty.hidden = ids.length > 0
    })
    this.#shown = columns
    if (this.#chosen && !all.has(this.#chosen)) this.#chosen = null
    this.#number()
    focus?.()
    this.dispatchEvent(new Event('drawn'))
  }

  #put (model) {
    let card = this.#cards.get(model.id)
    if (card?.model === model && card.print) return
    const print = fingerprint(model, this.#kitchen.orders.get(model.id).seq)
    if (!card) {
      card = { element: h('article', { class: 'card', 'data-id': model.id }), print: '', level: '' }
      this.#cards.set(model.id, card)
    }
    card.order = model.order
    card.model = model
    if (card.print === print) return
    card.print = print
    const { element } = card
    element.replaceChildren(...build(model))
    set(element, 'aria-label', `${shortNumber(model.order)}, ${whereOf(model.order)}`)
    set(element, 'data-stage', STAGES[model.stage])
    element.classList.toggle('changed', model.changes.length > 0)
    element.classList.toggle('void', model.isVoid)
    element.classList.toggle('waiting', model.isWaiting)
    element.classList.toggle('asked', Boolean(model.order.cancelRequest))
    card.minutes = card.age = null
    this.#age(card, this.#now(), limits())
  }

  // Whether it has just become late.
  #age (card, now, most) {
    const { minutes, level } = ageOf(card.order.createdAt, now, most)
    if (card.minutes === minutes && card.age === level) return false
    card.minutes = minutes
    card.age = level
    write($('.minutes', card.element), minutes === 0 ? t('age_now') : t('age_min', { n: minutes }))
    write($('.word', card.element), t(`age_${level}`))
    set(card.element, 'data-age', level)
    const became = level === 'late' && card.level !== 'late' && card.level !== ''
    card.level = level
    return became
  }

  #matches ({ order, items }) {
    if (!this.#needle) return true
    const text = [order.orderNumber, order.tableNumber, ...items.map(({ name }) => name)].join('\n').toLowerCase()
    return text.includes(this.#needle)
  }

  #number () {
    const now = new Map(this.#shown[this.#column].slice(0, PLACES).map((id, n) => [id, String(n + 1)]))
    for (const id of this.#numbered) if (!now.has(id)) this.#place(id, '')
    for (const [id, place] of now) this.#place(id, place)
    this.#numbered = [...now.keys()]
  }

  #place (id, place) {
    const card = this.#cards.get(id)
    if (card) write($('.place', card.element), place)
  }

  // What has the focus keeps it, though its card is built anew or moves to another column.
  #focus () {
    const active = document.activeElement?.closest?.('.card [data-act]')
    if (!active) return null
    const { act } = active.dataset
    const id = active.closest('.card').dataset.id
    return () => {
      if (document.activeElement?.matches('[data-act]')) return
      const card = this.#cards.get(id)
      const again = card && ($(`[data-act=${act}]`, card.element) ?? $('[data-act=go]', card.element))
      again?.focus({ preventScroll: true })
    }
  }

  #clicked (event) {
    const card = event.target.closest('.card')
    if (!card) return
    const button = event.target.closest('[data-act]')
    const act = button?.dataset.act ?? (event.target.closest('.ask') ? null : 'go')
    if (act) this.dispatchEvent(new CustomEvent('act', { detail: { act, id: card.dataset.id, n: Number(button?.dataset.course) } }))
  }
}

function column (stage) {
  const count = h('span', { class: 'count' }, '0')
  const list = h('div', { class: 'cards' })
  const empty = h('p', { class: 'empty', 'data-t': `none_${stage}` }, t(`none_${stage}`))
  const element = h('section', { class: 'column', 'data-stage': stage, 'aria-labelledby': `h-${stage}` },
    h('h2', { id: `h-${stage}` }, h('span', { 'data-t': stage }, t(stage)), ' ', count), list, empty)
  return { element, list, count, empty }
}
