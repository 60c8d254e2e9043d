// What a cook's hand does: each move shows at once, waits in the client's queue while the relay is away, and can be
// taken back.
import { shortNumber } from './card.js'

// How long a move can be taken back with one tap (PRODUCT.md).
const UNDO_S = 8
// The relay takes back a finished order for so long (DIALECTS.md).
export const RETURN_WITHIN_MS = 60_000
// How long a card stays where it was put while the relay's own word is on its way.
const ECHO_MS = 3_000

export class Crew extends EventTarget {
  #kitchen
  #live
  #undo

  constructor (kitchen, live, undo) {
    super()
    this.#kitchen = kitchen
    this.#live = live
    this.#undo = undo
    live.addEventListener('queue', () => this.#settle())
    live.addEventListener('refused', ({ detail: { entry, error } }) => {
      this.#kitchen.moves.delete(entry.order)
      this.#say('refused', { id: entry.order ?? entry.about, why: error.message })
    })
    this.#resume()
  }

  // Says what is seen, or moves the card on.
  bump (id) {
    const card = this.#kitchen.card(id)
    if (!card) return
    if (card.changes.length > 0) this.#see(card)
    else this.#move(card, card.stage + 1)
    this.#say('moved')
  }

  answer (id, isYes, why) {
    this.#ask('POST', id, isYes ? '/cancel-accept' : '/cancel-reject', isYes ? {} : { reason: why })
    // Who cancelled it knows that it is void.
    if (isYes) this.#kitchen.accepted.add(id)
  }

  item (id, item, status) { this.#ask('PATCH', id, `/items/${encodeURIComponent(item.id)}`, { status }) }

  priority (id, priority) { this.#ask('PATCH', id, '', { priority }) }

  // A finished order comes back to the pass.
  bringBack (order) {
    const id = String(order.id)
    if (order.status === 'completed') this.#ask('PATCH', id, '', { status: 'ready' })
    if (!this.#kitchen.station) return
    for (const item of this.#kitchen.items(order)) if (item.status === 'served') this.item(id, item, 'ready')
  }

  #see (card) {
    const { id, order } = card
    const { seq } = this.#kitchen.orders.get(id)
    this.#kitchen.see(id)
    if (order.status === 'cancelled') return
    this.#ask('POST', id, '/acknowledge', { chefId: `kds:${this.#kitchen.station}@${seq}`, chefName: this.#kitchen.station || 'KDS' })
  }

  #move (card, stage) {
    const { id, order } = card
    const steps = this.#kitchen.plan(id, stage)
    this.#put(id, stage, steps, true)
    const back = [...steps].reverse().map(step => ({ ...step, body: step.back }))
    this.#undo.show(order, stage, () => {
      this.#put(id, card.stage, back, false)
      this.#say('moved')
    }, UNDO_S)
  }

  #put (id, stage, steps, forward) {
    this.#kitchen.moves.set(id, { stage, sent: false })
    for (const { path, body, item } of steps) {
      this.#live.client.request('PATCH', path, body, { order: id, stage, forward, item })
    }
    this.#settle()
  }

  #ask (method, id, tail, body) {
    this.#live.client.request(method, `/api/orders/${encodeURIComponent(id)}${tail}`, body, { about: id })
    this.#say('moved')
  }

  // A move is the relay's as soon as nothing of it waits here.
  #settle () {
    const waiting = new Set(this.#live.client.waiting.map(entry => entry.order))
    for (const [id, move] of this.#kitchen.moves) {
      if (move.sent || waiting.has(id)) continue
      move.sent = true
      setTimeout(() => {
        if (this.#kitchen.moves.get(id) === move) this.#kitchen.moves.delete(id)
        this.#say('moved')
      }, ECHO_MS)
    }
    this.#say('moved')
  }

  // What was moved before the page was loaded anew.
  #resume () {
    for (const { order, stage } of this.#live.client.waiting) {
      if (order) this.#kitchen.moves.set(order, { stage, sent: false })
    }
  }

  #say (type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })) }
}

// Whether a move that waited is still wanted: where another display moved the order as far meanwhile, it is not, and
// sending it would take that back.
export function isWanted (kitchen, { order, stage, forward, item }) {
  return !(order && forward && kitchen.orders.has(order) && kitchen.isAt(order, stage, item))
}

export const numberOf = (kitchen, id) => {
  const entry = kitchen.orders.get(String(id))
  return entry ? shortNumber(entry.order) : String(id)
}
