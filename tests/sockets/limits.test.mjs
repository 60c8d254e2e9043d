// Clients that read too slowly, send too much, or lost their right to listen.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Client } from './socketio.mjs'
import { Screen, command, startRelay } from './relay.mjs'

let relay
const token = {}
before(async () => {
  relay = await startRelay()
  command('outlets', 'add', 'one', '--data', relay.data)
  for (const role of ['manager', 'pos', 'kitchen', 'waiter']) token[role] = command('token', 'create', '--outlet', 'one', '--role', role, '--data', relay.data).trim()
})
after(() => relay.stop())

const call = async (method, path, body, by = token.manager) => {
  const answer = await fetch(relay.url + path, { method, headers: { 'content-type': 'application/json', authorization: `Bearer ${by}` }, body: body && JSON.stringify(body) })
  return { status: answer.status, body: answer.status === 204 ? undefined : await answer.json() }
}
const heard = (client, name = 'order:new') => client.all(name).map(event => event.data.orderId)
const big = Array.from({ length: 90 }, (_, n) => ({ name: `dish ${n}`, quantity: 1, notes: 'x'.repeat(300) }))

test('R4: a client that does not read is put out, slows nobody down, and misses nothing when it is back', async () => {
  const BACK = { auth: { token: token.kitchen }, reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 200 }
  const slow = await Client.open(relay.url, BACK)
  const quick = await Client.open(relay.url, { auth: { token: token.kitchen } })
  for (const client of [slow, quick]) await client.join('join:kitchen')
  slow.socket.io.engine.transport.ws._socket.pause()
  const ids = []
  for (let n = 0; n < 250; n++) {
    const made = await call('POST', '/api/orders', { id: `big-${n}`, paymentMethod: 'cash', items: big }, token.pos)
    assert.equal(made.status, 201)
    ids.push(`big-${n}`)
  }
  await quick.until(() => heard(quick).length === 250, 'all orders', 20_000)
  slow.socket.io.engine.transport.ws._socket.resume()
  await slow.until(() => slow.all('disconnect').length === 1, 'the end', 45_000)
  // It hears why, as a close frame would say it.
  const { code, close, retry_after_ms: retry } = slow.all('error')[0].data
  assert.deepEqual([code, close, retry], ['TOO_SLOW', 1013, 1000])
  await slow.until(() => heard(slow).length >= 250, 'all orders after all', 20_000)
  assert.equal(slow.socket.recovered, true)
  assert.deepEqual(heard(slow), ids)
  assert.deepEqual(heard(quick), ids)
  for (const client of [slow, quick]) client.close()
})

test('R4: a plain socket that does not read is closed with a reason, and misses nothing when it is back', async () => {
  const slow = await Screen.open(`${relay.ws}/ws?token=${token.kitchen}`)
  const quick = await Screen.open(`${relay.ws}/ws?token=${token.kitchen}`)
  for (const screen of [slow, quick]) {
    screen.say({ type: 'join_room', room: 'kitchen_room' })
    await screen.next('room_joined')
  }
  const tickets = screen => screen.frames.filter(({ event }) => event === 'kitchen_immediate_print').map(({ data }) => data.order_id)
  const closed = new Promise(resolve => slow.socket.once('close', (code, reason) => resolve([code, String(reason)])))
  slow.socket.pause()
  const ids = []
  for (let n = 0; n < 400; n++) {
    ids.push(`plain-${n}`)
    assert.equal((await call('POST', '/api/orders', { id: ids[n], paymentMethod: 'cash', items: big }, token.pos)).status, 201)
  }
  await quick.until(() => tickets(quick).length === 400, 'all tickets', 30_000)
  slow.socket.resume()
  const [code, reason] = await closed
  // The relay waits 2 s for room to say why; a client that reads nothing for longer finds the socket gone.
  if (code !== 1006) assert.match(`${code} ${reason}`, /^1013 .*reads too slowly.*retry_after_ms=1000/)
  const had = tickets(slow)
  assert.ok(had.length < 400)
  const { seq } = slow.frames.at(-1)
  const back = await Screen.open(`${relay.ws}/ws?token=${token.kitchen}&after=${seq}`)
  back.say({ type: 'join_room', room: 'kitchen_room' })
  await back.until(() => tickets(back).length + had.length >= 400, 'the rest', 30_000)
  assert.deepEqual([...had, ...tickets(back)], ids)
  assert.deepEqual(tickets(quick), ids)
  for (const screen of [quick, back]) screen.close()
})

test('an outlet has room for so many connections, and who comes after is told to come back', async () => {
  const small = await startRelay()
  writeFileSync(join(small.data, 'relay.toml'), '[limits]\nconnections_per_outlet = 4\n')
  command('outlets', 'add', 'one', '--data', small.data)
  await small.kill()
  await small.start()
  const by = command('token', 'create', '--outlet', 'one', '--role', 'pos', '--data', small.data).trim()
  const open = [await Screen.open(`${small.ws}/ws/restaurant-pos/one?token=${by}`), await Client.open(small.url, { auth: { token: by } }), await Client.open(small.url, { way: 'polling', auth: { token: by } })]
  await open[0].next('sync_state')
  open.push(await Screen.open(`${small.ws}/ws?token=${by}`))
  open[3].say({ type: 'join_room', room: 'cashier_room' })
  await open[3].next('room_joined')
  for (const path of ['/ws', '/ws/restaurant-pos/one']) {
    const screen = await Screen.open(`${small.ws}${path}?token=${by}`)
    assert.match(await new Promise(resolve => screen.socket.once('close', (code, reason) => resolve(`${code} ${reason}`))), /^1013 .*4 connections/, path)
  }
  for (const way of ['websocket', 'polling']) {
    const client = new Client(small.url, { way, auth: { token: by } })
    assert.match((await client.next('connect_error', 20_000)).data, /4 connections/)
    client.close()
  }
  for (const each of open) each.close()
  await small.stop()
})

test('X3: a client that sends too much is told, then ended if it goes on', async () => {
  const client = await Client.open(relay.url, { auth: { token: token.waiter } })
  for (let n = 0; n < 400; n++) client.socket.emit('join:table', '1')
  assert.equal((await client.next('error')).data.code, 'RATE_LIMITED')
  assert.equal(client.socket.connected, true)
  const flood = setInterval(() => { for (let n = 0; n < 40; n++) client.socket.emit('join:table', '1') }, 100)
  await client.until(() => client.all('disconnect').length === 1, 'the end', 25_000)
  clearInterval(flood)
  const { code, close } = client.all('error').at(-1).data
  assert.deepEqual([code, close], ['RATE_LIMITED', 1008])
  client.close()
})

test('one socket may be in 64 rooms and no more', async () => {
  const client = await Client.open(relay.url, { auth: { token: token.waiter } })
  for (let n = 0; n < 64; n++) await client.join('join:table', String(n))
  assert.equal((await client.ask('join:table', 'one more')).ok, false)
  client.close()
})

async function visit (tableNumber) { return (await call('POST', '/api/sessions', { tableNumber })).body.token }
const order = (sessionToken, id) => call('POST', '/api/orders', { id, sessionToken, tableNumber: 'A1', customer: { name: 'Ayu', phone: '0812' }, paymentMethod: 'cash', items: [{ name: 'Tea', quantity: 1 }] })

test('a guest waits without a token, then hears of its own visit alone, and of nobody\'s name', async () => {
  const [own, others] = [await visit('A1'), await visit('A2')]
  await order(own, 'mine')
  await order(others, 'theirs')
  for (const way of ['websocket', 'polling']) {
    const guest = await Client.open(relay.url, { path: '/api/socket', way })
    const joined = await guest.join('join:session', own)
    assert.equal(joined.room, `session:${own}`)
    assert.equal((await guest.next('hello')).data.outlet, 'one')
    await guest.join('join:order', 'mine')
    await guest.join('join:table', 'A1')
    await guest.join('subscribe:table', 'A1')
    for (const verb of [['join:session', others], ['join:order', 'theirs'], ['join:table', 'A2'], ['join:kitchen'], ['join:waiters'],
      ['join:restaurant', 'one'], ['subscribe:orders'], ['subscribe:tables'], ['subscribe:kds'], ['subscribe:table', 'A2']]) {
      assert.equal((await guest.ask(...verb)).code, 'FORBIDDEN', verb.join(' '))
    }
    guest.forget()
    const id = `mine-${way}`
    await order(own, id)
    await call('PATCH', `/api/orders/${id}`, { status: 'cooking' })
    await guest.until(() => guest.events.find(event => event.name === 'order:status:updated' && event.data.orderId === id))
    assert.equal(guest.all('order:status:updated').at(-1).data.status, 'cooking')
    // The whole order, as D4 tells it.
    assert.equal(guest.all('order:updated').at(-1).data.items[0].name, 'Tea')
    assert.ok(!JSON.stringify(guest.events).match(/Ayu|0812/))
    guest.close()
  }
})

test('a guest that comes back is in its visit again without showing a token, and not after the visit has ended', async () => {
  const own = await visit('A3')
  const guest = await Client.open(relay.url, { path: '/api/socket', reconnection: true, reconnectionDelay: 500, randomizationFactor: 0 })
  await guest.join('join:session', own)
  await guest.next('hello')
  guest.socket.io.engine.close()
  await guest.next('disconnect')
  await order(own, 'while-away')
  await call('PATCH', '/api/orders/while-away', { status: 'ready' })
  await guest.next('order:status:updated')
  assert.equal(guest.socket.recovered, true)
  guest.forget()
  assert.equal((await call('DELETE', `/api/sessions/${own}`)).status, 204)
  await guest.next('disconnect', 5000)
  assert.equal(guest.all('error')[0].data.code, 'UNAUTHORIZED')
  assert.equal((await guest.next('connect_error')).data, 'Authentication error')
  guest.close()
})

test('an expired token does not recover, whatever it was before', async () => {
  const short = command('token', 'create', '--outlet', 'one', '--role', 'kitchen', '--ttl', '4s', '--data', relay.data).trim()
  const client = await Client.open(relay.url, { auth: { token: short }, reconnection: true, reconnectionDelay: 100 })
  await client.join('join:kitchen')
  await order(undefined, 'before-the-end')
  await client.next('order:new')
  await client.until(() => client.all('disconnect').length === 1, 'the end', 40_000)
  assert.equal((await client.next('connect_error')).data, 'Authentication error')
  client.close()
})

test('a token of another outlet does not recover a session of this one', async () => {
  command('outlets', 'add', 'two', '--data', relay.data)
  const other = command('token', 'create', '--outlet', 'two', '--role', 'kitchen', '--data', relay.data).trim()
  const auth = { token: token.kitchen }
  const client = await Client.open(relay.url, { auth, reconnection: true, reconnectionDelay: 100 })
  await client.join('join:kitchen')
  await order(undefined, 'seen-by-one')
  await client.next('order:new')
  auth.token = other
  client.forget()
  client.socket.io.engine.close()
  await client.next('connect')
  assert.equal(client.socket.recovered, false)
  await order(undefined, 'not-for-two')
  await client.join('join:kitchen')
  assert.deepEqual(heard(client), [])
  client.close()
})

async function paired () {
  const { body: { code } } = await call('POST', '/api/enrolments', { stations: [{ name: 'kitchen' }], ttl: 60 })
  return (await call('POST', '/api/enrol', { code, name: 'pc' })).body
}

test('X7: a revoked device is cut off within five seconds', async () => {
  const device = await paired()
  const screen = await Screen.open(`${relay.ws}/ws?token=${device.token}`)
  screen.say({ type: 'join_room', room: 'kitchen_room' })
  await screen.next('room_joined')
  const closed = new Promise(resolve => screen.socket.once('close', resolve))
  const begun = Date.now()
  await call('POST', `/api/devices/${device.deviceId}/revoke`)
  assert.equal(await closed, 1008)
  assert.ok(Date.now() - begun < 5000)
})

test('a revoked device that never said a word is cut off as fast, and on Socket.IO it hears why', async () => {
  const device = await paired()
  const silent = await Screen.open(`${relay.ws}/ws?token=${device.token}`)
  // Its seat is taken once the relay counts it.
  const counted = async () => (await (await fetch(`${relay.url}/metrics`, { headers: { authorization: `Bearer ${token.manager}` } })).text()).includes('printrail_connections{dialect="station"} ')
  while (!await counted()) await new Promise(resolve => setTimeout(resolve, 20))
  const client = await Client.open(relay.url, { auth: { token: device.token } })
  const closed = new Promise(resolve => silent.socket.once('close', (code, reason) => resolve([code, String(reason)])))
  const begun = Date.now()
  await call('POST', `/api/devices/${device.deviceId}/revoke`)
  const [code, reason] = await closed
  assert.equal(code, 1008)
  assert.match(reason, /no longer valid/)
  await client.next('disconnect')
  assert.deepEqual([client.all('error')[0].data.code, client.all('error')[0].data.close], ['UNAUTHORIZED', 1008])
  assert.ok(Date.now() - begun < 5000)
  await assert.rejects(Screen.open(`${relay.ws}/ws?token=${device.token}`), /401/)
  const again = new Client(relay.url, { auth: { token: device.token } })
  assert.equal((await again.next('connect_error')).data, 'Authentication error')
  again.close()
})

test('X3: a frame over the limit ends a socket of every kind with the reason', async () => {
  const big = 'x'.repeat(300_000)
  for (const way of ['websocket', 'polling']) {
    const client = await Client.open(relay.url, { way, auth: { token: token.waiter } })
    client.socket.emit('join:table', big)
    await client.next('disconnect')
    assert.deepEqual([client.all('error')[0].data.code, client.all('error')[0].data.close], ['VALIDATION_ERROR', 1009], way)
    client.close()
  }
  const screen = await Screen.open(`${relay.ws}/ws?token=${token.kitchen}`)
  const closed = new Promise(resolve => screen.socket.once('close', resolve))
  screen.say({ type: 'join_room', room: big })
  assert.equal(await closed, 1009)
})

test('on /api/socket the cookie of whoever signed in opens the restaurant, and on /socket.io none does', async () => {
  const cookie = value => ({ extraHeaders: { cookie: `theme=dark; printrail_token=${value}; lang=id` } })
  for (const way of ['websocket', 'polling']) {
    const display = await Client.open(relay.url, { path: '/api/socket', way, ...cookie(token.kitchen) })
    assert.equal((await display.next('hello')).data.outlet, 'one')
    await display.join('join:restaurant', 'one')
    assert.equal((await display.ask('join:waiters')).code, 'FORBIDDEN')
    await order(undefined, `cookie-${way}`)
    assert.equal((await display.next('order:created')).data.order.id, `cookie-${way}`)
    display.close()
    const forged = new Client(relay.url, { path: '/api/socket', way, ...cookie(token.kitchen.slice(0, -6) + 'AAAAAA') })
    assert.equal((await forged.next('connect_error')).data, 'Authentication error')
    const floor = new Client(relay.url, { way, ...cookie(token.kitchen) })
    assert.equal((await floor.next('connect_error')).data, 'Authentication error')
    for (const client of [forged, floor]) client.close()
  }
})

test('R5: a relay that stops says goodbye on plain sockets and on Socket.IO, polling too, and who comes back has missed nothing', async () => {
  for (const way of ['websocket', 'polling']) {
    const other = await startRelay('--insecure-no-auth')
    const post = async id => fetch(`${other.url}/api/orders`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-outlet': 'one' }, body: JSON.stringify({ id, items: [{ name: 'Soto', quantity: 1 }] }) })
    const clients = []
    for (let n = 0; n < 8; n++) {
      const client = await Client.open(other.url, { way, auth: { outlet: 'one' }, reconnection: true, reconnectionDelay: 100, reconnectionDelayMax: 300 })
      await client.join('join:kitchen')
      clients.push(client)
    }
    const screen = await Screen.open(`${other.ws}/ws?outlet=one`)
    screen.say({ type: 'join_room', room: 'kitchen_room' })
    await screen.next('room_joined')
    const closed = new Promise(resolve => screen.socket.once('close', (code, reason) => resolve([code, String(reason)])))
    // What is told just before the end arrives too.
    await post('last')
    await Promise.all([other.pause(), ...clients.map(client => client.next('disconnect', 30_000))])
    const [code, reason] = await closed
    assert.equal(code, 1012)
    assert.match(reason, /retry_after_ms=1000/)
    for (const client of clients) {
      const said = client.all('error')[0]?.data
      assert.deepEqual([said?.code, said?.close, said?.retry_after_ms], ['UNAVAILABLE', 1012, 1000])
      assert.deepEqual(heard(client), ['last'])
    }
    await other.start()
    await post('next')
    for (const client of clients) {
      await client.until(() => heard(client).length >= 2, 'the next order', 30_000)
      assert.deepEqual(heard(client), ['last', 'next'])
      assert.equal(client.socket.recovered, true)
      client.close()
    }
    await other.stop()
  }
})
