// What a cook's hand does: each move shows at once, waits in the client's queue while the relay is away, and can be
// taken back.
import { headers } from '../lib/token.js'
import { t } from '../lib/words.js'
import { shortNumber } from './card.js'
import { changesBy, nextStep } from './courses.js'
import { STAGES, itemStage } from './kitchen.js'

// How long a move can be taken back with one tap (PRODUCT.md).
const UNDO_S = 8
// The relay takes back a finished order for so long (DIALECTS.md). What has just gone may be a moment older there.
const RETURN_WITHIN_MS = 65_000
// A finished order goes one step back: to where it was before its last move, which the relay alone knows for sure. It
// takes no other step, so those that it may have made are asked for in turn.
const MAY_HAVE_BEEN = ['ready', 'preparing', 'confirmed', 'pending']
const ANSWER_WITHIN_MS = 4_000
// How long a card stays where it was put while the relay's own word is on its way.
const ECHO_MS = 3_000

const FINISHED = new Set(['served', 'completed', 'cancelled'])

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
    const next = card.stage === 1 && nextStep(card.items)
    if (card.isRecalled) this.#putAway(card)
    else if (card.changes.length > 0) this.#see(card)
    else if (next) this.#course(card, next)
    else this.#move(card, card.stage + 1)
    this.#say('moved')
  }

  // Fires a course, lets it wait again or says that it is done: `{step: fire | hold | done, n}`.
  course (id, step) {
    const card = this.#kitchen.card(id)
    if (card && !card.isVoid) this.#course(card, step)
  }

  answer (id, isYes, why) {
    this.#ask('POST', id, isYes ? '/cancel-accept' : '/cancel-reject', isYes ? {} : { reason: why })
    // Who cancelled it knows that it is void.
    if (isYes) this.#kitchen.accepted.add(id)
  }

  item (id, item, status) { this.#ask('PATCH', id, `/items/${encodeURIComponent(item.id)}`, { status }) }

  priority (id, priority) { this.#ask('PATCH', id, '', { priority }) }

  // A finished order comes back to the board: to every display, where the relay still takes its last move back; else to
  // this one alone, for as long as the cook wants to see it.
  async bringBack (order) {
    const id = String(order.id)
    const isFresh = this.#live.now() - Date.parse(order.updatedAt) < RETURN_WITHIN_MS
    const isBack = order.status === 'completed' && isFresh && await this.#takenBack(id)
    const items = this.#kitchen.station ? this.#kitchen.items(order).filter(({ status }) => status === 'served') : []
    if (isBack || (items.length > 0 && !FINISHED.has(order.status))) for (const item of items) this.item(id, item, 'ready')
    else if (!isBack) this.#kitchen.recall(order)
    this.#say('moved')
  }

  async #takenBack (id) {
    for (const status of MAY_HAVE_BEEN) {
      try {
        const answer = await fetch(`/api/orders/${encodeURIComponent(id)}`, {
          method: 'PATCH', headers: { ...headers(), 'content-type': 'application/json' }, body: JSON.stringify({ status }), signal: AbortSignal.timeout(ANSWER_WITHIN_MS)
        })
        if (answer.ok) return true
        if (answer.status !== 409) return false
      } catch { return false }
    }
    return false
  }

  #putAway ({ id, order }) {
    this.#kitchen.dismiss(id)
    this.#undo.show(t('movedTo', { number: shortNumber(order), stage: t('stage_gone') }), () => {
      this.#kitchen.recall(order)
      this.#say('moved')
    }, UNDO_S)
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
    const words = t('movedTo', { number: shortNumber(order), stage: t(`stage_${STAGES[stage]}`) })
    this.#undo.show(words, () => {
      this.#put(id, card.stage, back, false)
      this.#say('moved')
    }, UNDO_S)
  }

  #course (card, step) {
    const { id, order, stage } = card
    const steps = changesBy(card.items, step).map(({ item, from, to }) => ({
      path: `/api/orders/${encodeURIComponent(id)}/items/${encodeURIComponent(item.id)}`, body: { status: to }, back: { status: from }, item: item.id
    }))
    if (steps.length === 0) return
    const back = [...steps].reverse().map(one => ({ ...one, body: one.back }))
    // Firing a course of an order that nobody began begins it.
    const to = step.step === 'fire' ? Math.max(1, stage) : stage
    const begins = to > stage ? this.#kitchen.plan(id, to).filter(({ item }) => !steps.some(one => one.item === item)) : []
    this.#put(id, to, [...steps, ...begins], step.step !== 'hold')
    this.#undo.show(t(`course_${step.step}`, { number: shortNumber(order), n: step.n }), () => {
      this.#put(id, stage, [...begins.map(one => ({ ...one, body: one.back })), ...back], false)
      this.#say('moved')
    }, UNDO_S)
    this.#say('moved')
  }

  // `stage` is the card's, `at` what an item has to reach.
  #put (id, stage, steps, forward) {
    const items = { ...this.#kitchen.moves.get(id)?.items }
    for (const { item, body } of steps) if (item) items[item] = body.status
    this.#kitchen.moves.set(id, { stage, items, sent: false })
    for (const { path, body, item } of steps) {
      this.#live.client.request('PATCH', path, body, { order: id, stage, at: item ? itemStage(body.status) : stage, status: item && body.status, forward, item })
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
    for (const { order, stage, item, status } of this.#live.client.waiting) {
      if (!order) continue
      const items = { ...this.#kitchen.moves.get(order)?.items, ...(item && { [item]: status }) }
      this.#kitchen.moves.set(order, { stage, items, sent: false })
    }
  }

  #say (type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })) }
}

// Whether a move that waited is still wanted: where another display moved the order as far meanwhile, it is not, and
// sending it would take that back.
export function isWanted (kitchen, { order, stage, at = stage, forward, item }) {
  return !(order && forward && kitchen.orders.has(order) && kitchen.isAt(order, at, item))
}

export const numberOf = (kitchen, id) => {
  const entry = kitchen.orders.get(String(id))
  return entry ? shortNumber(entry.order) : String(id)
}
