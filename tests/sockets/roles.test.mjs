// Who may look where: every room of every dialect with every role, of its own outlet and of another's.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client } from './socketio.mjs'
import { Screen, command, startRelay } from './relay.mjs'

const STAFF = ['manager', 'pos', 'cashier', 'waiter', 'kitchen', 'bar']
const till = ['manager', 'pos', 'cashier']
const floor = [...till, 'waiter']

// A room and who may join it (DIALECTS.md, "Who may do what").
const PLAIN = {
  kitchen_room: ['manager', 'pos', 'waiter', 'kitchen', 'agent'],
  bar_depan: ['manager', 'pos', 'bar'],
  bar_belakang: ['manager', 'pos', 'bar'],
  cashier_room: till,
  area_C: till,
  outlet_one: [...STAFF, 'agent'],
  'order_of-one': [...STAFF, 'guest'],
  'order_of-nobody': STAFF,
  outlet_two: []
}
const SOCKETIO = [
  [['join:kitchen'], ['manager', 'pos', 'waiter', 'kitchen', 'bar']],
  [['join', 'kitchen'], ['manager', 'pos', 'waiter', 'kitchen', 'bar']],
  [['join:waiters'], ['manager', 'pos', 'waiter']],
  [['join:table', 'A1'], [...floor, 'guest']],
  [['join:table', 'A2'], floor],
  [['join:order', 'of-one'], [...STAFF, 'guest']],
  [['join:order', 'of-nobody'], STAFF],
  [['join:restaurant', 'one'], ['manager', 'pos', 'waiter', 'kitchen', 'bar']],
  [['join:restaurant', 'two'], []],
  [['join', 'restaurant:two'], []],
  [['join:session', { own: true }], ['manager', 'guest']],
  [['join:session', { others: true }], []],
  [['subscribe:orders'], floor],
  [['subscribe:tables'], floor],
  [['subscribe:kds'], ['manager', 'pos', 'kitchen', 'bar']],
  [['subscribe:table', 'A1'], [...floor, 'guest']],
  [['subscribe:table', 'A2'], floor]
]

let relay
const tokens = {}
const visits = {}
before(async () => {
  relay = await startRelay()
  for (const outlet of ['one', 'two']) {
    command('outlets', 'add', outlet, '--data', relay.data)
    const token = role => command('token', 'create', '--outlet', outlet, '--role', role, '--data', relay.data).trim()
    tokens[outlet] = Object.fromEntries(STAFF.map(role => [role, token(role)]))
    const call = async (path, body) => (await fetch(relay.url + path, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[outlet].manager}` }, body: JSON.stringify(body) })).json()
    visits[outlet] = (await call('/api/sessions', { tableNumber: 'A1' })).token
    tokens[outlet].guest = visits[outlet]
    const { code } = await call('/api/enrolments', { stations: [{ name: 'kitchen' }], ttl: 60 })
    tokens[outlet].agent = (await call('/api/enrol', { code, name: 'pc' })).token
    await call('/api/orders', { id: `of-${outlet}`, sessionToken: visits[outlet], items: [{ name: 'Tea', quantity: 1 }] })
  }
})
after(() => relay.stop())

test('on plain sockets a role joins its rooms and is refused at every other', async () => {
  let probes = 0
  for (const [role, token] of Object.entries(tokens.one)) {
    const screen = await Screen.open(`${relay.ws}/ws?token=${token}`)
    for (const [room, roles] of Object.entries(PLAIN)) {
      screen.frames.length = 0
      screen.say({ type: 'join_room', room })
      await screen.until(() => screen.frames.find(frame => ['room_joined', 'error'].includes(frame.event)))
      const joined = screen.frames.some(frame => frame.event === 'room_joined')
      assert.equal(joined, roles.includes(role), `${role} and ${room}: ${JSON.stringify(screen.frames)}`)
      if (!joined) assert.equal(screen.frames[0].data.code, 'FORBIDDEN', `${role} and ${room}`)
      probes++
    }
    screen.close()
  }
  assert.equal(probes, 8 * Object.keys(PLAIN).length)
})

for (const path of ['/socket.io', '/api/socket']) {
  test(`on ${path} a role joins its rooms and is refused at every other`, async () => {
    for (const [role, token] of Object.entries(tokens.one)) {
      const client = await Client.open(relay.url, { path, auth: { token } })
      for (const [[verb, argument], roles] of SOCKETIO) {
        const what = argument?.own ? visits.one : argument?.others ? visits.two : argument
        const answer = await client.ask(verb, ...(what === undefined ? [] : [what]))
        assert.equal(answer.ok, roles.includes(role), `${role} and ${verb} ${JSON.stringify(argument)}: ${JSON.stringify(answer)}`)
        if (!answer.ok) assert.equal(answer.code, 'FORBIDDEN', `${role} and ${verb}`)
      }
      client.close()
    }
  })
}

test('a register\'s socket is for the till, and for its own tenant alone', async () => {
  for (const [role, token] of Object.entries(tokens.one)) {
    for (const tenant of ['one', 'two']) {
      const opened = await Screen.open(`${relay.ws}/ws/restaurant-pos/${tenant}?token=${token}`).catch(error => error)
      const may = tenant === 'one' && till.includes(role)
      if (opened instanceof Error) {
        assert.equal(may, false, `${role} at ${tenant}`)
        continue
      }
      const [first] = await opened.until(() => opened.frames.length > 0 && opened.frames)
      assert.equal(first.type === 'sync_state', may, `${role} at ${tenant}: ${JSON.stringify(first)}`)
      opened.close()
    }
  }
})

test('X5, I6: events never cross outlets: whoever listens in one hears nothing of the other', async () => {
  const listeners = []
  for (const [role, token] of Object.entries(tokens.two)) {
    const client = await Client.open(relay.url, { auth: { token } })
    for (const [[verb, argument]] of SOCKETIO) {
      const what = argument?.own ? visits.two : argument?.others ? visits.one : argument === 'one' ? 'two' : argument === 'two' ? 'one' : argument
      await client.ask(verb, ...(what === undefined ? [] : [what]))
    }
    listeners.push([role, client])
  }
  const post = (outlet, id) => fetch(`${relay.url}/api/orders`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens[outlet].pos}` }, body: JSON.stringify({ id, tableNumber: 'A1', tableId: 'A1', sessionToken: visits[outlet], items: [{ name: 'Soto', quantity: 1 }] }) })
  assert.equal((await post('one', 'secret')).status, 201)
  assert.equal((await post('two', 'public')).status, 201)
  const heard = []
  for (const [role, client] of listeners) {
    if (!['agent', 'guest'].includes(role)) await client.next('order:created')
    await client.ask('leave:table', 'nothing')
    assert.ok(!JSON.stringify(client.events).includes('secret'), role)
    heard.push(...client.all('order:created'))
    client.close()
  }
  assert.ok(heard.length >= 6)
})
