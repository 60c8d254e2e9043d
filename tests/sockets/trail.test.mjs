// What an operator has: metrics by name, and one id from the order to paper in the logs of relay and agent.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { Client } from './socketio.mjs'
import { Screen, startRelay } from './relay.mjs'

const AGENT = process.env.AGENT ?? join(dirname(process.env.RELAY), 'printrail-agent')
const PATIENCE_MS = 60_000
let relay
let agent
let said = ''
const folder = mkdtempSync(join(tmpdir(), 'printrail-trail-'))
before(async () => {
  assert.ok(existsSync(AGENT), `${AGENT}: build the agent, or name it by AGENT`)
  relay = await startRelay('--insecure-no-auth')
  writeFileSync(join(folder, 'agent.toml'), `
[relay]
url = "${relay.ws}"
outlet = "demo"
[[station]]
name = "kitchen"
printer = "paper"
[[printer]]
name = "paper"
address = "file:${join(folder, 'paper')}"
profile = "generic-80"
`)
  writeFileSync(join(folder, 'paper'), '')
  agent = spawn(AGENT, ['run', '--config', join(folder, 'agent.toml'), '--data', join(folder, 'data')], { stdio: ['ignore', 'ignore', 'pipe'] })
  agent.stderr.on('data', chunk => { said += chunk })
})
after(async () => {
  agent?.kill('SIGKILL')
  await relay?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const call = async (method, path, body) => {
  const answer = await fetch(relay.url + path, { method, headers: { 'content-type': 'application/json', 'x-outlet': 'demo' }, body: body && JSON.stringify(body) })
  return answer.json()
}
const until = async (look, what) => {
  const end = performance.now() + PATIENCE_MS
  for (;;) {
    const found = await look()
    if (found) return found
    assert.ok(performance.now() < end, `not ${what}: ${said.slice(-2000)}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
const metrics = async () => {
  const text = await (await fetch(`${relay.url}/metrics`)).text()
  const value = name => Number(text.split('\n').find(line => line.startsWith(`${name} `))?.split(' ').at(-1) ?? 0)
  return { text, value }
}

test('one id leads from the order to paper, through the logs of relay and agent', async () => {
  const made = await call('POST', '/api/orders', { id: 'trail-1', tableNumber: 'C4', paymentMethod: 'cash', customer: { name: 'Ayu Secret' }, items: [{ name: 'Soto', quantity: 1, workstation: 'kitchen' }] })
  const [{ id }] = made.jobs
  await until(async () => (await call('GET', `/api/jobs/${id}`)).state === 'sent', 'on paper')
  const lines = log => log.replaceAll(/\u001b\[[\d;]*m/g, '').split('\n').filter(line => line.includes(id))
  // The relay: with the order, then each state of the job.
  const atRelay = await until(() => lines(relay.log()).some(line => line.includes('state=sent')) && lines(relay.log()), 'told by the relay')
  assert.match(atRelay[0], /order\.id="?trail-1"?.*jobs=/)
  const states = atRelay.map(line => / state=(\w+)/.exec(line)?.[1]).filter(Boolean)
  assert.deepEqual(states, ['accepted', 'spooled', 'printing', 'sent'].filter(state => states.includes(state)))
  for (const state of ['spooled', 'sent']) assert.ok(states.includes(state), atRelay.join('\n'))
  for (const line of atRelay) assert.match(line, /outlet="?demo"?/)
  // The agent: in the spool, then each state.
  const atAgent = await until(() => lines(said).some(line => line.includes('state=sent')) && lines(said), 'told by the agent')
  assert.match(atAgent[0], /is in the spool/)
  for (const line of atAgent) assert.ok(line.includes(`job.id=${id}`), line)
  // Tickets and people stand in no log.
  assert.ok(!/Soto|Ayu/.test(relay.log() + said))
})

test('every metric of the product is counted', async () => {
  const sockets = [await Screen.open(`${relay.ws}/ws?outlet=demo&after=0`), await Screen.open(`${relay.ws}/ws/restaurant-pos/demo?after=0`)]
  for (const way of ['websocket', 'polling']) {
    const client = await Client.open(relay.url, { way, auth: { outlet: 'demo', after: '0' } })
    await client.join('join:kitchen')
    sockets.push(client)
  }
  await sockets[2].join('subscribe:orders')
  await sockets[3].join('join:restaurant', 'demo')
  const before = await metrics()
  assert.equal((await fetch(`${relay.url}/api/orders`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"items":[]}' })).status, 422)
  sockets[0].say('no JSON')
  await sockets[0].next('error')
  await call('POST', '/api/orders', { id: 'counted', paymentMethod: 'cash', items: [{ name: 'Soto', quantity: 1, workstation: 'kitchen' }] })
  await sockets[2].until(events => events.find(({ name, data }) => name === 'order:new' && data.orderId === 'counted'))
  const { text, value } = await until(async () => {
    const now = await metrics()
    return now.value('printrail_order_to_paper_seconds_count') >= 2 && now
  }, 'both tickets timed')
  const grew = (name, by = 1) => assert.ok(value(name) >= before.value(name) + by, `${name}: ${before.value(name)}, then ${value(name)}`)
  // By dialect.
  assert.equal(value('printrail_connections{dialect="station"}'), 2, 'a screen and an agent')
  assert.equal(value('printrail_connections{dialect="register"}'), 1)
  assert.equal(value('printrail_connections{dialect="socketio"}'), 2)
  for (const [dialect, count] of [['floor', 2], ['backoffice', 1], ['session', 1]]) assert.equal(value(`printrail_connections{dialect="${dialect}"}`), count, dialect)
  grew('printrail_events_total{event="order:new"}', 2)
  grew('printrail_events_total{event="order_created"}')
  grew('printrail_order_to_event_seconds_count')
  grew('printrail_errors_total{code="VALIDATION_ERROR"}', 2)
  for (const [dialect, count] of [['station', 1], ['register', 1], ['socketio', 2]]) assert.equal(value(`printrail_reconnections_total{dialect="${dialect}"}`), count, dialect)
  assert.match(text, /printrail_order_to_event_seconds_bucket\{le="0\.001"\}/)
  assert.match(text, /printrail_order_to_paper_seconds_bucket\{le="60"\}/)
  for (const state of ['accepted', 'spooled', 'held', 'printing', 'unconfirmed']) assert.match(text, new RegExp(`printrail_jobs\\{state="${state}"\\} \\d`))
  assert.match(text, /printrail_printers\{state="\w+"\} [1-9]/)
  for (const socket of sockets) socket.close()
})
