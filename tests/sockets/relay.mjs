// A relay of its own for each test file: started on a free port, stopped at the end.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'

// A test may fake the clock; waiting for a test's end goes by the real one.
export const { setTimeout: later, clearTimeout: never } = globalThis

const require = createRequire(join(process.env.NODE_PATH, '/'))
export const WebSocket = require('ws')
export const modules = process.env.NODE_PATH

const addressOf = child => new Promise((resolve, reject) => {
  let seen = ''
  child.stdout.on('data', chunk => {
    seen += chunk
    const line = /^listening on (http:\S+)\n/.exec(seen)
    if (line) resolve(line[1])
  })
  child.once('exit', code => reject(new Error(`the relay ended with ${code} before it listened`)))
})

// A relay whose clock is ahead by so many seconds; only its idea of the time of day, not its timers.
const ahead = seconds => seconds && { LD_PRELOAD: process.env.FAKETIME_LIB, FAKETIME: `+${seconds}s`, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
const serve = (data, listen, flags, seconds) => {
  const child = spawn(process.env.RELAY, ['serve', '--data', data, '--listen', listen, ...flags],
    { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...ahead(seconds) } })
  child.log = ''
  child.stderr.on('data', chunk => { child.log = (child.log + chunk).slice(-MOST_LOG) })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}
// What is kept of a relay's log.
const MOST_LOG = 1 << 20

// What a test that failed left running must not keep its file from ending.
const running = new Set()
after(() => { for (const child of running) child.kill('SIGKILL') })
const ended = (child, signal) => new Promise(resolve => { child.once('exit', resolve); child.kill(signal) })

export async function startRelay (...flags) {
  const data = mkdtempSync(join(tmpdir(), 'printrail-'))
  let child = serve(data, '127.0.0.1:0', flags)
  const url = await addressOf(child)
  return {
    url,
    ws: url.replace('http', 'ws'),
    data,
    log: () => child.log,
    async stop () { await ended(child, 'SIGTERM'); rmSync(data, { recursive: true, force: true }) },
    kill: () => ended(child, 'SIGKILL'),
    // Stops it in order; it may be started again.
    pause: () => ended(child, 'SIGTERM'),
    freeze: () => child.kill('SIGSTOP'),
    thaw: () => child.kill('SIGCONT'),
    // On the same address and store, so many seconds later.
    async start (seconds) { child = serve(data, url.replace('http://', ''), flags, seconds); await addressOf(child) }
  }
}

// Runs a command of the relay and returns what it prints.
export const command = (...args) => execFileSync(process.env.RELAY, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

// A plain socket that keeps every frame and lets a test wait for one.
export class Screen {
  frames = []
  #waiting = []

  static open (url) {
    const screen = new Screen()
    screen.socket = new WebSocket(url)
    screen.socket.on('message', text => {
      screen.frames.push(JSON.parse(text))
      screen.#waiting = screen.#waiting.filter(look => !look())
    })
    return new Promise((resolve, reject) => {
      screen.socket.once('open', () => resolve(screen))
      screen.socket.once('error', reject)
    })
  }

  say (frame) { this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)) }

  // The first frame of that name, past or to come.
  next (event, within) {
    return this.until(() => this.frames.find(frame => (frame.event ?? frame.type) === event), event, within)
  }

  // Waits until `look()` gives something.
  until (look, what = 'it', within = 5000) {
    const now = look()
    if (now) return Promise.resolve(now)
    return new Promise((resolve, reject) => {
      const late = later(() => reject(new Error(`not ${what} within ${within} ms; seen: ${this.names()}`)), within)
      this.#waiting.push(() => {
        const found = look()
        if (!found) return false
        never(late)
        resolve(found)
        return true
      })
    })
  }

  take (event) {
    const index = this.frames.findIndex(frame => (frame.event ?? frame.type) === event)
    return index < 0 ? undefined : this.frames.splice(index, 1)[0]
  }

  names () { return this.frames.map(frame => frame.event ?? frame.type) }
  close () { this.socket.close() }
}

export async function post (url, path, body) {
  const answer = await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return { status: answer.status, body: await answer.json() }
}
