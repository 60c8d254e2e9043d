// What the example for nginx has to carry: sockets of every kind, events at once, callers' own addresses, a restart.
import assert from 'node:assert/strict'
import { request as plainly } from 'node:http'
import { request as securely } from 'node:https'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from '../sockets/socketio.mjs'
import { Screen, WebSocket } from '../sockets/relay.mjs'
import { DOMAIN, startBehindProxy } from './nginx.mjs'

const PATIENCE = 60_000
// The domain leads to this machine, and the certificate is the test's own.
const TRUST = { rejectUnauthorized: false, lookup: (_, options, done) => options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4), servername: DOMAIN }

let house, pos, kitchen
const ask = (method, path, { body, headers = {}, from, direct } = {}) => new Promise((resolve, reject) => {
  const text = body && JSON.stringify(body)
  const options = { method, path, headers: { ...text && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }, ...headers }, localAddress: from, agent: false }
  const call = direct
    ? plainly({ ...options, host: '127.0.0.1', port: house.direct })
    : securely({ ...options, ...TRUST, host: DOMAIN, port: house.port })
  call.once('error', reject).once('response', answer => {
    if (answer.headers['content-type']?.startsWith('text/event-stream')) return resolve(answer)
    let seen = ''
    answer.on('data', chunk => { seen += chunk }).once('end', () => resolve({ status: answer.statusCode, headers: answer.headers, text: seen }))
  })
  call.end(text)
})
const order = async id => {
  const body = { id, tableId: '12', orderType: 'dine-in', paymentMethod: 'cash', items: [{ name: 'Soto', quantity: 1, unitPrice: 3, workstation: 'kitchen' }] }
  const answer = await ask('POST', '/api/orders', { body, headers: { authorization: `Bearer ${pos}` } })
  assert.equal(answer.status, 201, answer.text)
}
const until = async (look, what) => {
  const end = Date.now() + PATIENCE
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error(`not ${what}`)
    await sleep(50)
  }
}
const openScreen = async () => {
  const screen = new Screen()
  screen.socket = new WebSocket(`${house.url.replace('https', 'wss')}/ws?token=${kitchen}`, { rejectUnauthorized: false })
  screen.socket.on('message', text => screen.frames.push(JSON.parse(text)))
  await new Promise((resolve, reject) => screen.socket.once('open', resolve).once('error', reject))
  return screen
}

before(async () => {
  house = await startBehindProxy()
  pos = house.token('pos')
  kitchen = house.token('kitchen')
  await until(() => ask('GET', '/readyz').then(answer => answer.status === 200, () => false), 'ready behind nginx')
})
after(() => house.stop())

test('a plain WebSocket is upgraded and hears an order', async () => {
  const screen = await openScreen()
  screen.say({ type: 'register_device', data: { device_id: 'wall', role: 'kitchen', outlet_id: 'bistro' } })
  await order('ws-1')
  await until(() => JSON.stringify(screen.frames).includes('ws-1'), `an order on the socket: ${JSON.stringify(screen.frames)}`)
  screen.close()
})

for (const way of ['polling', 'websocket', 'upgrade']) {
  test(`Socket.IO comes through by ${way}`, async () => {
    const client = await Client.open(house.url, { way, auth: { token: kitchen }, rejectUnauthorized: false })
    await client.join('join:kitchen')
    await order(`io-${way}`)
    await client.until(() => client.all('order:new').some(event => event.data.orderId === `io-${way}`), 'the order', PATIENCE)
    client.close()
  })
}

test('events by SSE arrive while the answer is open', async () => {
  const answer = await ask('GET', '/api/events', { headers: { authorization: `Bearer ${pos}`, accept: 'text/event-stream' } })
  assert.equal(answer.statusCode, 200)
  let seen = ''
  answer.on('data', chunk => { seen += chunk })
  await order('sse-1')
  await until(() => seen.includes('sse-1'), `the event; seen: ${seen}`)
  answer.destroy()
})

test('callers are told apart by their own address, which nobody can pretend', async () => {
  const guess = options => ask('POST', '/api/sign-in', { body: { code: 'AAAA-AAAA' }, ...options })
  const busy = { from: '127.0.0.5' }
  await until(async () => (await guess(busy)).status === 429, 'told to wait')
  const pretending = await guess({ ...busy, headers: { 'x-forwarded-for': '203.0.113.9' } })
  assert.equal(pretending.status, 429, 'nginx overwrites what the caller wrote')
  assert.equal((await guess({ from: '127.0.0.6' })).status, 401, 'a neighbour may still try')
  // Past the proxy nobody is believed.
  const direct = { ...busy, direct: true, headers: { 'x-forwarded-for': '203.0.113.10' } }
  assert.equal((await guess(direct)).status, 429, 'only the proxy is believed')
})

test('the pages come with the relay\'s own headers, and an order that is too large is refused by the relay', async () => {
  const page = await ask('GET', '/')
  assert.equal(page.status, 200)
  assert.match(page.headers['content-security-policy'], /default-src/)
  const large = await ask('POST', '/api/orders', { body: { notes: 'x'.repeat(1_500_000) }, headers: { authorization: `Bearer ${pos}` } })
  assert.equal(large.status, 413)
  assert.match(large.headers['content-type'], /problem\+json/)
})

test('a restart of the relay is survived: a client recovers, and what happened meanwhile comes', async () => {
  const client = await Client.open(house.url, { auth: { token: kitchen }, rejectUnauthorized: false, reconnection: true, reconnectionDelay: 200, reconnectionDelayMax: 500 })
  await client.join('join:kitchen')
  await order('before-restart')
  await client.until(() => client.all('order:new').some(event => event.data.orderId === 'before-restart'), 'the first', PATIENCE)
  const screen = await openScreen()
  await house.restart()
  await client.next('disconnect', PATIENCE)
  await order('after-restart')
  await client.until(() => client.all('order:new').some(event => event.data.orderId === 'after-restart'), 'the second', PATIENCE)
  assert.equal(client.socket.recovered, true)
  await until(() => screen.socket.readyState === WebSocket.CLOSED, 'the plain socket is told')
  const again = await openScreen()
  again.close()
  client.close()
})
