// A register's side of the relay (dialect D5), for pages and for Node. It has no dependencies.
//
//   import { connect } from '/client.js'
//   const till = connect({ tenant: 'bistro', token })
//   till.on('status', ({ state, queued }) => show(state, queued))   // connected | connecting | offline
//   till.on('sync_state', ({ activeOrders, recentOrders }) => redraw(activeOrders))
//   till.on('order_created', ({ order, kitchenOrder }) => add(kitchenOrder))
//   till.on('order_status_update', ({ orderId, status }) => move(orderId, status))
//   await till.submit({ orderType: 'takeout', paymentMethod: 'cash', cart: [{ name: 'Soto', quantity: 1 }] })
//   await till.setStatus(orderId, 'preparing')
//
// What is asked while nothing is reachable waits in storage, also across a reload, and is sent once and in
// order. Every request carries an idempotency key, so that one whose answer got lost is not done twice.

// Waits between two tries: they double, and chance spreads a whole restaurant's screens over them.
const FIRST_WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000
// A socket that opened and said nothing is no socket.
const OPEN_WITHIN_MS = 10_000
// How long an answer over the socket is awaited before HTTP is tried.
const ANSWER_WITHIN_MS = 5_000
const HTTP_WITHIN_MS = 10_000
// A quiet socket may be a dead one: browsers do not tell. After so long without a frame the relay is asked.
const QUIET_MS = 20_000
// A queue that nobody can flush must not fill the page's storage.
const MOST_QUEUED = 500
// Refusals that say "later", not "no".
const LATER = new Set(['RATE_LIMITED', 'INTERNAL', 'UNAVAILABLE', 'TIMEOUT', 'UNAUTHORIZED'])

export class Refused extends Error {
  constructor ({ code, message, detail, field }) {
    super(message ?? detail ?? code)
    this.name = 'Refused'
    this.code = code
    this.field = field
  }
}

export function connect (options) { return new Register(options) }

// How a register's socket speaks. A page that listens to other rooms brings a way of its own (`speech`).
const REGISTERS = {
  address ({ tenant }, token, after) {
    const query = new URLSearchParams({ ...(token && { token }), ...(after && { after }) })
    return `/ws/restaurant-pos/${encodeURIComponent(tenant)}?${query}`
  },
  read (text) {
    const { type, seq, ...data } = JSON.parse(text)
    return { type, seq, data, opens: type === 'sync_state' }
  },
  submit: (tenant, order) => JSON.stringify({ type: 'submit_order', order: { tenantId: tenant, ...order } })
}

export class Register {
  #options
  #listeners = new Map()
  #socket = null
  #opened = false
  #stopped = false
  #tries = 0
  #timer = null
  #look = null
  #heard = 0
  #after = null
  #state = 'connecting'
  #queue = []
  #flushing = false
  #flight = null
  #promises = new Map()
  #wake

  constructor (options) {
    const here = globalThis.location?.origin
    this.#options = {
      url: here,
      tenant: 'demo',
      speech: REGISTERS,
      shelf: 'queue',
      storage: storageOr(memory()),
      WebSocket: globalThis.WebSocket,
      fetch: globalThis.fetch?.bind(globalThis),
      random: Math.random,
      firstWaitMs: FIRST_WAIT_MS,
      longestWaitMs: LONGEST_WAIT_MS,
      answerWithinMs: ANSWER_WITHIN_MS,
      ...options
    }
    this.#queue = this.#load()
    this.#wake = () => { this.#tries = 0; this.#open() }
    globalThis.addEventListener?.('online', this.#wake)
    this.#look = setInterval(() => this.#lookAlive(), QUIET_MS / 2)
    this.#look.unref?.()
    this.#open()
  }

  // What is shown to people: the state of the connection and how much waits.
  get status () { return { state: this.#state, queued: this.#queue.length } }

  // What waits to be sent, oldest first.
  get waiting () { return [...this.#queue] }

  // The position of the last event seen.
  get position () { return this.#after }

  // Calls `listener` for each frame of that type, and for `status`; returns how to stop it.
  on (type, listener) {
    const listeners = this.#listeners.get(type) ?? new Set()
    this.#listeners.set(type, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  // Sends an order, now or as soon as the relay can be reached. Resolves with the order as the relay made
  // it; rejects with `Refused` where it says no.
  submit (order) {
    const id = order.id ?? uuid()
    return this.#ask({ key: String(id), kind: 'submit', order: { ...order, id } })
  }

  // Moves an order to a status.
  setStatus (orderId, status) {
    return this.#ask({ key: uuid(), kind: 'status', orderId, status })
  }

  // Any other request that may wait its turn: sent once and in order with the rest. What else `note` holds
  // stays with it, for who shows what waits.
  request (method, path, body, note = {}) {
    return this.#ask({ ...note, key: uuid(), kind: 'request', method, path, body })
  }

  // Tries to send what waits, for who knows better than the socket that the relay is there.
  flush () { return this.#flush() }

  close () {
    this.#stopped = true
    clearTimeout(this.#timer)
    clearInterval(this.#look)
    globalThis.removeEventListener?.('online', this.#wake)
    this.#socket?.close?.(1000)
    this.#socket = null
  }

  #emit (type, data) {
    for (const listener of this.#listeners.get(type) ?? []) listener(data)
  }

  #show (state) {
    this.#state = state
    this.#emit('status', this.status)
  }

  // --- the socket ---

  async #open () {
    clearTimeout(this.#timer)
    if (this.#stopped || this.#socket) return
    if (this.#state !== 'offline') this.#show('connecting')
    const socket = this.#socket = {}
    try {
      const token = await this.#token()
      const path = this.#options.speech.address(this.#options, token, this.#after)
      const address = new URL(path, this.#options.url)
      address.protocol = address.protocol.replace('http', 'ws')
      if (this.#stopped || this.#socket !== socket) return
      this.#attach(new this.#options.WebSocket(address.href), token)
    } catch {
      if (this.#socket === socket) this.#lost()
    }
  }

  #attach (socket, token) {
    this.#socket = socket
    const mine = act => event => { if (this.#socket === socket) act(event) }
    const late = setTimeout(mine(() => this.#drop()), OPEN_WITHIN_MS)
    const { tenant } = this.#options
    const me = { tenant, token, after: this.#after, say: text => socket.send(text) }
    socket.onmessage = mine(({ data }) => { clearTimeout(late); this.#frame(data, me) })
    socket.onclose = mine(() => { clearTimeout(late); this.#lost() })
    socket.onerror = () => {}
  }

  #drop () {
    const socket = this.#socket
    this.#lost()
    socket?.close?.()
  }

  #lost () {
    this.#socket = null
    this.#opened = false
    this.#flight?.gone()
    if (this.#stopped) return
    this.#show('offline')
    const most = Math.min(this.#options.longestWaitMs, 2 * this.#options.firstWaitMs * 2 ** this.#tries++)
    const wait = this.#options.firstWaitMs + this.#options.random() * (most - this.#options.firstWaitMs)
    this.#timer = setTimeout(() => { this.#open(); this.#flush() }, wait)
  }

  #frame (text, me) {
    let frame
    try { frame = this.#options.speech.read(text, me) } catch { return }
    this.#heard = Date.now()
    if (!frame) return
    const { type, seq, data } = frame
    if (seq && data.reason === 'gap') this.#after = seq
    if (frame.opens) {
      this.#after ??= seq
      this.#opened = true
      this.#tries = 0
      this.#show('connected')
      this.#emit(type, data)
      this.#flush()
      return
    }
    // What came before the connection broke and comes again after it is not told twice.
    const repeated = seq && data.reason !== 'gap' && this.#after && !isAfter(seq, this.#after)
    if (seq && !repeated) this.#after = seq
    this.#flight?.frame(type, data)
    if (!repeated) this.#emit(type, data)
  }

  async #lookAlive () {
    if (!this.#opened || Date.now() - this.#heard < QUIET_MS) return
    const socket = this.#socket
    try {
      await this.#http('GET', '/healthz')
      this.#heard = Date.now()
    } catch {
      if (this.#socket === socket) this.#drop()
    }
  }

  // --- the queue ---

  #ask (entry) {
    const answer = new Promise((resolve, reject) => this.#promises.set(entry.key, { resolve, reject }))
    // Whoever does not wait for the answer hears of a refusal by the event.
    answer.catch(() => {})
    if (this.#queue.length >= MOST_QUEUED) {
      this.#settle(entry, new Refused({ code: 'QUEUE_FULL', message: `${MOST_QUEUED} requests wait already` }))
    } else if (!this.#queue.some(({ key }) => key === entry.key)) {
      this.#queue.push(entry)
      this.#save(kept => [...kept, entry])
      this.#flush()
    }
    return answer
  }

  // One request at a time, in order; the next one when the one before was answered.
  async #flush () {
    if (this.#flushing || this.#stopped) return
    this.#flushing = true
    try {
      while (this.#queue.length > 0 && !this.#stopped) {
        const [entry] = this.#queue
        const outcome = await this.#send(entry)
        if (outcome === undefined) break
        this.#queue.shift()
        this.#save(kept => kept.filter(({ key }) => key !== entry.key))
        this.#settle(entry, outcome)
      }
    } finally { this.#flushing = false }
  }

  #settle (entry, outcome) {
    const waiting = this.#promises.get(entry.key)
    this.#promises.delete(entry.key)
    if (outcome instanceof Refused) {
      this.#emit('refused', { entry, error: outcome })
      waiting?.reject(outcome)
    } else {
      waiting?.resolve(outcome)
    }
  }

  // The answer, or `Refused`; nothing where the relay cannot be reached or says "later".
  async #send (entry) {
    // Whether it is still wanted: 'later', or no, where what happened meanwhile has overtaken it.
    const wanted = await this.#options.check?.(entry)
    if (wanted === 'later') return undefined
    if (wanted === false) return null
    // A move has to carry its key, or one that is repeated late could take back a newer one: by HTTP.
    const bySocket = entry.kind === 'submit' && this.#opened && this.#options.speech.submit
    const tell = bySocket ? await this.#bySocket(entry) : undefined
    const outcome = tell ?? await this.#byHttp(entry).catch(() => undefined)
    if (outcome instanceof Refused && LATER.has(outcome.code)) {
      setTimeout(() => this.#flush(), this.#options.firstWaitMs)
      return undefined
    }
    return outcome
  }

  #bySocket (entry) {
    return new Promise(resolve => {
      const done = outcome => {
        clearTimeout(late)
        this.#flight = null
        resolve(outcome)
      }
      const late = setTimeout(done, this.#options.answerWithinMs)
      this.#flight = {
        gone: () => done(),
        frame: (type, data) => {
          if (type === 'order_created' && String(data.order?.id) === entry.key) done(data.order)
          if (type === 'error') done(new Refused(data))
        }
      }
      this.#socket.send(this.#options.speech.submit(this.#options.tenant, entry.order))
    })
  }

  #byHttp (entry) {
    if (entry.kind === 'submit') return this.#http('POST', '/api/orders', entry.order)
    if (entry.kind === 'request') {
      return this.#http(entry.method, entry.path, entry.body, { 'idempotency-key': entry.key })
    }
    const path = `/api/orders/${encodeURIComponent(entry.orderId)}`
    return this.#http('PATCH', path, { status: entry.status }, { 'idempotency-key': entry.key })
  }

  async #http (method, path, body, headers = {}) {
    const token = await this.#token()
    if (token) headers.authorization = `Bearer ${token}`
    if (body) Object.assign(headers, { 'content-type': 'application/json', 'x-outlet': this.#options.tenant })
    const answer = await this.#options.fetch(new URL(path, this.#options.url).href, {
      method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(HTTP_WITHIN_MS)
    })
    const text = await answer.text()
    if (answer.ok) return text.startsWith('{') ? JSON.parse(text) : text
    if (answer.status >= 500) throw new Error(`${answer.status}`)
    return new Refused(JSON.parse(text))
  }

  async #token () {
    const { token } = this.#options
    return typeof token === 'function' ? token() : token
  }

  #key () { return `printrail:${this.#options.tenant}:${this.#options.shelf}` }

  #load () {
    try {
      const queue = JSON.parse(this.#options.storage.getItem(this.#key()) ?? '[]')
      return Array.isArray(queue) ? queue.filter(entry => entry?.key && entry?.kind) : []
    } catch { return [] }
  }

  // Several pages share the storage, so each changes its own entries alone. What one page left behind the
  // next one sends; that two send it does no harm, since it carries its key.
  #save (change) {
    try { this.#options.storage.setItem(this.#key(), JSON.stringify(change(this.#load()))) } catch { /* it still waits in memory */ }
    this.#emit('status', this.status)
  }
}

// Whether one position comes after another: `N.k`, or `N.k@e` in a later epoch.
export function isAfter (one, other) {
  const read = text => {
    const [place, epoch = 0] = String(text).split('@')
    const [seq, k = Infinity] = place.split('.')
    return [Number(epoch), Number(seq), Number(k)]
  }
  const [a, b] = [read(one), read(other)]
  const differs = a.findIndex((part, n) => part !== b[n])
  return differs >= 0 && a[differs] > b[differs]
}

function uuid () {
  if (globalThis.crypto?.randomUUID) return globalThis.crypto.randomUUID()
  // Pages that come by plain HTTP have no randomUUID.
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')
}

function storageOr (fallback) {
  try { return globalThis.localStorage ?? fallback } catch { return fallback }
}

function memory () {
  const kept = new Map()
  return { getItem: key => kept.get(key) ?? null, setItem: (key, value) => { kept.set(key, value) } }
}
