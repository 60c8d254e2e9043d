// Every verb of D1 to D4 by every transport: each spelling joins its room, its counterpart leaves it, and what
// is wrong with a frame is said.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client } from './socketio.mjs'
import { Screen, startRelay } from './relay.mjs'

let relay
before(async () => { relay = await startRelay('--insecure-no-auth') })
after(() => relay.stop())

let count = 0
const newOutlet = () => `v${++count}`
const call = async (outlet, method, path, body) => {
  const answer = await fetch(relay.url + path, { method, headers: { 'content-type': 'application/json', 'x-outlet': outlet }, body: JSON.stringify(body) })
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`)
  return answer.status === 204 ? undefined : answer.json()
}
const food = { name: 'Soto', quantity: 1, unitPrice: 3, workstation: 'kitchen' }
const drink = { name: 'Teh', quantity: 1, unitPrice: 1, mainCategory: 'Beverage' }
const order = (outlet, id, more = {}) => call(outlet, 'POST', '/api/orders', { id, tableId: '12', tableNumber: 'C4', paymentMethod: 'cash', items: [food], ...more })

// A verb and its argument, the one that takes it back, the room that both name, and an event that tells members.
const ORDER = ['order:created', 'kitchen:order_ready']
const VERBS = outlet => [
  ['join:kitchen', undefined, 'leave:kitchen', 'kitchen', 'order:new'],
  ['join:waiters', undefined, 'leave:waiters', 'waiters', ORDER[0]],
  ['join:table', '12', 'leave:table', 'table:12', ORDER[0]],
  ['join:table', 12, 'leave:table', 'table:12', ORDER[0]],
  ['join:table', { tableId: '12' }, 'leave:table', 'table:12', ORDER[0]],
  ['join:table', { table_id: 12 }, 'leave:table', 'table:12', ORDER[0]],
  ['join:order', 'x', 'leave:order', 'order:x', ORDER[1]],
  ['join:order', { orderId: 'x' }, 'leave:order', 'order:x', ORDER[1]],
  ['join', 'kitchen', 'leave', 'kitchen', 'order:new'],
  ['join', 'waiters', 'leave', 'waiters', ORDER[0]],
  ['join', 'table:12', 'leave', 'table:12', ORDER[0]],
  ['join', 'order:x', 'leave', 'order:x', ORDER[1]],
  ['join:restaurant', outlet, 'leave:restaurant', `restaurant:${outlet}`, ORDER[0]],
  ['join:restaurant', { id: outlet }, 'leave:restaurant', `restaurant:${outlet}`, ORDER[0]],
  ['subscribe:orders', undefined, 'unsubscribe:orders', 'orders', ORDER[0]],
  ['subscribe:kds', undefined, 'unsubscribe:kds', 'kds', ORDER[0]],
  ['subscribe:tables', undefined, 'unsubscribe:tables', 'tables', 'table:updated'],
  ['subscribe:table', '12', 'unsubscribe:table', 'table:12', ORDER[0]],
  ['subscribe:table', 12, 'unsubscribe:table', 'table:12', ORDER[0]]
]

for (const [path, way] of [['/socket.io', 'websocket'], ['/socket.io', 'polling'], ['/api/socket', 'websocket'], ['/api/socket', 'polling']]) {
  test(`every verb of D2 to D4 joins its room and leaves it on ${path} by ${way}`, async () => {
    for (const [join, argument, leave, room, event] of VERBS('?')) {
      const outlet = newOutlet()
      const own = value => JSON.parse(JSON.stringify(value ?? null).replaceAll('?', outlet))
      const args = argument === undefined ? [] : [own(argument)]
      const what = `${join} ${JSON.stringify(args)}`
      const client = await Client.open(relay.url, { path, way, auth: { outlet } })
      // Without a callback, a socket joins all the same.
      client.socket.emit(join, ...args)
      assert.deepEqual(await client.ask(join, ...args), { ok: true, room: own(room) }, what)
      await order(outlet, 'x')
      await call(outlet, 'PATCH', '/api/orders/x', { status: 'ready' })
      await call(outlet, 'PUT', '/api/tables/12', { number: 'C4', status: 'occupied' })
      await client.next(event).catch(error => { throw new Error(`${what}: ${error.message}`) })
      assert.deepEqual(await client.ask(leave, ...args), { ok: true, room: own(room) }, what)
      client.forget()
      await order(outlet, 'y')
      await call(outlet, 'PATCH', '/api/orders/x', { status: 'completed' })
      await call(outlet, 'PUT', '/api/menu/soto', { name: 'Soto', price: 3 })
      // Whatever was published before this answer has been sent before it.
      await client.join('join:waiters')
      await order(outlet, 'z')
      await client.until(events => events.find(({ name, data }) => name === 'order:created' && data.orderId === 'z'))
      assert.deepEqual(client.events.filter(({ data }) => data?.orderId !== 'z').map(({ name }) => name), [], `${what} was left`)
      client.close()
    }
  })
}

test('menu:updated goes to a socket while it has a subscription of D4, and to no other', async () => {
  const outlet = newOutlet()
  const [office, floor] = [await Client.open(relay.url, { auth: { outlet } }), await Client.open(relay.url, { auth: { outlet } })]
  await floor.join('join:kitchen')
  await floor.join('join:table', '12')
  await office.join('subscribe:table', '99')
  await office.join('subscribe:kds')
  await office.join('unsubscribe:table', '99')
  await call(outlet, 'PUT', '/api/menu/a', { name: 'Soto', price: 3, available: false })
  const { data } = await office.next('menu:updated')
  assert.deepEqual([data.id, data.name, data.price, data.available], ['a', 'Soto', 3, false])
  await office.join('unsubscribe:kds')
  await call(outlet, 'PUT', '/api/menu/b', { name: 'Teh', price: 1 })
  for (const client of [office, floor]) await client.join('join:waiters')
  await order(outlet, 'after')
  for (const client of [office, floor]) await client.next('order:created')
  assert.equal(office.all('menu:updated').length, 1)
  assert.equal(floor.all('menu:updated').length, 0)
  const refused = await fetch(`${relay.url}/api/orders`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-outlet': outlet }, body: JSON.stringify({ items: [{ ...food, menuItemId: 'a' }] }) })
  assert.equal((await refused.json()).code, 'ITEM_UNAVAILABLE')
  for (const client of [office, floor]) client.close()
})

const WRONG = [
  ['join:table'], ['join:table', null], ['join:table', ''], ['join:table', true], ['join:table', []], ['join:table', { id: {} }], ['join:table', 1.5], ['join:table', 'x'.repeat(500)], ['join:table', 'a\u0000b'],
  ['join:order'], ['join:order', null], ['join:order', []], ['join:order', {}], ['leave:table'], ['leave:order', false], ['subscribe:table'], ['subscribe:table', {}], ['unsubscribe:table', null],
  ['join:restaurant'], ['join:restaurant', []], ['join:session'], ['join:session', {}], ['join'], ['join', 7], ['join', ''], ['join', 'table:'], ['join', 'order:'], ['join', 'area_C'], ['join', 'kitchen_room'],
  ['leave'], ['leave', 'moon'], ['subscribe:moon'], ['unsubscribe:moon'], ['join:moon', '1'], ['leave:moon'], ['subscribe'], ['JOIN:KITCHEN'], ['register_device', {}], ['submit_order', {}]
]

for (const way of ['websocket', 'polling']) {
  test(`every wrong verb and argument is refused and the socket stays, by ${way}`, async () => {
    const client = await Client.open(relay.url, { way, auth: { outlet: newOutlet() } })
    for (const args of WRONG) {
      const what = JSON.stringify(args).slice(0, 80)
      const answer = await client.ask(...args)
      assert.equal(answer.ok, false, what)
      assert.equal(answer.code, 'VALIDATION_ERROR', `${what}: ${JSON.stringify(answer)}`)
      assert.ok(answer.message.length > 5, what)
      client.forget()
      client.socket.emit(...args)
      const { data } = await client.next('error')
      assert.equal(data.code, 'VALIDATION_ERROR', what)
    }
    await client.join('join:kitchen')
    assert.equal(client.all('disconnect').length, 0)
    client.close()
  })
}

const device = (outlet, role, location) => ({ type: 'register_device', data: { device_id: `${role}-1`, role, location, outlet_id: outlet } })

test('a device comes into the rooms of its role and no others, and the outlet hears it come and go', async () => {
  const rooms = {
    kitchen: ['kitchen_room'], 'bar depan': ['bar_depan'], 'bar belakang': ['bar_belakang'], 'bar garden': ['bar_belakang'], bar: ['bar_belakang'],
    cashier: ['cashier_room'], 'cashier C': ['cashier_room', 'area_C'], 'cashier c': ['cashier_room', 'area_C'], 'cashier Z': ['cashier_room', 'area_Z']
  }
  for (const [who, joined] of Object.entries(rooms)) {
    const outlet = newOutlet()
    const [role, location] = who.split(' ')
    const watcher = await Screen.open(`${relay.ws}/ws?outlet=${outlet}`)
    watcher.say({ type: 'join_room', room: `outlet_${outlet}` })
    await watcher.next('room_joined')
    const screen = await Screen.open(`${relay.ws}/ws`)
    screen.say(device(outlet, role, location))
    const data = { device_id: `${role}-1`, role, location: location ?? null, outlet_id: outlet }
    assert.deepEqual((await screen.next('device_registered')).data, data, who)
    assert.deepEqual((await watcher.next('device_registered')).data, data, who)
    // One order for each room, told apart by its table; then one that every outlet room hears of.
    await order(outlet, 'C', { tableNumber: 'C1', items: [food, drink] })
    await order(outlet, 'Z', { tableNumber: 'Z1', items: [drink] })
    await call(outlet, 'PATCH', '/api/orders/Z', { status: 'confirmed' })
    await screen.next('order_confirmed')
    const heard = screen.frames.map(({ event, data }) => `${event} ${data.order_id}`).filter(name => !name.startsWith('device') && !name.startsWith('order_'))
    const expected = [
      ...(joined.includes('kitchen_room') ? ['kitchen_immediate_print C'] : []),
      ...(joined.includes('bar_depan') ? ['beverage_immediate_print C'] : []),
      ...(joined.includes('bar_belakang') ? ['beverage_immediate_print Z'] : []),
      ...(joined.includes('cashier_room') ? ['new_order C', 'new_order Z'] : []),
      ...(joined.includes('area_C') ? ['new_order_in_area C'] : []),
      ...(joined.includes('area_Z') ? ['new_order_in_area Z'] : [])
    ]
    assert.deepEqual(heard.sort(), expected.sort(), who)
    screen.close()
    assert.deepEqual((await watcher.next('device_disconnected')).data, data, who)
    watcher.close()
  }
})

test('the settings say which room a bar of another place is', async () => {
  const outlet = newOutlet()
  await order(outlet, 'first')
  const settings = await (await fetch(`${relay.url}/api/routing`, { headers: { 'x-outlet': outlet } })).json()
  await call(outlet, 'PUT', '/api/routing', { ...settings, locations: { depan: 'bar_depan', garden: 'bar_depan', '*': 'bar_belakang' } })
  const screen = await Screen.open(`${relay.ws}/ws`)
  screen.say(device(outlet, 'bar', 'garden'))
  await screen.next('device_registered')
  await order(outlet, 'back', { tableNumber: 'Z1', items: [drink] })
  await order(outlet, 'front', { tableNumber: 'A1', items: [drink] })
  assert.equal((await screen.next('beverage_immediate_print')).data.order_id, 'front')
  screen.close()
})

test('each room of D1 is joined and left by its name', async () => {
  const outlet = newOutlet()
  const screen = await Screen.open(`${relay.ws}/ws?outlet=${outlet}`)
  const letters = Array.from({ length: 26 }, (_, n) => `area_${String.fromCharCode(65 + n)}`)
  const rooms = ['kitchen_room', 'bar_depan', 'bar_belakang', 'cashier_room', `outlet_${outlet}`, 'order_x', ...letters]
  for (const room of rooms) {
    screen.say({ type: 'join_room', room })
    assert.equal((await screen.next('room_joined')).data.room, room)
    screen.frames.length = 0
  }
  const area = name => screen.frames.filter(({ event, data }) => event === 'new_order_in_area' && data.area_code === name).length
  await order(outlet, 'c', { tableNumber: 'c7' })
  await screen.next('new_order_in_area')
  assert.equal(area('C'), 1)
  screen.frames.length = 0
  for (const room of rooms.slice(0, -1)) {
    screen.say({ type: 'leave_room', room })
    assert.equal((await screen.next('room_left')).data.room, room)
    screen.frames.length = 0
  }
  await order(outlet, 'd', { tableNumber: 'C1', items: [food, drink] })
  await order(outlet, 'e', { tableNumber: 'Z1', items: [food, drink] })
  await screen.next('new_order_in_area')
  assert.deepEqual(screen.names().sort(), ['new_order', 'new_order_in_area'])
  screen.close()
})

// Where an item goes: its fields, its table, the room that hears of it, whether it is marked as unrouted.
const ITEMS = [
  [{ workstation: 'Kitchen' }, 'A1', 'kitchen_room', false],
  [{ workstation: 'kitchen', mainCategory: 'beverage' }, 'A1', 'kitchen_room', false],
  [{ workstation: 'BAR' }, 'A1', 'bar_depan', false],
  [{ workstation: 'bar depan' }, 'I1', 'bar_depan', false],
  [{ workstation: 'bar_2' }, 'J1', 'bar_belakang', false],
  [{ workstation: 'bar-x' }, 'O1', 'bar_belakang', false],
  [{ workstation: 'barbecue' }, 'A1', 'kitchen_room', true],
  [{ workstation: 'barbecue', mainCategory: 'Minuman dingin' }, 'A1', 'bar_depan', false],
  [{ mainCategory: 'Hot Beverages' }, 'C4', 'bar_depan', false],
  [{ mainCategory: 'MINUMAN' }, 'K4', 'bar_belakang', false],
  [{ mainCategory: 'beverage' }, undefined, 'bar_depan', false],
  [{ mainCategory: 'beverage' }, '12', 'bar_depan', false],
  [{ mainCategory: 'dessert' }, 'K4', 'kitchen_room', true],
  [{}, undefined, 'kitchen_room', true]
]

test('no item is dropped: each reaches exactly one station, and what no rule knows is marked', async () => {
  const outlet = newOutlet()
  const screens = {}
  for (const room of ['kitchen_room', 'bar_depan', 'bar_belakang', 'cashier_room']) {
    screens[room] = await Screen.open(`${relay.ws}/ws?outlet=${outlet}`)
    screens[room].say({ type: 'join_room', room })
    await screens[room].next('room_joined')
  }
  for (const [n, [item, tableNumber]] of ITEMS.entries()) await call(outlet, 'POST', '/api/orders', { id: `i-${n}`, tableNumber, paymentMethod: 'cash', items: [{ name: `item ${n}`, quantity: 1, ...item }] })
  const printed = Object.values(screens).flatMap(screen => screen.frames).filter(({ event }) => event.endsWith('_print'))
  await screens.kitchen_room.until(() => Object.values(screens).flatMap(screen => screen.frames).filter(({ event }) => event.endsWith('_print')).length >= ITEMS.length, `${printed.length} tickets`).catch(() => {})
  for (const [n, [item, table, room, unrouted]] of ITEMS.entries()) {
    const what = `${JSON.stringify(item)} at ${table}`
    const at = Object.entries(screens).flatMap(([name, screen]) => screen.frames.filter(({ event, data }) => event.endsWith('_print') && data.order_id === `i-${n}`).map(frame => [name, frame]))
    assert.deepEqual(at.map(([name]) => name), [room], what)
    const [[, { event, data }]] = at
    assert.equal(event, room === 'kitchen_room' ? 'kitchen_immediate_print' : 'beverage_immediate_print', what)
    assert.equal(data.area_code, /^[a-z]/i.test(table ?? '') ? table[0].toUpperCase() : null, what)
    assert.equal(data.order_items[0].unrouted === true || data.unrouted === true, unrouted, `${what}: ${JSON.stringify(data)}`)
  }
  for (const screen of Object.values(screens)) screen.close()
})

test('without tokens the first frame that names an outlet fixes it, before the address does, and else it is demo', async () => {
  const [named, address, other] = [newOutlet(), newOutlet(), newOutlet()]
  const screen = await Screen.open(`${relay.ws}/ws?outlet=${address}`)
  screen.say(device(named, 'kitchen'))
  assert.equal((await screen.next('device_registered')).data.outlet_id, named)
  for (const frame of [device(other, 'kitchen'), { type: 'join_room', room: `outlet_${other}` }, { type: 'join_room', room: `outlet_${address}` }]) {
    screen.say(frame)
    assert.equal((await screen.next('error')).data.code, 'FORBIDDEN', JSON.stringify(frame))
    screen.take('error')
  }
  await order(named, 'here')
  assert.equal((await screen.next('kitchen_immediate_print')).data.order_id, 'here')
  const [byAddress, byNobody] = [await Screen.open(`${relay.ws}/ws?outlet=${address}`), await Screen.open(`${relay.ws}/ws`)]
  for (const waiting of [byAddress, byNobody]) {
    waiting.say({ type: 'join_room', room: 'kitchen_room' })
    await waiting.next('room_joined')
  }
  await order(address, 'there')
  await order('demo', 'nowhere')
  assert.equal((await byAddress.next('kitchen_immediate_print')).data.order_id, 'there')
  assert.equal((await byNobody.next('kitchen_immediate_print')).data.order_id, 'nowhere')
  for (const open of [screen, byAddress, byNobody]) open.close()
  for (const way of ['websocket', 'polling']) {
    const client = await Client.open(relay.url, { way })
    assert.deepEqual(await client.join('join:restaurant', named), { ok: true, room: `restaurant:${named}` })
    assert.equal((await client.next('hello')).data.outlet, named)
    for (const verb of [['join:restaurant', other], ['join', `restaurant:${other}`]]) assert.equal((await client.ask(...verb)).code, 'FORBIDDEN', way)
    client.close()
    const nameless = await Client.open(relay.url, { way })
    await nameless.join('join:kitchen')
    assert.equal((await nameless.next('hello')).data.outlet, 'demo')
    nameless.close()
  }
})
