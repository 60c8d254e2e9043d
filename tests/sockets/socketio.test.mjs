// Socket.IO as the unmodified socket.io-client sees it: transports, tokens, answers, mistakes.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client, WAYS } from './socketio.mjs'
import { startRelay } from './relay.mjs'

let relay
before(async () => { relay = await startRelay('--insecure-no-auth') })
after(() => relay.stop())

const food = { name: 'Soto é🍜', quantity: 1, unitPrice: 3, workstation: 'kitchen' }
let count = 0
const order = async (outlet, body = {}) => {
  const answer = await fetch(`${relay.url}/api/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-outlet': outlet },
    body: JSON.stringify({ tableId: '12', tableNumber: 'C4', paymentMethod: 'cash', items: [food], ...body })
  })
  assert.equal(answer.status, 201, await answer.clone().text())
  return answer.json()
}
const open = (outlet, options) => Client.open(relay.url, { ...options, auth: { outlet, ...options?.auth } })

for (const path of ['/socket.io', '/api/socket']) {
  for (const way of Object.keys(WAYS)) {
    test(`a kitchen hears of an order on ${path} by ${way}`, async () => {
      const outlet = `o${++count}`
      const kitchen = await open(outlet, { path, way })
      const hello = await kitchen.next('hello')
      assert.equal(hello.data.outlet, outlet)
      assert.equal(typeof hello.position, 'string')
      assert.deepEqual(await kitchen.join('join:kitchen'), { ok: true, room: 'kitchen' })
      const made = await order(outlet)
      const heard = await kitchen.next('order:created')
      assert.equal(heard.data.orderId, made.id)
      assert.equal(heard.data.items[0].name, food.name)
      assert.match(heard.position, /^1\.\d+$/)
      assert.equal(kitchen.socket.io.engine.transport.name, way === 'polling' ? 'polling' : 'websocket')
      kitchen.close()
    })
  }
}

test('both paths share rooms, and other outlets hear nothing', async () => {
  const [one, two, stranger] = await Promise.all([open('shared'), open('shared', { path: '/api/socket', way: 'polling' }), open('elsewhere')])
  for (const client of [one, two, stranger]) await client.join('join:kitchen')
  await order('shared')
  await Promise.all([one.next('order:new'), two.next('order:new')])
  await order('elsewhere')
  await stranger.next('order:new')
  assert.equal(stranger.all('order:new').length, 1)
  for (const client of [one, two, stranger]) client.close()
})

test('a room that was left is quiet, and an answer says which room it was', async () => {
  const client = await open('left')
  await client.join('join:kitchen')
  await client.join('subscribe:orders')
  assert.deepEqual(await client.ask('leave:kitchen'), { ok: true, room: 'kitchen' })
  await order('left')
  await client.next('order:created')
  assert.deepEqual(client.all('order:new'), [])
  assert.deepEqual(await client.ask('unsubscribe:orders'), { ok: true, room: 'orders' })
  client.close()
})

const REFUSED = [
  ['an unknown verb', ['dance'], 'VALIDATION_ERROR'],
  ['a table without an id', ['join:table'], 'VALIDATION_ERROR'],
  ['an id of the wrong type', ['join:order', { deep: {} }], 'VALIDATION_ERROR'],
  ['a room that there is not', ['join', 'the_moon'], 'VALIDATION_ERROR'],
  ['another restaurant', ['join:restaurant', 'other'], 'FORBIDDEN'],
  ['a session that there is not', ['join:session', 'nobody'], 'FORBIDDEN'],
  ['a binary argument', ['join:table', Buffer.from('x')], 'VALIDATION_ERROR']
]

test('every mistake is answered, with and without a callback, and the socket stays', async () => {
  const client = await open('mistakes')
  for (const [what, args, code] of REFUSED) {
    const answer = await client.ask(...args)
    assert.equal(answer.ok, false, what)
    assert.equal(answer.code, code, `${what}: ${JSON.stringify(answer)}`)
    assert.ok(answer.message, what)
    client.forget()
    client.socket.emit(...args)
    assert.equal((await client.next('error')).data.code, code, what)
  }
  await client.join('join:waiters')
  client.close()
})

test('other namespaces are refused', async () => {
  const client = new Client(relay.url, { namespace: '/admin' })
  assert.equal((await client.next('connect_error')).data, 'Invalid namespace')
  client.close()
})

test('a frame over the limit ends the socket and nothing else', async () => {
  for (const way of ['websocket', 'polling']) {
    const big = await open('big', { way })
    const fine = await open('big', { way })
    await fine.join('join:kitchen')
    big.socket.emit('join:table', 'x'.repeat(300_000))
    await big.next('disconnect')
    await order('big')
    await fine.next('order:new')
    fine.close()
  }
})
