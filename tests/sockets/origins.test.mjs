// Pages of other sites: no socket, no stream, no request (X4); programs and the relay's own pages come in.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Client } from './socketio.mjs'
import { WebSocket, command, startRelay } from './relay.mjs'

const NAMED = 'https://pos.example'
let relay
let token
before(async () => {
  relay = await startRelay()
  command('outlets', 'add', 'one', '--data', relay.data)
  writeFileSync(join(relay.data, 'relay.toml'), `allowed_origins = ["${NAMED}"]\n`)
  await relay.kill()
  await relay.start()
  token = command('token', 'create', '--outlet', 'one', '--role', 'manager', '--data', relay.data).trim()
})
after(() => relay.stop())

const FOREIGN = ['https://evil.example', 'null', 'https://pos.example.evil.example', 'http://pos.example', 'https://pos.example:8443', 'https://127.0.0.1.evil.example']
const opens = (path, origin) => new Promise(resolve => {
  const socket = new WebSocket(`${relay.ws}${path}?token=${token}`, { headers: origin ? { origin } : {} })
  socket.once('open', () => { resolve(101); socket.terminate() })
  socket.once('unexpected-response', (_, answer) => { resolve(answer.statusCode); answer.destroy() })
  socket.once('error', () => resolve('broken'))
})
const enters = async (path, way, origin) => {
  const client = new Client(relay.url, { path, way, auth: { token }, extraHeaders: origin ? { origin } : {} })
  const came = await client.until(events => events.find(({ name }) => name === 'connect' || name === 'connect_error'), 'an answer', 20_000)
  client.close()
  return came.name === 'connect'
}
const gets = async (path, origin, accept = 'application/json') => {
  const stop = new AbortController()
  const answer = await fetch(relay.url + path, { signal: stop.signal, headers: { authorization: `Bearer ${token}`, accept, ...(origin && { origin }) } })
  stop.abort()
  return answer.status
}

test('a page of another site opens no socket and no stream', async () => {
  for (const origin of FOREIGN) {
    for (const path of ['/ws', '/ws/restaurant-pos/one']) assert.equal(await opens(path, origin), 403, `${path} from ${origin}`)
    for (const path of ['/socket.io', '/api/socket']) for (const way of ['websocket', 'polling']) assert.equal(await enters(path, way, origin), false, `${path} by ${way} from ${origin}`)
    assert.equal(await gets('/api/events', origin, 'text/event-stream'), 403, origin)
    assert.equal(await gets('/api/orders', origin), 403, origin)
  }
})

test('programs, the relay\'s own pages and the pages that the settings name come in', async () => {
  for (const origin of [undefined, relay.url, NAMED]) {
    for (const path of ['/ws', '/ws/restaurant-pos/one']) assert.equal(await opens(path, origin), 101, `${path} from ${origin}`)
    for (const path of ['/socket.io', '/api/socket']) for (const way of ['websocket', 'polling']) assert.equal(await enters(path, way, origin), true, `${path} by ${way} from ${origin}`)
    assert.equal(await gets('/api/orders', origin), 200, String(origin))
  }
})
