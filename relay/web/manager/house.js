// What the dashboard knows of its outlet: asked anew every few seconds, and at once when an order moves.
import { Live } from '../lib/live.js'
import { headers } from '../lib/token.js'
import { Day } from './day.js'

const EVERY_MS = 3_000
const WITHIN_MS = 8_000
// About an evening of a small kitchen; older ones are found by their number.
const ORDERS = 60
const JOBS = 200

export class Refusal extends Error {
  constructor (status, { detail, code, field } = {}) {
    super(detail ?? code ?? `HTTP ${status}`)
    this.status = status
    this.field = field
  }
}

// Asks the relay; a refusal carries its words.
export async function ask (method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: { ...headers(), ...(body !== undefined && { 'content-type': 'application/json' }) },
    body: body === undefined ? undefined : JSON.stringify(body),
    signal: AbortSignal.timeout(WITHIN_MS)
  })
  const kind = answer.headers.get('content-type') ?? ''
  const said = kind.includes('json') ? await answer.json() : await answer.blob()
  if (!answer.ok) throw new Refusal(answer.status, said)
  return said
}

// Emits `news` when something is another way than before, `proof` after every answer, `unauthorized`.
export class House extends EventTarget {
  isKnown = false
  orders = []
  jobs = []
  stations = []
  devices = []
  routing = { problems: [] }
  day = new Day(path => ask('GET', path))
  #timer = null
  #asking = null
  #again = false

  start () {
    const live = new Live()
    for (const event of ['order', 'snapshot']) live.addEventListener(event, () => this.look())
    for (const event of ['online', 'focus', 'pageshow']) addEventListener(event, () => this.look())
    this.day.addEventListener('news', () => this.#say('news'))
    return this.look()
  }

  // One question at a time; what happens meanwhile asks once more.
  async look () {
    if (this.#asking) { this.#again = true; return this.#asking }
    clearTimeout(this.#timer)
    this.#asking = this.#ask()
    await this.#asking
    this.#asking = null
    this.#timer = setTimeout(() => this.look(), this.#again ? 100 : EVERY_MS)
    this.#again = false
  }

  async #ask () {
    try {
      const [orders, jobs, doubts, held, stations, devices, routing] = await Promise.all([
        ask('GET', `/api/orders?limit=${ORDERS}`), ask('GET', `/api/jobs?limit=${JOBS}`),
        ask('GET', '/api/jobs?state=unconfirmed&limit=100'), ask('GET', '/api/jobs?state=held&limit=100'),
        ask('GET', '/api/stations'), ask('GET', '/api/devices'), ask('GET', '/api/routing')
      ])
      const known = new Map([...jobs.items, ...doubts.items, ...held.items].map(job => [job.id, job]))
      const found = {
        orders: orders.items, jobs: [...known.values()], stations: stations.items, devices: [...devices.items, ...unpaired(stations.items, devices.items)], routing
      }
      const wasKnown = this.isKnown
      this.isKnown = true
      const before = JSON.stringify([this.orders, this.jobs, this.stations, this.devices, this.routing])
      Object.assign(this, found)
      this.day.take(found.jobs)
      this.#say('proof')
      if (!wasKnown || before !== JSON.stringify(Object.values(found))) this.#say('news')
    } catch (error) {
      if (error.status === 401 || error.status === 403) this.#say('unauthorized')
    }
  }

  #say (type) { this.dispatchEvent(new CustomEvent(type)) }
}

// Where the relay asks for no tokens, agents come without being paired: their stations name them.
function unpaired (stations, devices) {
  const known = new Set(devices.map(device => device.id))
  const ids = [...new Set(stations.map(station => station.device))].filter(id => id && !known.has(id))
  return ids.map(id => {
    const own = stations.filter(station => station.device === id)
    return { id, name: id.slice(0, 14), isUnpaired: true, online: true, revoked: false, printsFor: own.map(station => station.name), printers: own[0].printers }
  })
}
