// The relay's own module for registers, as a page uses it: offline, killed, reloaded, refused.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Refused, connect, isAfter } from '../../relay/web/client.js'
import { WebSocket, startRelay } from './relay.mjs'

let relay
before(async () => { relay = await startRelay('--insecure-no-auth') })
after(() => relay.stop())

const shelf = () => {
  const kept = new Map()
  return { kept, getItem: key => kept.get(key) ?? null, setItem: (key, value) => { kept.set(key, value) } }
}
const till = (tenant, options = {}) => connect({ url: relay.url, tenant, WebSocket, firstWaitMs: 50, longestWaitMs: 200, ...options })
const order = name => ({ orderType: 'takeout', paymentMethod: 'cash', cart: [{ name, quantity: 1, price: 2 }] })
const state = (register, wanted) => new Promise(resolve => {
  if (register.status.state === wanted) return resolve()
  const stop = register.on('status', status => { if (status.state === wanted) { stop(); resolve() } })
})
const until = async look => { while (!await look()) await new Promise(resolve => setTimeout(resolve, 20)) }
const orders = async tenant => {
  const answer = await fetch(`${relay.url}/api/orders?limit=200`, { headers: { 'x-outlet': tenant } })
  return (await answer.json()).items.reverse()
}
const names = async tenant => (await orders(tenant)).map(({ items }) => items[0].name)

test('an order comes back as it was made, and every register hears of it', async () => {
  const [one, two] = [till('c1'), till('c1')]
  const heard = []
  two.on('order_created', ({ order }) => heard.push(order.id))
  await Promise.all([state(one, 'connected'), state(two, 'connected')])
  const made = await one.submit(order('Soto'))
  assert.match(made.orderNumber, /^ORD-\d{8}-001$/)
  await until(() => heard.length === 1)
  await one.setStatus(made.id, 'preparing')
  assert.equal((await orders('c1'))[0].status, 'preparing')
  assert.deepEqual(one.status, { state: 'connected', queued: 0 })
  for (const register of [one, two]) register.close()
})

test('a refused order is refused once and does not hold up the next', async () => {
  const register = till('c2')
  const refused = []
  register.on('refused', ({ error }) => refused.push(error.code))
  const bad = register.submit({ orderType: 'takeout', cart: [] })
  const good = register.submit(order('Tea'))
  await assert.rejects(bad, error => error instanceof Refused && error.code === 'VALIDATION_ERROR')
  await good
  assert.deepEqual(refused, ['VALIDATION_ERROR'])
  assert.deepEqual(await names('c2'), ['Tea'])
  register.close()
})

test('what is asked while the relay is down goes out once and in order when it is back', async () => {
  const register = till('c3')
  await register.submit(order('n-0'))
  await relay.kill()
  await state(register, 'offline')
  const waiting = Array.from({ length: 20 }, (_, n) => register.submit(order(`n-${n + 1}`)))
  assert.equal(register.status.queued, 20)
  await relay.start()
  await Promise.all(waiting)
  assert.deepEqual(await names('c3'), Array.from({ length: 21 }, (_, n) => `n-${n}`))
  assert.equal(register.status.queued, 0)
  register.close()
})

test('the queue survives a reload of the page, and a request whose answer got lost is not done twice', async () => {
  const storage = shelf()
  // The order arrives and its answer does not: the page is closed in between.
  class Deaf extends WebSocket { set onmessage (listen) { super.onmessage = event => { if (event.data.includes('sync_state')) listen(event) } } }
  const first = till('c4', { storage, WebSocket: Deaf })
  await state(first, 'connected')
  first.submit(order('once'))
  await until(async () => (await names('c4')).length === 1)
  first.submit(order('twice'))
  first.close()
  assert.equal(JSON.parse([...storage.kept.values()][0]).length, 2)
  const second = till('c4', { storage })
  await until(() => second.status.queued === 0)
  assert.deepEqual(await names('c4'), ['once', 'twice'])
  second.close()
})

test('orders go by HTTP where no socket can be opened', async () => {
  class Blocked { constructor () { setTimeout(() => this.onclose?.({}), 5) } close () {} }
  const register = till('c5', { WebSocket: Blocked })
  const made = await register.submit(order('by HTTP'))
  assert.match(made.orderNumber, /-001$/)
  register.close()
})

test('a register that lost its socket hears what it missed, once and in order', async () => {
  const sockets = []
  class Kept extends WebSocket { constructor (url) { super(url); sockets.push(this) } }
  const register = till('c6', { WebSocket: Kept, firstWaitMs: 300, longestWaitMs: 300 })
  const other = till('c6')
  const heard = []
  register.on('order_created', ({ order }) => heard.push(order.items[0].name))
  await Promise.all([state(register, 'connected'), state(other, 'connected')])
  await other.submit(order('before'))
  await until(() => heard.length === 1)
  sockets[0].terminate()
  await state(register, 'offline')
  for (const name of ['one', 'two', 'three']) await other.submit(order(name))
  await state(register, 'connected')
  await other.submit(order('after'))
  await until(() => heard.length === 5)
  assert.deepEqual(heard, ['before', 'one', 'two', 'three', 'after'])
  for (const open of [register, other]) open.close()
})

test('tries go on for as long as it takes, ever further apart and never alike', async () => {
  const waits = []
  const { setTimeout: real } = globalThis
  globalThis.setTimeout = (act, ms, ...rest) => {
    if (ms >= 1000 && ms <= 30_000 && ms !== 10_000) { waits.push(ms); return real(act, 1, ...rest) }
    return real(act, ms, ...rest)
  }
  class Blocked { constructor () { queueMicrotask(() => this.onclose?.({})) } close () {} }
  const register = connect({ url: 'http://127.0.0.1:9', tenant: 'x', WebSocket: Blocked })
  await until(() => waits.length >= 30)
  register.close()
  globalThis.setTimeout = real
  assert.ok(waits.every(wait => wait >= 1000 && wait <= 30_000), waits.join(' '))
  assert.ok(waits[0] <= 2000 && waits[1] <= 4000)
  assert.ok(Math.max(...waits.slice(10)) > 10_000)
  assert.ok(new Set(waits).size > 25)
})

test('the relay serves the module', async () => {
  const answer = await fetch(`${relay.url}/client.js`)
  assert.match(answer.headers.get('content-type'), /^text.javascript/)
  assert.match(await answer.text(), /export function connect/)
})

test('positions are compared as the log counts', () => {
  assert.ok(isAfter('7.1', '7.0') && isAfter('8.0', '7.9') && isAfter('7', '7.9') && isAfter('1.0@1', '9.9'))
  assert.ok(!isAfter('7.1', '7.1') && !isAfter('7.1', '7') && !isAfter('10.1', '10.2'))
})
