// Every row of every dialect's table: the event reaches those rooms and no others, with those fields.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from './socketio.mjs'
import { Screen, startRelay } from './relay.mjs'
import { CANCELLATIONS, CHANGES, EVENTS, FROM_ORDER, OUTLET, PLAIN_ROOMS, PRINTED_ITEM, ROOMS, SESSION_ORDER, SESSION_VISIT } from './tables.mjs'

// Throttled, so not in step with the changes: looked at apart.
const STATS = 'kitchen:stats_update'
const NOT_EVENTS = ['connect', 'hello', 'room_joined', 'sync_state', STATS, 'table:updated']

async function house (way) {
  const relay = await startRelay('--insecure-no-auth')
  const call = async ([method, path, body], refused) => {
    const answer = await fetch(relay.url + path, { method, headers: { 'content-type': 'application/json', 'x-outlet': OUTLET }, body: JSON.stringify(body) })
    assert.ok(refused ? answer.status === refused : answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`)
    return answer.json()
  }
  const { token } = await call(['POST', '/api/sessions', { tableNumber: 'C4' }])
  const rooms = {}
  for (const [name, [verb, argument]] of Object.entries(ROOMS)) {
    const client = await Client.open(relay.url, { way, auth: { outlet: OUTLET }, path: name.startsWith('d3') ? '/api/socket' : '/socket.io' })
    await client.join(verb, ...(argument === undefined ? [] : [argument.session ? token : argument]))
    rooms[name] = {
      heard: () => client.events.map(({ name, data, position }) => ({ name, data, position })),
      settle: () => client.ask('leave:order', 'nothing'),
      forget: () => client.forget(),
      client,
      close: () => client.close()
    }
  }
  const plain = async (path, name, room) => {
    const screen = await Screen.open(relay.ws + path)
    if (room) {
      screen.say({ type: 'join_room', room })
      await screen.next('room_joined')
    } else await screen.next('sync_state')
    rooms[name] = {
      heard: () => screen.frames.map(frame => ({ name: frame.event ?? frame.type, data: frame.data ?? frame, position: frame.seq })),
      settle: () => new Promise(resolve => { screen.socket.once('pong', resolve); screen.socket.ping() }),
      forget: () => { screen.frames.length = 0 },
      close: () => screen.close()
    }
  }
  for (const room of PLAIN_ROOMS) await plain(`/ws?outlet=${OUTLET}`, room, room)
  await plain(`/ws/restaurant-pos/${OUTLET}`, 'd5')
  let marks = 0
  return {
    rooms,
    token,
    call,
    // Everything that was made before has reached everybody: what is published is published in order.
    async settle () {
      const number = `mark ${++marks}`
      await call(['PUT', '/api/tables/mark', { number }])
      await rooms.d4_tables.client.until(events => events.some(event => event.name === 'table:updated' && event.data.number === number), number)
      await Promise.all(Object.values(rooms).map(room => room.settle()))
    },
    forget () { for (const room of Object.values(rooms)) room.forget() },
    async close () { for (const room of Object.values(rooms)) room.close(); await relay.stop() }
  }
}

// room -> the names that it must hear, in their order.
function expected (change) {
  const rooms = {}
  for (const dialect of ['d1', 'd2', 'd3', 'd4', 'd5']) {
    // A change that says where its events go does so by name.
    const names = change[dialect] ?? []
    const own = Array.isArray(names) ? Object.fromEntries(names.map(name => [name, EVENTS[dialect][name]?.[0]])) : names
    for (const [name, to] of Object.entries(own)) {
      assert.ok(to, `no row for ${name} of ${dialect}`)
      for (const room of to) (rooms[room] ??= []).push(name)
    }
  }
  return rooms
}

const dialectOf = room => /^d\d/.exec(room)?.[0] ?? 'd1'

// The fields of its row and no others; a whole order or table may say more.
function fieldsAre (room, name, data, what) {
  const dialect = dialectOf(room)
  const [, fields, more] = EVENTS[dialect][name]
  const wanted = [...fields, ...(more?.[room] ?? [])]
  const missing = wanted.filter(field => !(field in data))
  assert.deepEqual(missing, [], `${what}: ${name} in ${room} lacks fields: ${JSON.stringify(data)}`)
  // A ticket carries what paper needs besides.
  if (dialect === 'd4' || dialect === 'd5' || name.endsWith('_immediate_print')) return
  const { seq, ...rest } = data
  assert.deepEqual(Object.keys(rest).filter(field => !wanted.includes(field)), [], `${what}: ${name} in ${room} says more than its row`)
}

// What an event says is what HTTP says of the order, or what the change itself said.
function valuesAre (room, name, data, change, order) {
  const what = `${change.what}: ${name} in ${room}`
  const isWhole = dialectOf(room) === 'd4' && name.startsWith('order:')
  const own = isWhole ? {} : change.says ?? {}
  for (const [field, value] of Object.entries(data)) {
    if (field in own) assert.deepEqual(value, own[field], `${what}: ${field}`)
    else if (field in FROM_ORDER && order) {
      const spelled = dialectOf(room) === 'd3' && field === 'status' && order.status === 'preparing' ? 'cooking' : order[FROM_ORDER[field]]
      assert.deepEqual(value, spelled, `${what}: ${field}`)
    }
    if (/^(timestamp|paidAt|confirmedAt|createdAt|updatedAt)$/.test(field) && value !== null) assert.match(value, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/, `${what}: ${field}`)
  }
  if (data.message !== undefined && !name.endsWith('_immediate_print')) assert.ok(data.message.includes(order.orderNumber), `${what}: ${data.message}`)
  const lines = items => items.map(({ quantity, name }) => `${quantity} ${name}`)
  if (name.endsWith('_immediate_print')) assert.deepEqual(lines(data.order_items), change.prints[name.startsWith('kitchen') ? 'kitchen' : 'bar'], what)
  else if (name === 'order:items_added') assert.deepEqual(lines(data.items), change.tells, what)
  else if (data.items) assert.deepEqual(data.items, order.items, what)
  if (data.order) assert.deepEqual([data.order.id, data.order.items, data.order.totalAmount, data.order.status], [order.id, order.items, order.totalAmount, order.status], what)
  if (data.kitchenOrder) assert.deepEqual([data.kitchenOrder.id, data.kitchenOrder.orderNumber, data.kitchenOrder.status, data.kitchenOrder.items], [order.id, order.orderNumber, order.status, order.items], what)
  if (isWhole) assert.deepEqual(data, order, what)
}

// What stands inside an event's fields.
function inside (name, data, change) {
  if (name.endsWith('_immediate_print')) {
    assert.equal(data.print_trigger, change.trigger, `${change.what}: ${name}`)
    assert.ok(data.order_items.length > 0)
    for (const item of data.order_items) for (const field of PRINTED_ITEM) assert.ok(field in item, `${change.what}: an item has no ${field}`)
  }
  if (name === 'order:created' && 'session' in data) {
    assert.deepEqual(Object.keys(data.order).sort(), [...SESSION_ORDER].sort())
    assert.deepEqual(Object.keys(data.session).sort(), [...SESSION_VISIT].sort())
  }
  if (name === 'order:status:updated') assert.notEqual(data.status, 'preparing', 'D3 says cooking')
}

async function check (house, change, own) {
  for (const request of change.before ?? []) await house.call(own(request))
  await house.settle()
  house.forget()
  await house.call(own(change.request), change.status)
  await house.settle()
  const wanted = expected(change)
  const order = change.request[1].startsWith('/api/orders') ? await house.call(['GET', '/api/orders/o-1']) : undefined
  for (const [room, { heard }] of Object.entries(house.rooms)) {
    const isMark = event => event.name === 'table:updated' && event.data.id === 'mark'
    const events = heard().filter(event => !isMark(event) && (event.name === 'table:updated' || !NOT_EVENTS.includes(event.name)))
    // In the order in which its row names them.
    assert.deepEqual(events.map(event => event.name), wanted[room] ?? [], `${change.what}: ${room}`)
    for (const { name, data, position } of events) {
      fieldsAre(room, name, data, change.what)
      inside(name, data, change)
      valuesAre(room, name, data, change, order)
      assert.match(position, /^\d+\.\d+$/, `${change.what}: ${name} in ${room}`)
    }
    const places = events.map(({ position }) => Number(position.split('.')[1]))
    assert.deepEqual(places, [...places].sort((a, b) => a - b), `${change.what}: ${room} hears the frames in their places`)
    if (events[0]) assert.equal(events[0].position.split('.')[0], events.at(-1).position.split('.')[0], `${change.what}: one change has one number`)
    if (room !== 'd2_kitchen') assert.ok(!heard().some(event => event.name === STATS), `${STATS} in ${room}`)
  }
}

for (const way of ['websocket', 'polling']) {
  test(`every change reaches its rooms and no others by ${way}`, async t => {
    const open = await house(way)
    const withSession = request => request[1] === '/api/orders' ? [request[0], request[1], { ...request[2], sessionToken: open.token }] : request
    try {
      for (const change of CHANGES) await t.test(change.what, () => check(open, change, withSession))
    } finally { await open.close() }
  })

  test(`every way to an end reaches its rooms and no others by ${way}`, async t => {
    for (const change of CANCELLATIONS) {
      const open = await house(way)
      const withSession = request => request[1] === '/api/orders' ? [request[0], request[1], { ...request[2], sessionToken: open.token }] : request
      try { await t.test(change.what, () => check(open, change, withSession)) } finally { await open.close() }
    }
  })
}

for (const way of ['websocket', 'polling']) test(`statistics reach the kitchen twice a second at most, and the last ones are right, by ${way}`, async () => {
  const open = await house(way)
  const kitchen = open.rooms.d2_kitchen.client
  for (let n = 1; n <= 12; n++) await open.call(['POST', '/api/orders', { id: `s-${n}`, paymentMethod: 'cash', items: [{ name: 'Soto', quantity: 1 }] }])
  const last = await kitchen.until(events => events.findLast(event => event.name === STATS && event.data.total === 12), 'the last statistics')
  assert.deepEqual(last.data, { pending: 12, preparing: 0, ready: 0, total: 12 })
  assert.match(last.position, /^\d+\.\d+$/)
  const times = kitchen.all(STATS).map(({ at }) => at)
  assert.ok(times.length < 12)
  assert.ok(times.length <= 3 + (times.at(-1) - times[0]) / 500, `${times.length} in ${times.at(-1) - times[0]} ms`)
  // Each stage is counted, and what has left the kitchen is not.
  for (const [n, status] of [[1, 'confirmed'], [2, 'preparing'], [3, 'ready'], [4, 'served'], [5, 'completed'], [6, 'cancelled']]) await open.call(['PATCH', `/api/orders/s-${n}`, { status }])
  const { data } = await kitchen.until(events => events.findLast(event => event.name === STATS && event.data.total === 9), 'the statistics of every stage')
  assert.deepEqual(data, { pending: 7, preparing: 1, ready: 1, total: 9 })
  await open.settle()
  for (const [room, { heard }] of Object.entries(open.rooms)) if (room !== 'd2_kitchen') assert.ok(!heard().some(event => event.name === STATS), room)
  await open.close()
})

test('a socket in both rooms of D3 hears of a status once, with the fields of both', async () => {
  const open = await house('websocket')
  const display = open.rooms.d3_restaurant.client
  await display.join('join:session', open.token)
  await open.call(['POST', '/api/orders', { id: 'b', sessionToken: open.token, tableNumber: 'C4', paymentMethod: 'cash', items: [{ name: 'Soto', quantity: 1 }] }])
  await open.call(['PATCH', '/api/orders/b', { status: 'cooking' }])
  await open.settle()
  assert.deepEqual(display.all('order:status:updated').map(({ data }) => data), [{ orderId: 'b', status: 'cooking', tableNumber: 'C4' }])
  assert.deepEqual(open.rooms.d3_session.client.all('order:status:updated').map(({ data }) => data), [{ orderId: 'b', status: 'cooking' }])
  await open.close()
})

test('a socket in rooms of several dialects gets an event once, with the fields of all', async () => {
  const open = await house('websocket')
  const client = open.rooms.d2_kitchen.client
  await client.join('subscribe:orders')
  await client.join('join:restaurant', OUTLET)
  await open.call(['POST', '/api/orders', { id: 'u', paymentMethod: 'cash', items: [{ name: 'Soto', quantity: 1 }] }])
  await open.settle()
  const made = client.all('order:created')
  assert.equal(made.length, 1)
  for (const field of ['orderId', 'finalAmount', 'id', 'createdAt', 'order', 'session']) assert.ok(field in made[0].data, field)
  await open.close()
})
