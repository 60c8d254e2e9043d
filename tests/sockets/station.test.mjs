// Dialect D1 as npm's ws sees it: who hears what, and what a mistake is answered with.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Screen, modules, post, startRelay } from './relay.mjs'

let relay
before(async () => { relay = await startRelay('--insecure-no-auth') })
after(() => relay.stop())

const register = (role, location, outlet) =>
  ({ type: 'register_device', data: { device_id: `${role}-${location ?? 'x'}`, role, location, outlet_id: outlet } })

async function station (role, location, outlet) {
  const screen = await Screen.open(`${relay.ws}/ws`)
  screen.say(register(role, location, outlet))
  const { data } = await screen.next('device_registered')
  assert.equal(data.role, role)
  assert.equal(data.outlet_id, outlet)
  return screen
}

const food = { name: 'Soto ayam', quantity: 1, unitPrice: 3, workstation: 'kitchen' }
const drink = { name: 'Es jeruk', quantity: 2, unitPrice: 1, mainCategory: 'minuman' }
const order = (tableNumber, ...items) => ({ orderType: 'dine-in', paymentMethod: 'cash', tableNumber, items })
const COLUMNS = ['order_id', 'table_number', 'area_code', 'order_items', 'source', 'order_type', 'timestamp', 'print_trigger',
  'payment_method', 'is_open_bill']

test('a kitchen hears its items, and each bar the drinks of its areas alone', async () => {
  const kitchen = await station('kitchen', undefined, 'o1')
  const front = await station('bar', 'depan', 'o1')
  const back = await station('bar', 'belakang', 'o1')
  const cashier = await station('cashier', 'C', 'o1')
  const stranger = await station('kitchen', undefined, 'o2')
  const send = body => fetch(`${relay.url}/api/orders`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-outlet': 'o1' }, body: JSON.stringify(body) })
  assert.equal((await send(order('C4', food, drink))).status, 201)
  const ticket = (await kitchen.next('kitchen_immediate_print')).data
  for (const column of COLUMNS) assert.ok(column in ticket, column)
  assert.deepEqual(ticket.order_items.map(item => [item.name, item.quantity]), [['Soto ayam', 1]])
  assert.equal(ticket.area_code, 'C')
  assert.equal(ticket.print_trigger, 'immediate')
  const drinks = (await front.next('beverage_immediate_print')).data
  assert.deepEqual(drinks.order_items.map(item => [item.name, item.quantity]), [['Es jeruk', 2]])
  assert.equal((await cashier.next('new_order')).data.order_id, ticket.order_id)
  assert.equal((await cashier.next('new_order_in_area')).data.area_code, 'C')

  assert.equal((await send(order('K1', drink))).status, 201)
  await back.next('beverage_immediate_print')
  // A change of the same outlet that everybody hears closes the books: nothing else is under way.
  await fetch(`${relay.url}/api/orders/${ticket.order_id}`, { method: 'PATCH', headers: { 'content-type': 'application/json', 'x-outlet': 'o1' }, body: '{"status":"confirmed"}' })
  for (const screen of [kitchen, front, back, cashier]) await screen.next('order_confirmed')
  assert.equal(front.frames.filter(frame => frame.event === 'beverage_immediate_print').length, 1)
  assert.equal(back.frames.filter(frame => frame.event === 'beverage_immediate_print').length, 1)
  assert.equal(kitchen.frames.filter(frame => frame.event.endsWith('_print')).length, 1)
  assert.ok(!stranger.names().some(name => name.endsWith('_print') || name.startsWith('new_order') || name.startsWith('order_')))
  for (const screen of [kitchen, front, back, cashier, stranger]) screen.close()
})

const MISTAKES = [
  ['no JSON', 'hello', undefined],
  ['no object', '[1]', undefined],
  ['no verb', {}, 'type'],
  ['an unknown verb', { type: 'dance' }, 'type'],
  ['a verb that is no text', { type: 7 }, 'type'],
  ['no data', { type: 'register_device' }, 'data'],
  ['no role', { type: 'register_device', data: { device_id: 'd', outlet_id: 'demo' } }, 'role'],
  ['a role of the wrong type', { type: 'register_device', data: { device_id: 'd', role: 5, outlet_id: 'demo' } }, 'role'],
  ['no device', { type: 'register_device', data: { role: 'kitchen', outlet_id: 'demo' } }, 'device_id'],
  ['no room', { type: 'join_room' }, 'room'],
  ['a room of the wrong type', { type: 'join_room', room: {} }, 'room'],
  ['a room that there is not', { type: 'join_room', room: 'the_moon' }, 'room'],
  ['a room to leave that there is not', { type: 'leave_room', room: 'the_moon' }, 'room']
]

test('every mistake gets an error that names the field, and the socket stays open', async () => {
  const screen = await Screen.open(`${relay.ws}/ws`)
  for (const [what, frame, field] of MISTAKES) {
    screen.say(frame)
    const { data } = await screen.next('error')
    screen.take('error')
    assert.ok(data.code && data.message, what)
    if (field) {
      assert.ok(String(data.field).endsWith(field), `${what}: field is ${data.field}`)
      assert.ok(data.message.includes(field), `${what}: ${data.message}`)
    }
  }
  screen.say({ type: 'join_room', room: 'kitchen_room' })
  assert.equal((await screen.next('room_joined')).data.room, 'kitchen_room')
  screen.say({ type: 'leave_room', room: 'kitchen_room' })
  assert.equal((await screen.next('room_left')).data.room, 'kitchen_room')
  screen.close()
})

const REFUSED = [
  ['an empty item list', { ...order('A1'), items: [] }, 422, 'items'],
  ['no items', { orderType: 'dine-in' }, 422, 'items'],
  ['items of the wrong type', { orderType: 'dine-in', items: 'two pizzas' }, 422, 'items'],
  ['a quantity of 0', order('A1', { ...food, quantity: 0 }), 422, 'quantity'],
  ['a negative quantity', order('A1', food, { ...food, quantity: -1 }), 422, 'items[1].quantity'],
  ['half a dish', order('A1', { ...food, quantity: 0.5 }), 422, 'quantity'],
  ['a quantity in words', order('A1', { ...food, quantity: 'two' }), 422, 'quantity'],
  ['no name', order('A1', { quantity: 1 }), 422, 'name'],
  ['a name of the wrong type', order('A1', { ...food, name: 5 }), 422, 'name'],
  ['a price in words', order('A1', { ...food, unitPrice: 'cheap' }), 422, 'unitPrice'],
  ['an order type that there is not', { ...order('A1', food), orderType: 'flying' }, 422, 'orderType'],
  ['an id of the wrong type', { ...order('A1', food), id: {} }, 422, 'id'],
  ['a list', [], 422, undefined]
]

test('every bad order is refused with the field at fault', async () => {
  for (const [what, body, status, field] of REFUSED) {
    const answer = await post(relay.url, '/api/orders', body)
    assert.equal(answer.status, status, `${what}: ${JSON.stringify(answer.body)}`)
    assert.ok(answer.body.code, what)
    if (field) assert.ok(String(answer.body.field).includes(field), `${what}: field is ${answer.body.field}`)
  }
  const broken = await fetch(`${relay.url}/api/orders`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"items":' })
  assert.equal(broken.status, 400)
  const huge = await fetch(`${relay.url}/api/orders`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ pad: 'x'.repeat(2 << 20) }) })
  assert.equal(huge.status, 413)
})

test('N3: the same order again answers as before and prints nothing', async () => {
  const kitchen = await station('kitchen', undefined, 'demo')
  const body = { id: 'till-7-1', ...order('B2', food) }
  const first = await post(relay.url, '/api/orders', body)
  const again = await post(relay.url, '/api/orders', body)
  assert.deepEqual([first.status, again.status], [201, 200])
  assert.deepEqual(again.body, first.body)
  const other = await post(relay.url, '/api/orders', { ...body, items: [{ ...food, quantity: 3 }] })
  assert.deepEqual([other.status, other.body.code], [409, 'CONFLICT'])
  const last = await post(relay.url, '/api/orders', order('B3', { ...food, name: 'The last one' }))
  assert.equal(last.status, 201)
  const names = []
  while (!names.includes('The last one')) {
    const { data } = await kitchen.next('kitchen_immediate_print')
    kitchen.take('kitchen_immediate_print')
    names.push(...data.order_items.map(item => item.name))
  }
  assert.deepEqual(names, ['Soto ayam', 'The last one'])
  kitchen.close()
})

test('an unmodified wscat registers as a kitchen and sees the ticket', async () => {
  const wscat = spawn(join(modules, '.bin', 'wscat'), ['-c', `${relay.ws}/ws`, '-w', '20', '-x',
    JSON.stringify(register('kitchen', undefined, 'demo'))], { stdio: ['pipe', 'pipe', 'inherit'] })
  let seen = ''
  const until = text => new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`wscat has not shown ${text}: ${seen}`)), 8000)
    const look = () => { if (seen.includes(text)) { clearTimeout(late); resolve() } }
    wscat.stdout.on('data', look)
    look()
  })
  wscat.stdout.on('data', chunk => { seen += chunk })
  await until('device_registered')
  await post(relay.url, '/api/orders', order('C1', food))
  await until('kitchen_immediate_print')
  wscat.kill()
})
