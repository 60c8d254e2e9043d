// The guest's page of one visit.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openHouse, openPage, shot, shut, until, wireTo } from './house.mjs'

let house
before(async () => { house = await openHouse() })
after(() => house.close())

const visit = async () => (await house.ask('POST', '/api/sessions', { tableNumber: 'C4' })).token
const PHONE = { viewport: { width: 390, height: 844 } }
const now = page => page.locator('.order .now').innerText()

test('a guest sees Ready without a reload, and the bill as it grows', async t => {
  const token = await visit()
  const page = await openPage(house, `/s/${token}`, { ...PHONE, look: 'light' })
  await page.locator('.empty').waitFor()
  const { id } = await house.order([{ name: 'Soto', price: 12.5, quantity: 2 }], { sessionToken: token, tax: 2.5 })
  await page.locator('.order').waitFor()
  assert.match(await now(page), /Received/)
  assert.match(await page.locator('.bill .toPay').innerText(), /27\.50/)
  await house.ask('PATCH', `/api/orders/${id}`, { status: 'cooking' })
  await page.locator('.order[data-status=preparing]').waitFor()
  assert.match(await now(page), /Preparing/)
  await page.evaluate(() => { window.stayed = true })
  const begun = Date.now()
  await house.ask('PATCH', `/api/orders/${id}`, { status: 'ready' })
  await page.locator('.order[data-status=ready]').waitFor()
  t.diagnostic(`from the kitchen's word to the guest: ${Date.now() - begun} ms`)
  assert.match(await now(page), /Ready/)
  assert.match(await page.locator('#shout').textContent(), /Order \d+ is ready/)
  assert.match(await page.title(), /ready/)
  assert.ok(await page.evaluate(() => window.stayed))
  assert.match(await page.locator('#updated').innerText(), /updated \d+ s ago/)
  await house.ask('POST', `/api/orders/${id}/payments`, { amount: 7.5 })
  await page.locator('.bill .due', { hasText: '20.00' }).waitFor()
  await house.ask('POST', `/api/orders/${id}/items`, { items: [{ name: 'Espresso', quantity: 1, price: 2.5 }] })
  await page.locator('.order li', { hasText: 'Espresso' }).waitFor()
  await shot(page, 'guest', { fullPage: true })
  await shut(page)
})

test('a guest sees its own orders alone, and no names', async () => {
  const token = await visit()
  await house.order(['Somebody else'])
  await house.order(['Mine'], { sessionToken: token, customer: { name: 'Ibu Sari', phone: '0812' }, waiter: 'Rina' })
  const page = await openPage(house, `/s/${token}`, PHONE)
  await page.locator('.order').waitFor()
  const text = await page.locator('body').innerText()
  assert.match(text, /Mine/)
  assert.doesNotMatch(text, /Somebody else|Sari|0812|Rina/)
  const answer = await fetch(`${house.url}/s/${token}`)
  assert.match(answer.headers.get('x-robots-tag'), /noindex/)
  assert.equal(answer.headers.get('referrer-policy'), 'no-referrer')
  assert.match(await answer.text(), /<meta name="robots" content="noindex/)
  await shut(page)
})

test('where no stream comes through, the page asks', async () => {
  const token = await visit()
  const page = await openPage(house, '/web/robots.txt', PHONE)
  await page.route('**/api/events**', route => route.abort())
  await page.goto(`${house.url}/s/${token}`)
  await page.locator('.empty').waitFor()
  await house.order(['Soto'], { sessionToken: token })
  await page.locator('.order').waitFor()
  await shut(page)
})

test('a phone that was away says so, and is right again by itself', async () => {
  const token = await visit()
  const wire = await wireTo(house.url)
  const page = await openPage(house, `/s/${token}`, { ...PHONE, base: wire.url, clock: true })
  await page.locator('.empty').waitFor()
  wire.cut()
  await page.clock.runFor(3 * 60_000)
  assert.match(await page.locator('#updated').innerText(), /3 min ago – no connection/)
  const { id } = await house.order(['Soto'], { sessionToken: token })
  await house.ask('PATCH', `/api/orders/${id}`, { status: 'ready' })
  wire.mend()
  await page.clock.runFor(6_000)
  await page.clock.resume()
  await page.locator('.order[data-status=ready]').waitFor()
  await shut(page)
  wire.close()
})

test('a visit that the staff ended shows nothing any more', async () => {
  const token = await visit()
  await house.order(['Soto'], { sessionToken: token })
  const page = await openPage(house, `/s/${token}`, { ...PHONE, clock: true })
  await page.locator('.order').waitFor()
  await fetch(`${house.url}/api/sessions/${token}`, { method: 'DELETE' })
  await until(async () => { await page.clock.runFor(5_000); return await page.locator('.over').isVisible() }, 'over')
  assert.doesNotMatch(await page.locator('body').innerText(), /Soto/)
  await page.reload()
  await page.locator('.over').waitFor()
  await shut(page)
})
