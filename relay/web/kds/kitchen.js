// What a kitchen display knows and decides: orders in, cards out. Pure: no clock, no page, no relay.
import { DEFAULTS, stationsOf } from './routing.js'
import { changesOf, seenOf } from './changes.js'
import { coursesOf, isHeld } from './courses.js'

export const STAGES = ['pending', 'cooking', 'ready', 'gone']
const OF_ORDER = { pending: 0, confirmed: 0, preparing: 1, ready: 2, served: 3, completed: 3, cancelled: 3 }
const OF_ITEM = { pending: 0, preparing: 1, ready: 2, served: 3 }
const ORDER_AT = ['pending', 'preparing', 'ready', 'completed']
const ITEM_AT = ['pending', 'preparing', 'ready', 'served']
const URGENCY = { vip: 0, express: 1, normal: 2 }

export class Kitchen {
  // Orders by id: the order, and the number of the event after which it was so.
  orders = new Map()
  // What the cook has seen of each order that is on the board.
  seen = new Map()
  // Where cards were moved by hand and the relay has not said so yet: `{stage, items, sent}`, the statuses of items by
  // their ids.
  moves = new Map()
  // Orders whose cancellation was accepted here.
  accepted = new Set()
  // Finished orders that a cook called back to this display, and the status at which each was called.
  recalled = new Map()
  #made = new Map()
  station = ''
  settings = DEFAULTS

  // Takes an order as it was after event `seq`. Says what a cook must hear of: `fresh`, `change`, `void`, `ask`.
  apply (order, seq) {
    const id = String(order.id)
    const known = this.orders.get(id)
    if (known && known.seq > seq) return []
    const before = known?.order
    const hadChanges = before ? this.changes(id).length : 0
    const wasHere = Boolean(before) && this.items(before).length > 0
    this.orders.set(id, { order, seq })
    const move = this.moves.get(id)
    if (move?.sent && this.#stage(order) === move.stage) this.moves.delete(id)
    const heard = []
    const isHere = this.items(order).length > 0
    if (!this.seen.has(id)) {
      if (!isHere || this.#stage(order) === 3) this.#drop(id)
      else {
        this.see(id)
        // One that comes back was heard of before.
        if (!wasHere) heard.push('fresh')
      }
      if (isHere && order.cancelRequest) heard.push('ask')
      return heard
    }
    if (order.status === 'cancelled') this.seen.get(id).stage ??= before ? Math.min(2, this.#stage(before)) : 0
    if (order.status === 'cancelled' && this.accepted.delete(id)) this.see(id)
    const changes = this.changes(id)
    if (changes.length > hadChanges) heard.push(changes.some(({ kind }) => kind === 'void') ? 'void' : 'change')
    if (order.cancelRequest && !before?.cancelRequest && isHere) heard.push('ask')
    // One that the relay has taken back, or that went on, is where the relay says.
    if (this.recalled.has(id) && this.recalled.get(id) !== order.status) this.recalled.delete(id)
    if (this.recalled.has(id)) return heard
    if (order.status === 'served' || order.status === 'completed') this.#forget(id, order)
    return heard
  }

  // Takes all that is open as it was after event `seq`. Returns the ids of orders that are not open any more: whether
  // they were finished or cancelled, the relay has to be asked.
  replace (orders, seq, isOther) {
    if (isOther) for (const entry of this.orders.values()) entry.seq = -1
    const open = new Set(orders.map(order => String(order.id)))
    const heard = orders.flatMap(order => this.apply(order, seq))
    const missing = []
    for (const [id, { order, seq: known }] of this.orders) {
      if (open.has(id) || known > seq || !this.seen.has(id) || this.recalled.has(id) || order.status === 'cancelled') continue
      missing.push(id)
    }
    return { heard, missing }
  }

  // What the cook has not acknowledged of it.
  changes (id) {
    const entry = this.orders.get(id)
    return entry && this.seen.has(id) ? changesOf(this.seen.get(id), entry.order, this.items(entry.order)) : []
  }

  // The cook has seen it as it is now. A cancelled order goes off the board with that.
  see (id) {
    const entry = this.orders.get(id)
    if (!entry) return
    if (entry.order.status === 'cancelled') this.#drop(id)
    else this.seen.set(id, seenOf(entry.order))
  }

  // Puts a finished order on the board again, for this display alone: what is done stays done.
  recall (order) {
    const id = String(order.id)
    if (!this.orders.has(id)) this.orders.set(id, { order, seq: -1 })
    this.moves.delete(id)
    this.recalled.set(id, this.orders.get(id).order.status)
    this.seen.set(id, seenOf(this.orders.get(id).order))
  }

  // Off the board with it once more.
  dismiss (id) {
    this.recalled.delete(id)
    this.#forget(id, this.orders.get(id).order)
  }

  // Another display of this station acknowledged what it had seen up to event `until`.
  seenElsewhere (id, until) {
    if (this.orders.get(id)?.seq <= until) this.see(id)
  }

  // The items of an order that this display's station makes.
  items (order) {
    if (!this.station) return order.items
    return order.items.filter(item => stationsOf(item, order.areaCode, this.settings).includes(this.station))
  }

  // What stands on the board of it; nothing where it does not. The same as long as nothing of it changed: with
  // hundreds of orders, most did not.
  card (id) {
    const entry = this.orders.get(id)
    const seen = this.seen.get(id)
    if (!entry || !seen) return null
    const move = this.moves.get(id)
    const made = this.#made.get(id)
    const from = [entry, seen, move, move?.sent, this.station, this.settings, this.recalled.has(id)]
    if (made && made.from.every((part, n) => part === from[n])) return made.card
    const card = this.#make(id, entry, move)
    this.#made.set(id, { from, card })
    return card
  }

  #make (id, { order }, move) {
    const items = this.items(order).map(item => (move?.items?.[item.id] ? { ...item, status: move.items[item.id] } : item))
    const changes = this.changes(id)
    const isRecalled = this.recalled.has(id)
    const stage = isRecalled ? 2 : move?.stage ?? this.#stage(order)
    const isVoid = order.status === 'cancelled'
    const isDone = stage === 3 || (changes.length === 0 && !items.some(isLive))
    if (items.length === 0 || (isDone && !isVoid)) return null
    return { id, order, items, changes, stage: isVoid ? this.#voidStage(id) : stage, isVoid, isRecalled, part: this.#part(order), isWaiting: Boolean(move && !move.sent) }
  }

  // Which of the order's tickets this station's is, where several stations make it: `{n, of, others}`.
  #part (order) {
    if (!this.station) return null
    const stations = [...new Set(order.items.filter(isLive).flatMap(item => stationsOf(item, order.areaCode, this.settings)))].sort()
    const n = stations.indexOf(this.station) + 1
    return n > 0 && stations.length > 1 ? { n, of: stations.length, others: stations.filter(name => name !== this.station) } : null
  }

  cards () {
    return [...this.seen.keys()].map(id => this.card(id)).filter(Boolean).sort(oldestFirst)
  }

  // What to ask of the relay so that this station's part of the order gets to a stage, and what takes it back.
  plan (id, stage) {
    const { order } = this.orders.get(id)
    const path = `/api/orders/${encodeURIComponent(id)}`
    const ask = (tail, status, before, item) => ({ path: path + tail, body: { status }, back: { status: before }, item })
    if (!this.station) return [ask('', ORDER_AT[stage], order.status)]
    const own = this.items(order).filter(isLive)
    const courses = coursesOf(own)
    // Whoever begins makes the first course; the others wait until they are fired.
    const steps = own.filter(item => OF_ITEM[item.status] < stage && (stage > 1 || !isHeld(item, courses)))
      .map(item => ask(`/items/${encodeURIComponent(item.id)}`, ITEM_AT[stage], item.status, item.id))
    const others = order.items.filter(item => isLive(item) && !own.includes(item))
    const reached = stage === 1 || others.every(item => OF_ITEM[item.status] >= stage)
    if (reached && OF_ORDER[order.status] < stage) steps.push(ask('', ORDER_AT[stage], order.status))
    return steps
  }

  // How many of each dish are still to be made, most first.
  allDay () {
    const sums = new Map()
    for (const { items, stage, isVoid } of this.cards()) {
      if (isVoid || stage > 1) continue
      for (const item of items) {
        if (!isLive(item) || OF_ITEM[item.status] > 1) continue
        const name = [item.name, ...item.modifiers.map(modifier => modifier.name)].join(' · ')
        sums.set(name, (sums.get(name) ?? 0) + item.quantity)
      }
    }
    return [...sums].sort(([a, m], [b, n]) => n - m || a.localeCompare(b))
  }

  // Whether an order, or an item of it, is as far as that by the relay's own word.
  isAt (id, stage, item) {
    const { order } = this.orders.get(id)
    if (!item) return OF_ORDER[order.status] >= stage
    const status = order.items.find(one => one.id === item)?.status
    return !(OF_ITEM[status] < stage)
  }

  #stage (order) {
    const whole = OF_ORDER[order.status]
    if (!this.station || whole === 3) return whole
    const own = this.items(order).filter(isLive)
    // Items are moved one by one where stations have displays of their own; elsewhere the order says it for them.
    const isByItem = order.items.some(item => isLive(item) && item.status !== 'pending')
    if (!isByItem) return whole
    if (own.length === 0) return Math.min(whole, 2)
    const courses = coursesOf(own)
    const made = own.filter(item => !isHeld(item, courses))
    // While a course waits, the order stays on the stove.
    const least = Math.min(made.length < own.length ? 1 : 3, ...made.map(item => OF_ITEM[item.status]))
    return whole === 2 ? Math.max(2, least) : least
  }

  // Forgets finished orders, the oldest first: a display runs for months.
  prune (most) {
    for (const id of this.#made.keys()) if (!this.seen.has(id)) this.#made.delete(id)
    for (const id of this.orders.keys()) {
      if (this.orders.size <= this.seen.size + most) return
      if (!this.seen.has(id)) this.orders.delete(id)
    }
  }

  #voidStage (id) { return this.seen.get(id).stage ?? 0 }

  #forget (id, order) {
    if (order.status === 'completed' || this.changes(id).length === 0) this.seen.delete(id)
  }

  #drop (id) {
    this.seen.delete(id)
    this.moves.delete(id)
    if (this.orders.get(id)?.order.status === 'cancelled') this.orders.delete(id)
  }
}

export const isLive = item => item.status !== 'cancelled'

// How far an item of that status is.
export const itemStage = status => OF_ITEM[status]

function oldestFirst (a, b) {
  return URGENCY[a.order.priority] - URGENCY[b.order.priority] ||
    (a.order.createdAt < b.order.createdAt ? -1 : a.order.createdAt > b.order.createdAt ? 1 : a.id < b.id ? -1 : 1)
}
