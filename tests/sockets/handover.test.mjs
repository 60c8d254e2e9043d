// A station and its computers: one prints, and a computer that a person pairs in its place prints at once.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Screen, command, startRelay } from './relay.mjs'

// Less than the 30 s for which a station waits for a computer that left by itself.
const AT_ONCE_MS = 20_000
let relay
let token
let outlet
let count = 0
before(async () => { relay = await startRelay() })
after(() => relay.stop())

const call = async (method, path, body) => {
  const answer = await fetch(relay.url + path, { method, headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body: body && JSON.stringify(body) })
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`)
  return answer.json()
}
const house = () => {
  outlet = `h-${++count}`
  command('outlets', 'add', outlet, '--data', relay.data)
  token = command('token', 'create', '--outlet', outlet, '--role', 'manager', '--data', relay.data).trim()
}
const order = id => call('POST', '/api/orders', { id, paymentMethod: 'cash', items: [{ name: 'Soto', quantity: 1, workstation: 'kitchen' }] })
const paired = async (wanted = { stations: [{ name: 'kitchen' }] }) => {
  const { code } = await call('POST', '/api/enrolments', wanted)
  return call('POST', '/api/enrol', { code, name: 'pc' })
}
async function connected (device) {
  const agent = await Screen.open(`${relay.ws}/ws?token=${device.token}`)
  agent.say({ type: 'register_device', data: { device_id: device.deviceId, role: 'kitchen', outlet_id: outlet, agent: { version: '1', protocol: 1 }, printers: [] } })
  await agent.next('device_registered', AT_ONCE_MS)
  return agent
}
const offered = (agent, id) => agent.until(() => agent.frames.find(({ event, data }) => event === 'kitchen_immediate_print' && data.job && data.order_id === id), `the job of ${id}`, AT_ONCE_MS)
const left = agent => new Promise(resolve => { agent.socket.once('close', resolve); agent.close() })

test('a computer that was paired for one that left prints at once, and what that may have had is marked', async () => {
  house()
  const old = await connected(await paired())
  await order('had')
  await offered(old, 'had')
  await left(old)
  await order('waits')
  const replacement = await connected(await paired())
  const { data: { job: first } } = await offered(replacement, 'had')
  assert.match(JSON.stringify(first.banners), /duplicate/i)
  const { data: { job: second } } = await offered(replacement, 'waits')
  assert.deepEqual(second.banners, [])
  replacement.close()
})

test('a computer that takes another one\'s place on purpose prints at once though the other is there', async () => {
  house()
  const device = await paired()
  const old = await connected(device)
  const closed = new Promise(resolve => old.socket.once('close', resolve))
  const replacement = await connected(await paired({ replaces: device.deviceId }))
  await closed
  await order('new')
  await offered(replacement, 'new')
  replacement.close()
})

test('a second computer at a station is a spare: it gets nothing while the first is there', async () => {
  house()
  const first = await connected(await paired())
  await order('one')
  await offered(first, 'one')
  const spare = await connected(await paired())
  await order('two')
  await offered(first, 'two')
  assert.ok(!spare.frames.some(({ data }) => data?.job), JSON.stringify(spare.frames))
  for (const agent of [first, spare]) agent.close()
})
