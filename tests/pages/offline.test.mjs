// The kitchen display without its relay: killed, cut off, slept, loaded anew.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { card, inColumn, openDisplay, openHouse, openPage, shot, shut, sounds, until, wireTo } from './house.mjs'

let house
before(async () => { house = await openHouse() })
after(() => house.close())

const level = page => page.locator('#strip').getAttribute('data-level')
const go = (page, id) => card(page, id).locator('[data-act=go]').click()
const live = page => until(async () => await level(page) === 'live' && /^live [0-2] s/.test(await page.locator('#strip .say').innerText()), 'live again', 60_000)
const finish = async () => {
  for (const { id } of (await house.ask('GET', '/api/orders?open=true&limit=200')).items) await house.ask('PATCH', `/api/orders/${id}`, { status: 'completed' })
}

test('the relay is killed and comes back: what was bumped meanwhile is done, once', async () => {
  const page = await openDisplay(house)
  const [one, two] = [await house.order(['Soto']), await house.order(['Rawon'])]
  await card(page, two.id).waitFor()
  await house.kill()
  await until(async () => await level(page) === 'live', 'still live')
  await go(page, one.id)
  await inColumn(page, one.id, 'cooking')
  await card(page, one.id).locator('.chip.waits').waitFor()
  await go(page, one.id)
  await inColumn(page, one.id, 'ready')
  assert.match(await page.locator('#strip .queue').innerText(), /2 to send/)
  await house.start()
  await until(async () => await house.status(one.id) === 'ready', 'ready', 60_000)
  await card(page, one.id).locator('.chip.waits').waitFor({ state: 'detached' })
  await inColumn(page, one.id, 'ready')
  const { id } = await house.order(['Pecel'])
  await card(page, id).waitFor()
  await live(page)
  await shut(page)
  await finish()
})

test('ten minutes offline: the strip goes amber, then red with an alarm, and then everything is caught up', async () => {
  const wire = await wireTo(house.url)
  const page = await openDisplay(house, { base: wire.url, clock: true })
  const orders = []
  for (const name of ['Soto', 'Rawon', 'Pecel', 'Tempe', 'Sate']) orders.push(await house.order([name]))
  await until(async () => await page.locator('.card').count() === 5, 'five cards')
  const { createdAt } = await house.ask('GET', `/api/orders/${orders[0].id}`)
  await live(page)
  wire.cut()
  await page.clock.runFor(16_000)
  assert.equal(await level(page), 'stale')
  assert.match(await page.locator('#strip .say').innerText(), /not updating for (1[5-9]|[23]\d) s/)
  assert.equal(await sounds(page, 'lost'), 0)
  await shot(page, 'kds-stale')
  await page.clock.runFor(26_000)
  assert.equal(await level(page), 'old')
  const said = await page.locator('#strip .say').innerText()
  assert.match(said, /^Screen is OLD since \d\d:\d\d – use paper$/)
  assert.equal(await page.locator('#shout').textContent(), said)
  assert.equal(await sounds(page, 'lost'), 1)
  await shot(page, 'kds-old')
  // Meanwhile the evening goes on, here and elsewhere.
  for (const status of ['preparing', 'ready']) await house.ask('PATCH', `/api/orders/${orders[0].id}`, { status })
  await house.ask('PATCH', `/api/orders/${orders[1].id}`, { status: 'completed' })
  await house.ask('POST', `/api/orders/${orders[2].id}/cancel`, { reason: 'guest left' })
  await house.ask('POST', `/api/orders/${orders[3].id}/items`, { items: [{ name: 'Lontong', quantity: 1, price: 1 }] })
  const fresh = await house.order(['Gudeg'])
  await go(page, orders[4].id)
  await inColumn(page, orders[4].id, 'cooking')
  // Behind: what another display did is further already, so this bump is not wanted any more.
  await go(page, orders[0].id)
  await page.clock.runFor(9 * 60_000)
  assert.ok(await sounds(page, 'lost') > 10, 'the alarm comes again')
  assert.match(await card(page, orders[4].id).locator('.minutes').innerText(), /^(9|10) min$/, createdAt)
  wire.mend()
  await page.clock.runFor(35_000)
  await page.clock.resume()
  await live(page)
  await inColumn(page, orders[0].id, 'ready')
  await card(page, orders[1].id).waitFor({ state: 'detached' })
  await card(page, orders[2].id).locator('.banner.void').waitFor()
  await card(page, orders[3].id).locator('.mark', { hasText: 'ADD' }).waitFor()
  await inColumn(page, fresh.id, 'pending')
  await until(async () => await house.status(orders[4].id) === 'preparing', 'sent')
  await until(async () => await page.locator('#strip .queue').isHidden(), 'nothing to send')
  assert.equal(await house.status(orders[0].id), 'ready', 'a late bump takes nothing back')
  assert.equal(await page.locator('#shout').textContent(), '')
  await shut(page)
  wire.close()
  await finish()
})

test('a page that is loaded anew without the relay shows its orders, and says how old they are', async () => {
  const wire = await wireTo(house.url)
  const page = await openDisplay(house, { base: wire.url })
  const { id } = await house.order(['Soto'], { customer: { name: 'Ibu Sari', phone: '0812-7777' } })
  await card(page, id).waitFor()
  await page.evaluate(() => navigator.serviceWorker.ready)
  // Under the worker from the next load on.
  await page.reload()
  await card(page, id).waitFor()
  await live(page)
  wire.cut()
  await go(page, id)
  await card(page, id).locator('.chip.waits').waitFor()
  await page.reload()
  await inColumn(page, id, 'cooking')
  await card(page, id).locator('.chip.waits').waitFor()
  const kept = await page.evaluate(() => JSON.stringify({ ...localStorage }))
  assert.match(kept, /Soto/)
  assert.doesNotMatch(kept, /Sari|0812-7777/, 'a lost tablet knows nobody')
  wire.mend()
  await until(async () => await house.status(id) === 'preparing', 'sent after the reload', 60_000)
  await live(page)
  await shut(page)
  wire.close()
  await finish()
})

test('a socket that says nothing is no proof: the question for the newest event is', async () => {
  const page = await openDisplay(house, { clock: true })
  const { id } = await house.order(['Soto'])
  await card(page, id).waitFor()
  // The socket stands, every question fails.
  await page.route('**/api/events**', route => route.abort())
  await page.clock.runFor(45_000)
  assert.equal(await level(page), 'old')
  await page.unroute('**/api/events**')
  await page.clock.resume()
  await live(page)
  await shut(page)
  await finish()
})

test('events that the socket never brought are asked for', async () => {
  const page = await openDisplay(house, { clock: true })
  await page.routeWebSocket('**/socket.io/**', () => {})
  await page.reload()
  const { id } = await house.order(['Soto'])
  await page.clock.runFor(6_000)
  await card(page, id).waitFor()
  await shut(page)
  await finish()
})

test('an order that came before the socket had joined its rooms is shown all the same', async () => {
  let joins = []
  let questions = []
  let holds = false
  const page = await openPage(house, '/kds?outlet=late-rooms', {
    prepare: async page => {
      await page.routeWebSocket(/socket\.io/, socket => {
        const relay = socket.connectToServer()
        socket.onMessage(message => (String(message).startsWith('42') && joins ? joins.push(() => relay.send(message)) : relay.send(message)))
      })
      await page.route('**/api/events*', route => (holds ? questions.push(() => route.continue()) : route.continue()))
    }
  })
  await page.waitForFunction(() => document.querySelector('#strip .say')?.textContent.startsWith('live'))
  await until(() => joins.length >= 2, 'joins under way')
  holds = true
  const order = name => house.ask('POST', '/api/orders', { orderType: 'dine-in', tableNumber: 'C1', paymentMethod: 'cash', items: [{ name, quantity: 1, price: 1, workstation: 'kitchen' }] }, { 'x-outlet': 'late-rooms' })
  await order('Before')
  for (const join of joins) join()
  joins = null
  await until(async () => {
    await order('After')
    return (await page.locator('.card', { hasText: 'After' }).count()) > 0
  }, 'a frame of the socket')
  assert.equal(await page.locator('.card', { hasText: 'Before' }).count(), 0, 'the socket does not have it')
  holds = false
  for (const question of questions) question()
  await page.locator('.card', { hasText: 'Before' }).waitFor()
  await shut(page)
})
