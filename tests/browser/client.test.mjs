// The relay's own module in a real browser: offline, killed, frozen, reloaded, refused, expired.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { command, startRelay } from '../sockets/relay.mjs'
import { answers, computer, dishes, hears, launch, order, shows } from './page.mjs'

let relay, browser
const tokens = {}
before(async () => {
  relay = await startRelay()
  command('outlets', 'add', 'one', '--data', relay.data)
  for (const role of ['pos', 'cashier', 'kitchen']) tokens[role] = token(role)
  browser = await launch()
})
after(async () => { await browser.close(); await relay.stop() })

const token = (role, ...more) => command('token', 'create', '--outlet', 'one', '--role', role, ...more, '--data', relay.data).trim()
const names = (prefix, from, to) => Array.from({ length: to - from + 1 }, (_, n) => `${prefix}-${from + n}`)
const kept = async prefix => {
  const answer = await fetch(`${relay.url}/api/orders?limit=200`, { headers: { authorization: `Bearer ${tokens.pos}` } })
  return (await answer.json()).items.reverse().map(({ items }) => items[0].name).filter(name => name.startsWith(prefix))
}
// What a page heard of one test's orders.
const heard = async (page, prefix) => (await dishes(page)).filter(name => name.startsWith(prefix))
const until = async (look, what) => {
  const end = Date.now() + 60_000
  while (!await look()) {
    assert.ok(Date.now() < end, what)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

test('a page connects with its token, sees the state first, and every register hears of an order and its moves', async () => {
  const [one, two] = [await computer(browser, relay, tokens.pos), await computer(browser, relay, tokens.cashier)]
  const [till, other] = [await one.open(), await two.open()]
  for (const page of [till, other]) {
    await shows(page, 'connected 0')
    assert.equal(await page.evaluate(() => window.heard[0].type), 'sync_state')
  }
  await order(till, 'meet-1')
  const [made] = await answers(till, 1)
  assert.match(made.orderNumber, /^ORD-\d{8}-\d{3}$/)
  await hears(other, 1)
  await other.evaluate(id => window.till.setStatus(id, 'preparing'), made.id)
  await till.waitForFunction(() => window.heard.some(({ type, status }) => type === 'order_status_update' && status === 'preparing'))
  assert.deepEqual([...till.problems, ...other.problems], [])
  for (const computer of [one, two]) await computer.close()
})

test('what is asked while the network is off waits, is shown, and goes out once and in order', async () => {
  const here = await computer(browser, relay, tokens.pos)
  const watcher = await computer(browser, relay, tokens.pos)
  const [till, other] = [await here.open(), await watcher.open()]
  for (const page of [till, other]) await shows(page, 'connected 0')
  await here.context.setOffline(true)
  // An open socket outlives a network that is switched off; the relay that goes away ends it.
  await relay.kill()
  await till.waitForFunction(() => window.till.status.state === 'offline')
  await relay.start()
  for (const name of names('off', 1, 12)) await order(till, name)
  await shows(till, 'offline 12')
  assert.deepEqual(await kept('off'), [])
  await order(other, 'while-off')
  await here.context.setOffline(false)
  await answers(till, 12)
  await shows(till, 'connected 0')
  assert.deepEqual(await kept('off'), names('off', 1, 12))
  await until(async () => (await heard(other, 'off')).length >= 12, 'the other register hears of all')
  assert.deepEqual(await heard(other, 'off'), names('off', 1, 12))
  assert.deepEqual(await heard(till, 'off'), names('off', 1, 12))
  for (const computer of [here, watcher]) await computer.close()
})

test('the queue survives a kill of the relay and a reload of the page, and nothing is done twice', async () => {
  const here = await computer(browser, relay, tokens.pos)
  const till = await here.open()
  await shows(till, 'connected 0')
  await order(till, 'load-0')
  await answers(till, 1)
  await relay.kill()
  await till.waitForFunction(() => window.till.status.state === 'offline')
  for (const name of names('load', 1, 5)) await order(till, name)
  await shows(till, 'offline 5')
  await till.reload()
  await till.waitForFunction(() => window.till?.status.queued === 5)
  for (const name of names('load', 6, 8)) await order(till, name)
  await relay.start()
  await shows(till, 'connected 0')
  assert.deepEqual(await kept('load'), names('load', 0, 8))
  assert.equal(await till.evaluate(() => JSON.parse(localStorage.getItem('printrail:one:queue')).length), 0)
  await here.close()
})

test('a page that was away hears what it missed once and in order, across kills', async () => {
  const [here, elsewhere] = [await computer(browser, relay, tokens.pos), await computer(browser, relay, tokens.pos)]
  const [till, other] = [await here.open({ firstWaitMs: 1500, longestWaitMs: 1500 }), await elsewhere.open()]
  for (const page of [till, other]) await shows(page, 'connected 0')
  await order(other, 'gone-0')
  await until(async () => (await heard(till, 'gone')).length === 1, 'the first order')
  for (let round = 0; round < 3; round++) {
    await relay.kill()
    await till.waitForFunction(() => window.till.status.state === 'offline')
    await relay.start()
    for (const name of names('gone', round * 5 + 1, round * 5 + 5)) await order(other, name)
    await answers(other, round * 5 + 6)
    await until(async () => (await heard(till, 'gone')).length >= round * 5 + 6, 'what was missed')
  }
  assert.deepEqual(await heard(till, 'gone'), names('gone', 0, 15))
  for (const computer of [here, elsewhere]) await computer.close()
})

test('a relay that hangs is noticed by a page that hears nothing, and is back once it answers', async () => {
  const here = await computer(browser, relay, tokens.pos)
  const till = await here.open()
  await till.clock.install()
  await till.reload()
  await shows(till, 'connected 0')
  relay.freeze()
  // Half a minute of quiet, then the question that nobody answers.
  await until(async () => { await till.clock.runFor(5000); return await till.evaluate(() => window.till.status.state) === 'offline' }, 'the page is offline')
  await order(till, 'hung-1')
  relay.thaw()
  await until(async () => { await till.clock.runFor(500); return (await kept('hung')).length === 1 }, 'the order arrives')
  await until(async () => { await till.clock.runFor(500); return await till.evaluate(() => document.querySelector('output').textContent) === 'connected 0' }, 'the page is back')
  assert.deepEqual(await kept('hung'), ['hung-1'])
  await here.close()
})

test('over an outage of ten minutes a page tries every 1 to 30 seconds, and then has everything', async () => {
  const here = await computer(browser, relay, tokens.pos)
  const till = await here.open({ firstWaitMs: 1000, longestWaitMs: 30_000 })
  await till.clock.install()
  await till.reload()
  await shows(till, 'connected 0')
  const tries = []
  till.on('websocket', () => tries.push(0))
  await relay.kill()
  await till.waitForFunction(() => window.till.status.state === 'offline')
  await order(till, 'long-1')
  for (let second = 0; second < 600; second += 5) await till.clock.runFor(5000)
  assert.ok(tries.length >= 600 / 30 && tries.length <= 120, `${tries.length} tries in ten minutes`)
  await relay.start()
  await until(async () => { await till.clock.runFor(5000); return (await kept('long')).length === 1 }, 'the order arrives')
  await until(async () => { await till.clock.runFor(1000); return await till.evaluate(() => document.querySelector('output').textContent) === 'connected 0' }, 'the page is back')
  assert.deepEqual(await heard(till, 'long'), ['long-1'])
  await here.close()
})

test('a refused order is told once, holds nothing up, and is not tried again', async () => {
  const here = await computer(browser, relay, tokens.pos)
  const till = await here.open()
  await shows(till, 'connected 0')
  await till.evaluate(() => { window.till.submit({ orderType: 'takeout', cart: [] }).then(made => window.answers.push(made), ({ code, field }) => window.answers.push({ code, field })) })
  await order(till, 'fine-1')
  const [bad, good] = await answers(till, 2)
  assert.equal(bad.code, 'VALIDATION_ERROR')
  assert.ok(good.orderNumber)
  await till.evaluate(() => { window.till.setStatus('nobody', 'ready').catch(({ code }) => window.answers.push({ code })) })
  assert.equal((await answers(till, 3))[2].code, 'NOT_FOUND')
  assert.deepEqual(await till.evaluate(() => window.refused), ['VALIDATION_ERROR', 'NOT_FOUND'])
  assert.deepEqual(await till.evaluate(() => window.till.status), { state: 'connected', queued: 0 })
  await here.close()
})

test('a token of another role, a forged one and none never connect, and a good one mends it', async () => {
  for (const bad of [tokens.kitchen, `${tokens.pos.slice(0, -6)}AAAAAA`, '']) {
    const here = await computer(browser, relay, bad)
    const till = await here.open()
    await till.waitForFunction(() => window.states.filter(state => state === 'offline').length >= 2)
    assert.ok(!await till.evaluate(() => window.heard.some(({ type }) => type === 'sync_state')))
    await order(till, 'mended')
    await till.evaluate(token => { localStorage.token = token }, tokens.pos)
    await shows(till, 'connected 0')
    await here.close()
  }
})

test('a token that expires ends the socket, and the page goes on with a new one from where it stood', async () => {
  const [here, elsewhere] = [await computer(browser, relay, token('pos', '--ttl', '2s')), await computer(browser, relay, tokens.pos)]
  const [till, other] = [await here.open(), await elsewhere.open()]
  for (const page of [till, other]) await shows(page, 'connected 0')
  await order(other, 'fresh-1')
  await until(async () => (await heard(till, 'fresh')).length === 1, 'the first order')
  // The token, and half a minute that clocks may differ.
  await till.waitForFunction(() => window.till.status.state === 'offline', undefined, { timeout: 120_000 })
  await order(other, 'fresh-2')
  await answers(other, 2)
  await till.evaluate(token => { localStorage.token = token }, tokens.pos)
  await until(async () => (await heard(till, 'fresh')).length === 2, 'what was missed')
  assert.deepEqual(await heard(till, 'fresh'), ['fresh-1', 'fresh-2'])
  for (const computer of [here, elsewhere]) await computer.close()
})

test('X4: a page of a stranger\'s site gets neither the socket nor the state', async () => {
  const context = await browser.newContext()
  await context.route('http://stranger.example/**', route => route.fulfill({ contentType: 'text/html', body: '<title>x</title>' }))
  const page = await context.newPage()
  await page.goto('http://stranger.example/')
  const outcome = await page.evaluate(([ws, token]) => new Promise(resolve => {
    const socket = new WebSocket(`${ws}/ws/restaurant-pos/one?token=${token}`)
    socket.onmessage = ({ data }) => resolve(data)
    socket.onclose = () => resolve('closed')
  }), [relay.ws, tokens.pos])
  assert.equal(outcome, 'closed')
  await context.close()
})
