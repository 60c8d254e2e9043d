// Without a socket: canonical events by SSE and by long poll, for staff and for guests.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { command, startRelay } from './relay.mjs'

let relay
const token = {}
before(async () => {
  relay = await startRelay()
  for (const outlet of ['one', 'two']) command('outlets', 'add', outlet, '--data', relay.data)
  for (const role of ['manager', 'kitchen', 'waiter']) token[role] = command('token', 'create', '--outlet', 'one', '--role', role, '--data', relay.data).trim()
  token.stranger = command('token', 'create', '--outlet', 'two', '--role', 'manager', '--data', relay.data).trim()
})
after(() => relay.stop())

const ask = (method, path, { by = token.manager, body, headers, signal } = {}) => fetch(relay.url + path, { method, signal, headers: { 'content-type': 'application/json', authorization: `Bearer ${by}`, ...headers }, body: body && JSON.stringify(body) })
const call = async (method, path, body, by) => {
  const answer = await ask(method, path, { by, body })
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`)
  return answer.status === 204 ? undefined : answer.json()
}
const visit = async tableNumber => (await call('POST', '/api/sessions', { tableNumber })).token
const order = (id, more = {}) => call('POST', '/api/orders', { id, tableNumber: 'A1', customer: { name: 'Ayu', phone: '0812' }, paymentMethod: 'cash', items: [{ name: 'Tea', quantity: 1 }], ...more })

// Reads a stream until it has said so many events, or ended.
async function stream (path, options, count) {
  const stop = new AbortController()
  const answer = await ask('GET', path, { ...options, signal: stop.signal, headers: { accept: 'text/event-stream', ...options?.headers } })
  assert.match(answer.headers.get('content-type'), /^text\/event-stream/)
  const events = []
  let text = ''
  const late = setTimeout(() => stop.abort(), 30_000)
  try {
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      text += chunk
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        const fields = Object.fromEntries(text.slice(0, end).split('\n').filter(line => !line.startsWith(':')).map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]))
        text = text.slice(end + 2)
        if (fields.data) events.push({ id: fields.id, type: fields.event, data: JSON.parse(fields.data) })
      }
      if (events.length >= count) { stop.abort(); break }
    }
  } catch (error) { if (events.length < count) throw new Error(`${events.length} of ${count} events: ${error.message}`) } finally { clearTimeout(late) }
  return events
}

test('a stream and a long poll tell the same, from any position and from Last-Event-ID', async () => {
  const { head } = await call('GET', '/api/sync')
  for (const id of ['f-1', 'f-2', 'f-3']) await order(id)
  const streamed = await stream(`/api/events?after=${head}`, {}, 3)
  const polled = await call('GET', `/api/events?after=${head}`)
  assert.deepEqual(streamed.map(({ data }) => data), polled.events)
  assert.deepEqual(streamed.map(({ id }) => id), [1, 2, 3].map(n => String(head + n)))
  assert.deepEqual(polled.events.map(({ seq, type, data }) => [seq, type, data.order.id]), [1, 2, 3].map(n => [head + n, 'order.created', `f-${n}`]))
  assert.deepEqual([polled.head, polled.epoch], [head + 3, 0])
  for (const event of polled.events) assert.match(event.at, /Z$/)
  const again = await stream('/api/events', { headers: { 'last-event-id': String(head + 2) } }, 1)
  assert.equal(again[0].data.data.order.id, 'f-3')
  // A place within an event is not yet all of it.
  const [part] = (await call('GET', `/api/events?after=${head + 2}.1000`)).events
  assert.equal(part.seq, head + 2)
})

test('a long poll waits for the next event, and no longer than it was asked to', async () => {
  const { head } = await call('GET', '/api/sync')
  const begun = performance.now()
  assert.deepEqual(await call('GET', `/api/events?after=${head}&wait=1`), { events: [], head, epoch: 0 })
  assert.ok(performance.now() - begun >= 900)
  const waiting = call('GET', `/api/events?after=${head}&wait=30`)
  await order('w-1')
  assert.deepEqual((await waiting).events.map(({ data }) => data.order.id), ['w-1'])
  assert.equal((await ask('GET', `/api/events?after=${head}&wait=31`)).status, 422)
  assert.equal((await ask('GET', '/api/events?after=yesterday')).status, 422)
})

test('a position that is not in the log gets the whole state, and what comes after it', async () => {
  const { head } = await call('GET', '/api/sync')
  for (const lost of [`${head + 50}`, `${head}@7`]) {
    const gap = await call('GET', `/api/events?after=${lost}`)
    assert.deepEqual([gap.reason, gap.head, gap.epoch], ['gap', head, 0])
    assert.ok(gap.activeOrders.length > 0 && gap.recentOrders.length > 0)
    const [state] = await stream(`/api/events?after=${lost}`, {}, 1)
    assert.deepEqual([state.type, state.data.reason, state.data.head, state.id], ['sync_state', 'gap', head, String(head)])
  }
})

test('a guest reads of its own visit alone, without names, by stream and by poll', async () => {
  const [own, others] = [await visit('A7'), await visit('A8')]
  const { head } = await call('GET', '/api/sync')
  await order('theirs', { sessionToken: others })
  await order('nobodys')
  await order('mine', { sessionToken: own })
  await call('PUT', '/api/tables/A8', { number: 'A8', status: 'occupied' })
  await call('PATCH', '/api/orders/theirs', { status: 'ready' })
  await call('PATCH', '/api/orders/mine', { status: 'ready' })
  const polled = (await call('GET', `/api/events?after=${head}`, undefined, own)).events
  const streamed = await stream(`/api/events?after=${head}`, { by: own }, polled.length)
  for (const events of [polled, streamed.map(({ data }) => data)]) {
    assert.deepEqual(events.map(({ data }) => data.order.id), ['mine', 'mine'])
    assert.ok(!/Ayu|0812|theirs|nobodys|tickets|stats/.test(JSON.stringify(events)), JSON.stringify(events))
  }
})

test('nobody reads the log of another outlet, and no token reads nothing', async () => {
  await order('secret')
  const foreign = await call('GET', '/api/events?after=0', undefined, token.stranger)
  assert.deepEqual(foreign.events ?? [], [])
  assert.ok(!JSON.stringify(foreign).includes('secret'))
  assert.equal((await fetch(`${relay.url}/api/events?after=0`)).status, 401)
})

test('X7: a stream whose token is taken back ends within five seconds', async () => {
  const made = await call('POST', '/api/tokens', { role: 'kitchen', name: 'screen' })
  const answer = await ask('GET', '/api/events', { by: made.token, headers: { accept: 'text/event-stream' } })
  const ended = (async () => { for await (const _ of answer.body) { /* until it ends */ } return performance.now() })()
  const begun = performance.now()
  await call('POST', `/api/tokens/${made.id}/revoke`)
  assert.ok(await ended - begun < 5000)
  assert.equal((await ask('GET', '/api/events?after=0', { by: made.token })).status, 401)
})
