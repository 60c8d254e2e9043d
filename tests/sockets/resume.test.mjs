// Coming back: what was missed comes once and in order, after a cut, a kill -9, and from any position.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client } from './socketio.mjs'
import { Screen, startRelay } from './relay.mjs'

let relay
before(async () => { relay = await startRelay('--insecure-no-auth') })
after(() => relay.stop())

const food = { name: 'Soto', quantity: 1, unitPrice: 3, workstation: 'kitchen' }
const call = async (outlet, method, path, body) => {
  const answer = await fetch(relay.url + path, { method, headers: { 'content-type': 'application/json', 'x-outlet': outlet }, body: JSON.stringify(body) })
  assert.ok(answer.ok, `${answer.status} ${await answer.clone().text()}`)
  return answer.json()
}
const order = (outlet, id, more = {}) => call(outlet, 'POST', '/api/orders', { id, tableId: '12', tableNumber: 'C4', paymentMethod: 'cash', items: [food], ...more })
const move = (outlet, id, status) => call(outlet, 'PATCH', `/api/orders/${id}`, { status })
const many = async (outlet, from, to) => { for (let n = from; n <= to; n++) await order(outlet, `n-${n}`) }
const ids = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => `n-${from + n}`)
const heard = (client, name = 'order:new') => client.all(name).map(event => event.data.orderId)
const at = position => position.split('@')[0].split('.').map(Number)
const ordered = positions => positions.every((position, n) => {
  if (n === 0) return true
  const [[a, b], [c, d]] = [at(positions[n - 1]), at(position)]
  return a < c || (a === c && b < d)
})

const BACK = { reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 200 }

for (const way of ['websocket', 'polling']) {
  test(`a client whose transport is cut recovers by ${way} with its id, its rooms and what it missed`, async () => {
    const outlet = `cut-${way}`
    const client = await Client.open(relay.url, { way, auth: { outlet }, ...BACK, reconnectionDelay: 700, reconnectionDelayMax: 700 })
    await client.join('join:kitchen')
    await order(outlet, 'n-1')
    await client.next('order:created')
    const { id } = client.socket
    client.socket.io.engine.close()
    await client.next('disconnect')
    await many(outlet, 2, 20)
    await client.until(() => heard(client).length === 20, 'twenty orders', 15_000)
    assert.equal(client.socket.recovered, true)
    assert.equal(client.socket.id, id)
    await order(outlet, 'n-21')
    await client.until(() => heard(client, 'order:created').length >= 21)
    assert.deepEqual(heard(client), ids(1, 21))
    assert.deepEqual(heard(client, 'order:created'), ids(1, 21))
    client.close()
  })
}

test('a client whose relay is killed and started again recovers, and hears what happened meanwhile', async () => {
  const outlet = 'killed'
  // It stays away long enough for all of it to happen meanwhile.
  const client = await Client.open(relay.url, { auth: { outlet }, reconnection: true, reconnectionDelay: 4000, randomizationFactor: 0 })
  await client.join('join:kitchen')
  await client.join('join:order', 'n-2')
  await client.join('subscribe:table', '12')
  await order(outlet, 'n-1')
  await client.next('order:created')
  const { id } = client.socket
  await relay.kill()
  await client.next('disconnect')
  await relay.start()
  for (let n = 2; n <= 40; n++) await order(outlet, `n-${n}`)
  await move(outlet, 'n-2', 'ready')
  assert.equal(client.socket.connected, false)
  await client.until(() => client.all('kitchen:order_ready').length === 1, 'the ready order', 15_000)
  assert.equal(client.socket.recovered, true)
  assert.equal(client.socket.id, id)
  assert.deepEqual(heard(client), ids(1, 40))
  assert.equal(client.all('order:updated').length, 1)
  const positions = client.events.filter(event => typeof event.position === 'string' && event.name !== 'hello').map(event => event.position)
  assert.ok(ordered(positions), positions.join(' '))
  await order(outlet, 'n-41')
  await client.until(() => heard(client).length >= 41)
  assert.deepEqual(heard(client), ids(1, 41))
  client.close()
})

test('orders go on while the relay is killed again and again, and no event is missed or repeated', async () => {
  const outlet = 'again'
  const client = await Client.open(relay.url, { auth: { outlet }, ...BACK })
  await client.join('join:kitchen')
  let recovered = 0
  client.socket.on('connect', () => { if (client.socket.recovered) recovered++ })
  const made = []
  let go = true
  const posting = (async () => {
    for (let n = 1; go; n++) {
      while (true) {
        try { await order(outlet, `n-${n}`); break } catch (error) { if (error.code === 'ERR_ASSERTION') throw error }
      }
      made.push(`n-${n}`)
    }
  })()
  for (let round = 0; round < 3; round++) {
    const before = heard(client).length
    await client.until(() => heard(client).length > before + 5, 'more orders', 20_000)
    await relay.kill()
    await relay.start()
  }
  const before = heard(client).length
  await client.until(() => heard(client).length > before + 5, 'orders after the last kill', 20_000)
  go = false
  await posting
  await client.until(() => heard(client).length >= made.length, 'every order', 15_000)
  assert.deepEqual(heard(client), made)
  assert.equal(recovered, 3)
  client.close()
})

test('auth.after brings each room what its members missed, and another epoch a snapshot', async () => {
  const outlet = 'after'
  await many(outlet, 1, 5)
  const client = await Client.open(relay.url, { auth: { outlet, after: '2' } })
  await client.join('join:kitchen')
  await client.until(() => heard(client).length === 3)
  assert.deepEqual(heard(client), ids(3, 5))
  await client.join('subscribe:orders')
  await order(outlet, 'n-6')
  await client.until(() => heard(client).length === 4)
  // An order that the kitchen heard of is not told again for the other room.
  assert.equal(client.all('order:created').length, 4)
  client.close()
  for (const lost of ['3@9', '99']) {
    const stranger = await Client.open(relay.url, { auth: { outlet, after: lost } })
    const { data, position } = await stranger.next('sync_state')
    assert.equal(data.reason, 'gap')
    assert.equal(data.head, 6)
    assert.equal(data.epoch, 0)
    assert.equal(data.activeOrders.length, 6)
    assert.equal(data.recentOrders.length, 6)
    assert.equal(position, '6')
    await stranger.join('join:kitchen')
    assert.deepEqual(heard(stranger), [])
    stranger.close()
  }
})

test('a plain socket resumes from a position within an event, each room from there', async () => {
  const outlet = 'plain'
  await many(outlet, 1, 3)
  const first = await Screen.open(`${relay.ws}/ws?after=0&outlet=${outlet}`)
  first.say({ type: 'register_device', data: { device_id: 'k', role: 'kitchen', outlet_id: outlet } })
  first.say({ type: 'join_room', room: 'cashier_room' })
  await first.until(() => first.frames.filter(frame => frame.event === 'new_order').length === 3)
  const prints = first.frames.filter(frame => frame.event === 'kitchen_immediate_print')
  assert.deepEqual(prints.map(frame => frame.data.order_id), ids(1, 3))
  const cashier = await Screen.open(`${relay.ws}/ws?after=${first.frames.find(frame => frame.event === 'new_order').seq}&outlet=${outlet}`)
  cashier.say({ type: 'join_room', room: 'cashier_room' })
  await order(outlet, 'n-4')
  await cashier.until(() => cashier.frames.filter(frame => frame.event === 'new_order').length === 3)
  assert.deepEqual(cashier.frames.filter(frame => frame.event === 'new_order').map(frame => frame.data.order_id), ids(2, 4))
  const lost = await Screen.open(`${relay.ws}/ws?after=7@3&outlet=${outlet}`)
  lost.say({ type: 'join_room', room: 'cashier_room' })
  const { data, seq } = await lost.next('sync_state')
  assert.deepEqual([data.reason, data.head, seq], ['gap', 4, '4'])
  for (const screen of [first, cashier, lost]) screen.close()
})

test('a plain socket is told where it stands when it comes in, and resumes from there though it heard nothing', async () => {
  const outlet = 'quiet'
  await many(outlet, 1, 2)
  const waysIn = [
    [{ type: 'register_device', data: { device_id: 'k', role: 'kitchen', outlet_id: outlet } }, 'device_registered'],
    [{ type: 'join_room', room: 'kitchen_room' }, 'room_joined']
  ]
  const places = []
  for (const [frame, answer] of waysIn) {
    const screen = await Screen.open(`${relay.ws}/ws?outlet=${outlet}`)
    screen.say(frame)
    places.push((await screen.next(answer)).seq)
    screen.close()
  }
  assert.deepEqual(places, ['2', '2'])
  await many(outlet, 3, 4)
  const back = await Screen.open(`${relay.ws}/ws?after=${places[0]}&outlet=${outlet}`)
  back.say({ type: 'join_room', room: 'kitchen_room' })
  await back.until(() => back.frames.filter(frame => frame.event === 'kitchen_immediate_print').length === 2)
  assert.deepEqual(back.frames.filter(frame => frame.event === 'kitchen_immediate_print').map(frame => frame.data.order_id), ids(3, 4))
  assert.equal((await back.next('room_joined')).seq, '2')
  back.close()
})

test('thousands of missed events come at the pace of the socket, and what is new comes after them', async () => {
  const outlet = 'long'
  await order(outlet, 'n-0')
  const moves = Array.from({ length: 600 }, (_, n) => n % 2 ? 'ready' : 'preparing')
  for (const status of moves) await move(outlet, 'n-0', status)
  for (const way of ['websocket', 'polling']) {
    const client = await Client.open(relay.url, { way, auth: { outlet, after: '0' } })
    const joined = client.join('join:order', 'n-0')
    const count = client.all('order:status_changed').length
    assert.equal(count, 0)
    await joined
    await move(outlet, 'n-0', way === 'polling' ? 'ready' : 'preparing')
    const total = way === 'polling' ? 602 : 601
    await client.until(() => client.all('order:status_changed').length >= total, 'all moves', 20_000)
    const positions = client.all('order:status_changed').map(event => event.position)
    assert.equal(positions.length, total)
    assert.ok(ordered(positions))
    client.close()
  }
})

test('clients of every dialect that come in the middle of a rush miss nothing and hear nothing twice', async () => {
  const outlet = 'rush'
  const total = 400
  let made = 0
  const posting = (async () => {
    const one = async () => { while (made < total) { made++; await order(outlet, `r-${made}-${Math.random()}`) } }
    await Promise.all([one(), one(), one(), one()])
  })()
  const clients = []
  const coming = async n => {
    const look = {}
    if (n % 4 === 0) {
      const screen = await Screen.open(`${relay.ws}/ws?after=0&outlet=${outlet}`)
      screen.say({ type: 'join_room', room: 'cashier_room' })
      look.got = () => screen.frames.filter(frame => frame.event === 'new_order').map(frame => frame.seq)
      look.until = look => screen.until(look, 'all', 30_000)
      look.close = () => screen.close()
    } else if (n % 4 === 1) {
      const screen = await Screen.open(`${relay.ws}/ws/restaurant-pos/${outlet}?after=0`)
      look.got = () => screen.frames.filter(frame => frame.type === 'order_created').map(frame => frame.seq)
      look.until = look => screen.until(look, 'all', 30_000)
      look.close = () => screen.close()
    } else {
      const client = await Client.open(relay.url, { auth: { outlet, after: '0' }, way: n % 4 === 2 ? 'websocket' : 'polling' })
      await client.join('join:kitchen')
      look.got = () => client.all('order:new').map(event => event.position)
      look.until = look => client.until(look, 'all', 30_000)
      look.close = () => client.close()
    }
    clients.push(look)
  }
  for (let n = 0; n < 24; n++) {
    const at = Math.floor(total * n / 24)
    while (made < at) await new Promise(resolve => setTimeout(resolve, 2))
    await coming(n)
  }
  await posting
  for (const client of clients) {
    await client.until(() => client.got().length >= total)
    const positions = client.got()
    assert.equal(positions.length, total)
    assert.ok(ordered(positions))
    client.close()
  }
})

test('what goes on can be read from the metrics', async () => {
  const metric = async name => {
    const text = await (await fetch(`${relay.url}/metrics`)).text()
    return Number(text.split('\n').find(line => line.startsWith(name))?.split(' ').at(-1) ?? 0)
  }
  const client = await Client.open(relay.url, { auth: { outlet: 'metrics', after: '0' } })
  await client.join('join:kitchen')
  await order('metrics', 'm-1')
  await client.next('order:new')
  assert.ok(await metric('printrail_connections{dialect="socketio"}') >= 1)
  assert.ok(await metric('printrail_events_total{event="order:new"}') >= 1)
  assert.ok(await metric('printrail_reconnections_total{dialect="socketio"}') >= 1)
  assert.ok(await metric('printrail_order_to_event_seconds_count') >= 1)
  client.close()
})
