// Ten minutes without a relay, by the clocks of both sides: the client's timers and dates are moved by hand,
// the relay that comes back reads a clock that is ten minutes ahead.
import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import { Client } from './socketio.mjs'
import { later, startRelay } from './relay.mjs'

const OUTAGE_S = 600
const turn = () => new Promise(resolve => setImmediate(resolve))

let relay
beforeEach(async () => {
  assert.ok(process.env.FAKETIME_LIB, 'FAKETIME_LIB names libfaketimeMT.so.1 (apt install faketime)')
  relay = await startRelay('--insecure-no-auth')
})
afterEach(() => relay.stop())

const call = async (outlet, method, path, body) => {
  const answer = await fetch(relay.url + path, { method, headers: { 'content-type': 'application/json', 'x-outlet': outlet }, body: JSON.stringify(body) })
  assert.ok(answer.ok, `${answer.status} ${await answer.clone().text()}`)
  return answer.json()
}
const order = (outlet, n) => call(outlet, 'POST', '/api/orders', { id: `n-${n}`, tableId: '12', tableNumber: 'C4', paymentMethod: 'cash', items: [{ name: 'Soto', quantity: 1, unitPrice: 3 }] })
const ids = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => `n-${from + n}`)
const heard = (client, name) => client.all(name).map(event => event.data.orderId)

// While it runs, the client's clock keeps the pace of the real one.
function clock () {
  let runs = true
  const step = () => { if (runs) { mock.timers.tick(5); later(step, 5) } }
  return { start () { runs = true; step() }, stop () { runs = false } }
}

// Moves the client's clock second by second and gives every real connection time to be refused.
async function pass (seconds) {
  for (let n = 0; n < seconds; n++) {
    mock.timers.tick(1000)
    for (let turns = 0; turns < 20; turns++) await turn()
  }
}

for (const way of ['websocket', 'polling']) {
  test(`a client whose relay is killed and comes back ten minutes later recovers by ${way} and has missed nothing`, async () => {
    const outlet = `outage-${way}`
    mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: Date.now() })
    const time = clock()
    time.start()
    try {
      const client = await Client.open(relay.url, { way, auth: { outlet }, reconnection: true })
      await client.join('join:kitchen')
      await client.join('join:table', '12')
      await client.join('subscribe:orders')
      const first = await order(outlet, 1)
      await client.until(() => heard(client, 'order:created').length === 1, 'the first order')
      const { id } = client.socket
      let tries = 0
      client.socket.io.on('reconnect_error', () => { tries++ })

      await relay.kill()
      await client.next('disconnect')
      time.stop()
      // The relay is there again at once, and the client does not look yet: its clock stands.
      await relay.start()
      for (let n = 2; n <= 20; n++) await order(outlet, n)
      await relay.kill()
      await pass(OUTAGE_S)
      // At most five seconds lie between two tries, so it went on trying all the time.
      assert.ok(tries >= OUTAGE_S / 8, `${tries} tries in ten minutes`)
      assert.equal(client.socket.connected, false)

      await relay.start(OUTAGE_S)
      for (let n = 21; n <= 40; n++) await order(outlet, n)
      await call(outlet, 'PATCH', '/api/orders/n-2', { status: 'ready' })
      const last = await call(outlet, 'GET', '/api/orders/n-40')
      const passed = Date.parse(last.createdAt) - Date.parse(first.createdAt ?? (await call(outlet, 'GET', '/api/orders/n-1')).createdAt)
      assert.ok(passed >= OUTAGE_S * 1000, `the relay's clock moved by ${passed} ms`)
      assert.deepEqual(heard(client, 'order:new'), ['n-1'])

      time.start()
      await client.until(() => client.all('kitchen:order_ready').length === 1, 'the ready order', 20_000)
      assert.equal(client.socket.recovered, true)
      assert.equal(client.socket.id, id)
      assert.deepEqual(heard(client, 'order:new'), ids(1, 40))
      assert.deepEqual(client.all('order:created').map(({ data }) => data.id), ids(1, 40))
      assert.equal(client.all('order:updated').length, 1)
      assert.equal(client.all('order:status').length, 1)
      await order(outlet, 41)
      await client.until(() => heard(client, 'order:new').length >= 41)
      assert.deepEqual(heard(client, 'order:new'), ids(1, 41))
      client.close()
    } finally { time.stop(); mock.timers.reset() }
  })
}
