// A real socket.io-client that keeps every event and lets a test wait for one.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { later, modules, never } from './relay.mjs'

const require = createRequire(join(modules, '/'))
const { io } = require('socket.io-client')

// Every way of coming in: transport by transport, and from one to the other.
export const WAYS = { websocket: ['websocket'], polling: ['polling'], upgrade: ['polling', 'websocket'] }

export class Client {
  events = []
  #waiting = []

  constructor (url, { path = '/socket.io', way = 'websocket', auth = {}, namespace = '', ...options } = {}) {
    this.socket = io(url + namespace, { path, transports: WAYS[way], auth, forceNew: true, reconnection: false, ...options })
    this.socket.onAny((name, ...args) => this.#keep(name, args))
    this.socket.on('connect', () => this.#keep('connect', []))
    this.socket.on('connect_error', error => this.#keep('connect_error', [error.message]))
    this.socket.on('disconnect', reason => this.#keep('disconnect', [reason]))
  }

  static async open (url, options) {
    const client = new Client(url, options)
    await client.next('connect')
    if (options?.way === 'upgrade') await client.upgraded()
    return client
  }

  #keep (name, args) {
    this.events.push({ name, args, data: args[0], position: args[1], at: performance.now() })
    this.#waiting = this.#waiting.filter(look => !look())
  }

  upgraded () {
    const { engine } = this.socket.io
    if (engine.transport.name === 'websocket') return
    return new Promise((resolve, reject) => {
      const late = later(() => reject(new Error('no upgrade')), 4000)
      engine.once('upgrade', () => { never(late); resolve() })
    })
  }

  ask (verb, ...args) { return this.socket.timeout(4000).emitWithAck(verb, ...args) }

  async join (verb, ...args) {
    const answer = await this.ask(verb, ...args)
    if (!answer.ok) throw new Error(`${verb} was refused: ${JSON.stringify(answer)}`)
    return answer
  }

  // Waits until `look(events)` gives something.
  until (look, what = 'it', within = 6000) {
    const now = look(this.events)
    if (now) return Promise.resolve(now)
    return new Promise((resolve, reject) => {
      const late = later(() => reject(new Error(`not ${what} within ${within} ms; seen: ${this.names()}`)), within)
      this.#waiting.push(() => {
        const found = look(this.events)
        if (!found) return false
        never(late)
        resolve(found)
        return true
      })
    })
  }

  next (name, within) { return this.until(events => events.find(event => event.name === name), name, within) }
  all (name) { return this.events.filter(event => event.name === name) }
  names () { return this.events.map(event => event.name) }
  forget () { this.events.length = 0 }
  close () { this.socket.disconnect() }
}
