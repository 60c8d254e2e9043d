// Dialect D5 as npm's ws sees it: the snapshot first, orders in, and everybody's registers.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client } from './socketio.mjs'
import { Screen, startRelay } from './relay.mjs'

let relay
before(async () => { relay = await startRelay('--insecure-no-auth') })
after(() => relay.stop())

const till = (tenant, query = '') => Screen.open(`${relay.ws}/ws/restaurant-pos/${tenant}${query}`)
const order = (tenant, more = {}) => ({
  tenantId: tenant, orderType: 'takeout', paymentMethod: 'cash', customer: { name: 'Ayu', phone: '0812' }, cart: [{ name: 'Soto', quantity: 2, price: 12.5 }], status: 'pending', source: 'pos', ...more
})
const of = (screen, type) => screen.frames.filter(frame => frame.type === type)

test('the state comes first, and every register of the tenant hears of an order and its moves', async () => {
  const [one, two, stranger] = [await till('t1'), await till('t1'), await till('t2')]
  for (const screen of [one, two, stranger]) {
    const state = await screen.next('sync_state')
    assert.equal(screen.frames[0], state)
    assert.deepEqual([state.activeOrders, state.recentOrders], [[], []])
  }
  one.say({ type: 'submit_order', order: order('t1') })
  for (const screen of [one, two]) {
    const made = await screen.next('order_created')
    assert.match(made.order.orderNumber, /^ORD-\d{8}-001$/)
    assert.equal(made.kitchenOrder.orderNumber, made.order.orderNumber)
    assert.equal(made.kitchenOrder.status, 'pending')
    assert.equal(made.kitchenOrder.items[0].name, 'Soto')
    assert.equal(made.order.totalAmount, 25)
    assert.equal(typeof made.seq, 'string')
  }
  const { id } = (await one.next('order_created')).order
  two.say({ type: 'update_order_status', orderId: id, status: 'preparing' })
  const update = await one.next('order_status_update')
  assert.deepEqual([update.orderId, update.status, typeof update.updatedBy], [id, 'preparing', 'string'])
  const late = await till('t1')
  const state = await late.next('sync_state')
  assert.deepEqual(state.activeOrders.map(open => [open.id, open.status]), [[id, 'preparing']])
  assert.equal(state.recentOrders.length, 1)
  assert.equal(stranger.frames.length, 1)
  for (const screen of [one, two, stranger, late]) screen.close()
})

test('an order sent again answers its sender alone, and another body is a conflict', async () => {
  const [one, two] = [await till('again'), await till('again')]
  one.say({ type: 'submit_order', order: order('again', { id: 17 }) })
  await Promise.all([one.next('order_created'), two.next('order_created')])
  one.take('order_created')
  one.say({ type: 'submit_order', order: order('again', { id: '17' }) })
  const again = await one.next('order_created')
  assert.equal(again.order.id, 17)
  one.say({ type: 'submit_order', order: order('again', { id: 17, cart: [{ name: 'Tea', quantity: 1 }] }) })
  assert.equal((await one.next('error')).code, 'CONFLICT')
  two.say({ type: 'submit_order', order: order('again', { id: 18 }) })
  await one.until(() => of(one, 'order_created').some(frame => frame.order.id === 18))
  await two.until(() => of(two, 'order_created').length === 2)
  assert.deepEqual(of(two, 'order_created').map(frame => frame.order.id), [17, 18])
  for (const screen of [one, two]) screen.close()
})

const MISTAKES = [
  ['no JSON', 'hello', 'VALIDATION_ERROR'],
  ['no type', {}, 'VALIDATION_ERROR'],
  ['an unknown type', { type: 'dance' }, 'VALIDATION_ERROR'],
  ['no order', { type: 'submit_order' }, 'VALIDATION_ERROR'],
  ['an empty cart', { type: 'submit_order', order: order('m', { cart: [] }) }, 'VALIDATION_ERROR'],
  ['a quantity of 0', { type: 'submit_order', order: order('m', { cart: [{ name: 'x', quantity: 0 }] }) }, 'VALIDATION_ERROR'],
  ['another tenant', { type: 'submit_order', order: order('other') }, 'FORBIDDEN'],
  ['no such order', { type: 'update_order_status', orderId: 'none', status: 'ready' }, 'NOT_FOUND'],
  ['no such status', { type: 'update_order_status', orderId: 'none', status: 'flying' }, 'VALIDATION_ERROR']
]

test('every mistake is answered with its code, and the socket stays open', async () => {
  const screen = await till('m')
  for (const [what, frame, code] of MISTAKES) {
    screen.say(frame)
    const error = await screen.next('error')
    screen.take('error')
    assert.equal(error.code, code, `${what}: ${JSON.stringify(error)}`)
    assert.ok(error.message, what)
  }
  screen.socket.send(Buffer.from('x'))
  assert.equal((await screen.next('error')).code, 'VALIDATION_ERROR')
  screen.say({ type: 'submit_order', order: order('m') })
  await screen.next('order_created')
  screen.close()
})

test('a register that comes back gets the state and then what it missed, once', async () => {
  const first = await till('back')
  first.say({ type: 'submit_order', order: order('back', { id: 'a' }) })
  const { seq } = await first.next('order_created')
  first.close()
  const other = await Client.open(relay.url, { auth: { outlet: 'back' } })
  await other.join('join:restaurant', 'back')
  const second = await till('back')
  second.say({ type: 'submit_order', order: order('back', { id: 'b' }) })
  assert.equal((await other.next('order:created')).data.order.id, 'b')
  const back = await till('back', `?after=${seq}`)
  back.say({ type: 'submit_order', order: order('back', { id: 'c' }) })
  await back.until(() => of(back, 'order_created').length === 2)
  assert.deepEqual(back.frames.map(frame => frame.order?.id ?? frame.type), ['sync_state', 'b', 'c'])
  for (const screen of [second, back, other]) screen.close()
})

test('the state holds every open order and the last ten', async () => {
  const first = await till('full')
  for (let n = 1; n <= 12; n++) first.say({ type: 'submit_order', order: order('full', { id: `r-${n}` }) })
  await first.until(() => of(first, 'order_created').length === 12)
  first.say({ type: 'update_order_status', orderId: 'r-1', status: 'completed' })
  first.say({ type: 'update_order_status', orderId: 'r-2', status: 'cancelled' })
  first.say({ type: 'update_order_status', orderId: 'r-3', status: 'served' })
  await first.until(() => of(first, 'order_status_update').length === 3)
  const ids = (from, to) => Array.from({ length: to - from + 1 }, (_, n) => `r-${from + n}`)
  const late = await till('full')
  const state = await late.next('sync_state')
  assert.deepEqual(state.activeOrders.map(({ id }) => id).sort(), ids(3, 12).sort())
  for (const open of state.activeOrders) for (const field of ['id', 'orderNumber', 'status', 'items']) assert.ok(field in open, field)
  assert.deepEqual(state.recentOrders.map(({ id }) => id), ids(3, 12).reverse())
  for (const screen of [first, late]) screen.close()
})
