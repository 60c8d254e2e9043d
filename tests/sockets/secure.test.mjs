// Tokens on Socket.IO and on D5: who gets in, where, and what a refusal sounds like.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Client } from './socketio.mjs'
import { Screen, command, startRelay } from './relay.mjs'

let relay
const tokens = {}
before(async () => {
  relay = await startRelay()
  command('outlets', 'add', 'one', '--data', relay.data)
  for (const role of ['manager', 'waiter', 'kitchen', 'cashier']) {
    tokens[role] = command('token', 'create', '--outlet', 'one', '--role', role, '--data', relay.data).trim()
  }
})
after(() => relay.stop())

test('no token, a bad one and a forged one are an authentication error on the floor path', async () => {
  const [head, body, sign] = tokens.manager.split('.')
  const forged = [undefined, 'nonsense', '', 7, `${head}.${body}.${sign.slice(0, -4)}AAAA`, `${head}..`, `${head}.${body}.`]
  for (const token of forged) {
    const client = new Client(relay.url, { auth: token === undefined ? {} : { token } })
    assert.equal((await client.next('connect_error')).data, 'Authentication error', String(token))
    client.close()
  }
})

test('a token opens the rooms of its role and no others', async () => {
  const waiter = await Client.open(relay.url, { auth: { token: tokens.waiter } })
  await waiter.join('join:waiters')
  assert.equal((await waiter.ask('subscribe:kds')).code, 'FORBIDDEN')
  const cook = await Client.open(relay.url, { auth: { token: tokens.kitchen } })
  await cook.join('join:kitchen')
  assert.equal((await cook.ask('join:waiters')).code, 'FORBIDDEN')
  for (const client of [waiter, cook]) client.close()
})

test('a socket on the session path may wait without a token and do nothing else', async () => {
  const guest = await Client.open(relay.url, { path: '/api/socket' })
  for (const verb of [['join:kitchen'], ['join:restaurant', 'one'], ['join:session', 'guessed']]) {
    assert.equal((await guest.ask(...verb)).code, 'FORBIDDEN', verb[0])
  }
  guest.close()
  const bad = new Client(relay.url, { path: '/api/socket', auth: { token: 'bad' } })
  assert.equal((await bad.next('connect_error')).data, 'Authentication error')
  bad.close()
})

test('a token that expires ends its sockets', async () => {
  const token = command('token', 'create', '--outlet', 'one', '--role', 'cashier', '--ttl', '3s', '--data', relay.data).trim()
  const client = await Client.open(relay.url, { auth: { token } })
  const till = await Screen.open(`${relay.ws}/ws/restaurant-pos/one?token=${token}`)
  const closed = new Promise(resolve => till.socket.once('close', code => resolve(code)))
  await client.next('disconnect', 40_000)
  assert.equal(await closed, 1008)
  assert.equal(client.all('error')[0].data.code, 'UNAUTHORIZED')
})

test('a register is for those who may hold the till', async () => {
  const cook = await Screen.open(`${relay.ws}/ws/restaurant-pos/one?token=${tokens.kitchen}`)
  const closed = new Promise(resolve => cook.socket.once('close', code => resolve(code)))
  assert.equal(await closed, 1008)
  assert.equal(cook.frames[0].code, 'FORBIDDEN')
})

const call = async (path, body) => {
  const answer = await fetch(relay.url + path, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${tokens.manager}` }, body: body && JSON.stringify(body) })
  assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`)
  return answer.json()
}

test('X7: a token that is taken back ends its sockets of every kind within five seconds, and opens none', async () => {
  const made = await call('/api/tokens', { role: 'pos', name: 'till' })
  const sockets = await Promise.all([`/ws?token=${made.token}`, `/ws/restaurant-pos/one?token=${made.token}`].map(path => Screen.open(relay.ws + path)))
  await sockets[1].next('sync_state')
  sockets[0].say({ type: 'join_room', room: 'cashier_room' })
  await sockets[0].next('room_joined')
  const clients = []
  for (const way of ['websocket', 'polling']) clients.push(await Client.open(relay.url, { way, auth: { token: made.token }, reconnection: true, reconnectionDelay: 100 }))
  for (const client of clients) await client.join('join:kitchen')
  const closed = sockets.map(({ socket }) => new Promise(resolve => socket.once('close', resolve)))
  const begun = Date.now()
  await call(`/api/tokens/${made.id}/revoke`)
  assert.deepEqual(await Promise.all(closed), [1008, 1008])
  for (const client of clients) {
    await client.next('disconnect')
    assert.equal(client.all('error')[0].data.code, 'UNAUTHORIZED')
  }
  assert.ok(Date.now() - begun < 5000)
  for (const client of clients) {
    assert.equal((await client.next('connect_error')).data, 'Authentication error')
    client.close()
  }
})
