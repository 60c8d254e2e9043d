// A relay of its own for each test file: started on a free port, stopped at the end.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const require = createRequire(join(process.env.NODE_PATH, '/'))
export const WebSocket = require('ws')
export const modules = process.env.NODE_PATH

export async function startRelay (...flags) {
  const data = mkdtempSync(join(tmpdir(), 'printrail-'))
  const child = spawn(process.env.RELAY, ['serve', '--data', data, '--listen', '127.0.0.1:0', ...flags],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, RUST_LOG: 'warn' } })
  const url = await new Promise((resolve, reject) => {
    let seen = ''
    child.stdout.on('data', chunk => {
      seen += chunk
      const line = /^listening on (http:\S+)\n/.exec(seen)
      if (line) resolve(line[1])
    })
    child.once('exit', code => reject(new Error(`the relay ended with ${code} before it listened`)))
  })
  const stop = () => new Promise(resolve => {
    child.once('exit', () => { rmSync(data, { recursive: true, force: true }); resolve() })
    child.kill('SIGTERM')
  })
  return { url, ws: url.replace('http', 'ws'), data, stop }
}

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
  next (event, within = 5000) {
    const find = () => this.frames.find(frame => frame.event === event)
    return new Promise((resolve, reject) => {
      if (find()) return resolve(find())
      const late = setTimeout(() => reject(new Error(`no ${event} within ${within} ms; seen: ${this.names()}`)), within)
      this.#waiting.push(() => {
        if (!find()) return false
        clearTimeout(late)
        resolve(find())
        return true
      })
    })
  }

  take (event) {
    const index = this.frames.findIndex(frame => frame.event === event)
    return index < 0 ? undefined : this.frames.splice(index, 1)[0]
  }

  names () { return this.frames.map(frame => frame.event) }
  close () { this.socket.close() }
}

export async function post (url, path, body) {
  const answer = await fetch(url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return { status: answer.status, body: await answer.json() }
}
