// What a display knows of its outlet's orders, kept in step with the relay by three ways that heal each other: a
// snapshot at the beginning, a socket for speed, and every few seconds a question for the newest event, which is
// what "live" is measured by. A socket that stands says nothing; data does.
import { connect } from '../client.js'
import { headers, outlet, token } from './token.js'

// How often the relay is asked where its log stands. Three tries fit before the strip goes amber.
const BEAT_MS = 4_000
const ANSWER_WITHIN_MS = 8_000
// How long a frame may be on its way while the log is ahead of it.
const ON_ITS_WAY_MS = 300
// A socket that has just opened joins its rooms one after the other: a frame may come from behind a gap. For so long
// frames are shown, and the log is asked all the same for what may be missing before them.
const SETTLES_MS = 2_000
// Further behind, all that is open is less than all that happened.
const FAR = 1_000
// Under this the two clocks agree: a `Date` header has whole seconds.
const SKEW_MS = 2_000

// The rooms of a display: whole orders (D4), and what cooks say of them (D2).
const ROOMS = [['subscribe:kds'], ['join:kitchen']]
const WHOLE = new Set(['order:created', 'order:updated', 'order:cancelled'])

// Socket.IO over a bare WebSocket (Engine.IO 4): open, connect with a token, ping and pong, events.
const KITCHEN = {
  address: () => '/socket.io/?EIO=4&transport=websocket',
  read (text, { tenant, token, after, say }) {
    if (text[0] === '0') say('40' + JSON.stringify({ outlet: tenant, ...(token && { token }), ...(after && { after }) }))
    if (text[0] === '2') say('3')
    if (text[0] !== '4') return undefined
    if (text[1] === '0') for (const room of ROOMS) say('42' + JSON.stringify(room))
    if (text[1] === '4') return { type: 'refused_socket', data: {} }
    if (text[1] !== '2') return undefined
    const [type, data, seq] = JSON.parse(text.slice(2))
    return { type, data, seq, opens: type === 'hello' }
  }
}

// Emits `snapshot {orders, seq}`, `order {order, seq}`, `seen {orderId, by}`, `proof`, `queue`, `refused`,
// `unauthorized`. `seq` is the number of the event after which it was so.
export class Live extends EventTarget {
  #seq
  #epoch
  #lost = false
  #timer = null
  #beating = null
  #again = false
  #skew = 0
  #opened = null
  #settled = false
  #question

  // Goes on after `{seq, epoch}`, where a page that knew so much was left; without it, from a snapshot.
  // `check` says of what waits to be sent whether it is still wanted.
  // `screen` is the station that a kitchen display shows, empty for all: the relay prints its tickets where it goes dead.
  constructor (from = {}, check = undefined, screen = undefined) {
    super()
    this.#question = screen === undefined ? '/api/events' : `/api/events?screen=${encodeURIComponent(screen)}`
    this.#seq = from.seq ?? -1
    this.#epoch = from.epoch ?? null
    this.client = connect({ tenant: outlet(), token: () => token(), speech: KITCHEN, shelf: 'kitchen', check })
    for (const type of WHOLE) this.client.on(type, order => this.#whole(order))
    this.client.on('kitchen:order_acknowledged', ({ orderId, chefId }) => this.#say('seen', { orderId, by: chefId }))
    this.client.on('sync_state', () => { this.#lost = true; this.beat() })
    this.client.on('status', status => {
      if (status.state !== 'connected') this.#opened = null
      else if (this.#opened === null) this.#opened = Date.now()
      if (this.#opened === null) this.#settled = false
      if (status.state === 'connected') this.beat()
      this.#say('queue', status)
    })
    this.client.on('refused', detail => this.#say('refused', detail))
    // A tablet that slept, or was offline, asks at once.
    for (const event of ['online', 'pageshow', 'focus']) addEventListener(event, () => this.beat())
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.beat() })
    this.beat()
  }

  // Where this page stands in the log.
  get place () { return { seq: this.#seq, epoch: this.#epoch } }

  // The relay's clock.
  now () { return Date.now() + this.#skew }

  // Asks where the log stands, and for what is missing here. One question at a time.
  async beat () {
    if (this.#beating) { this.#again = true; return this.#beating }
    clearTimeout(this.#timer)
    this.#beating = this.#ask().catch(() => {})
    await this.#beating
    this.#beating = null
    this.#timer = setTimeout(() => this.beat(), this.#again ? 0 : BEAT_MS)
    this.#again = false
  }

  async #ask () {
    const begun = Date.now()
    const { head, epoch } = await this.#get(this.#question)
    if (this.#lost || epoch !== this.#epoch || head < this.#seq || head > this.#seq + FAR) await this.#snapshot()
    else if (head > this.#seq && !(this.#settled && await this.#comes(head))) await this.#missed(head)
    if (this.#opened !== null && begun - this.#opened > SETTLES_MS) this.#settled = true
    this.#say('proof')
    if (this.client.status.queued > 0) this.client.flush()
  }

  // What is on its way over the socket is not asked for again.
  async #comes (head) {
    if (this.client.status.state === 'connected') await new Promise(resolve => setTimeout(resolve, ON_ITS_WAY_MS))
    return head <= this.#seq
  }

  async #snapshot () {
    const { head, epoch, activeOrders } = await this.#get('/api/sync')
    const isOther = this.#epoch !== null && this.#epoch !== epoch
    this.#epoch = epoch
    this.#seq = head
    this.#lost = false
    this.#say('snapshot', { orders: activeOrders, seq: head, isOther })
  }

  async #missed (until) {
    while (this.#seq < until) {
      const after = `${this.#seq}${this.#epoch ? `@${this.#epoch}` : ''}`
      const { events, head, epoch, reason } = await this.#get(`/api/events?after=${after}`)
      if (reason === 'gap' || epoch !== this.#epoch || head <= this.#seq) return this.#snapshot()
      for (const event of events) this.#event(event)
      this.#seq = Math.max(head, this.#seq)
    }
  }

  #event ({ seq, data }) {
    if (!data.order) return
    const seen = data.changes.find(({ change }) => change === 'acknowledged')
    if (seen) this.#say('seen', { orderId: data.order.id, by: seen.chef_id })
    this.#say('order', { order: data.order, seq })
  }

  // A frame of the socket: its position is the client's newest.
  #whole (order) {
    const seq = place(this.client)
    if (this.#settled) this.#seq = Math.max(this.#seq, seq)
    this.#say('order', { order, seq })
    this.#say('proof')
  }

  async #get (path) {
    const asked = Date.now()
    const answer = await fetch(path, { headers: headers(), signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
    if (answer.status === 401 || answer.status === 403) this.#say('unauthorized')
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
    this.#look(answer.headers.get('date'), asked)
    return answer.json()
  }

  #look (date, asked) {
    if (!date) return
    const skew = Date.parse(date) + 500 - (asked + Date.now()) / 2
    this.#skew = Math.abs(skew) > SKEW_MS ? skew : 0
  }

  #say (type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })) }
}

const place = client => Number.parseInt(client.position, 10)
