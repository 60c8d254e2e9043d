// Where the relay asks for tokens: signing in, and what each page may then do.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { axeSource, card, inColumn, openHouse, openPage, shot, shut, until } from './house.mjs'

let house
const as = {}
before(async () => {
  house = await openHouse('--tokens')
  for (const role of ['manager', 'kitchen', 'pos', 'waiter']) as[role] = { authorization: `Bearer ${house.token(role)}` }
})
after(() => house.close())

const order = (items, more) => house.ask('POST', '/api/orders', { orderType: 'dine-in', tableNumber: 'C4', paymentMethod: 'cash', items, ...more }, as.pos)
const food = name => ({ name, quantity: 1, price: 5, workstation: 'kitchen' })
const live = page => until(async () => /^live/.test(await page.locator('#strip .say').innerText()), 'live')

test('a display asks for its token, says what is wrong with one, and stays signed in', async () => {
  const page = await openPage(house, '/kds', { bypassCSP: true })
  await page.locator('dialog #token').waitFor()
  await page.evaluate(readFileSync(axeSource, 'utf8'))
  const { violations } = await page.evaluate(() => window.axe.run())
  assert.deepEqual(violations.map(({ id }) => id), [])
  await shot(page, 'sign-in')
  await page.keyboard.type('nonsense')
  await page.keyboard.press('Enter')
  await page.locator('.problem', { hasText: 'does not know' }).waitFor()
  await page.locator('#token').fill(house.token('kitchen'))
  await page.keyboard.press('Enter')
  await live(page)
  const { id } = await order([food('Soto')])
  await card(page, id).waitFor()
  await card(page, id).locator('[data-act=go]').click()
  await inColumn(page, id, 'cooking')
  await until(async () => (await house.ask('GET', `/api/orders/${id}`, undefined, as.manager)).status === 'preparing', 'preparing')
  await house.ask('POST', `/api/orders/${id}/cancel-request`, { reason: 'wrong' }, as.waiter)
  await card(page, id).locator('[data-act=reject]').click()
  await card(page, id).locator('.ask').waitFor({ state: 'detached' })
  await page.reload()
  await inColumn(page, id, 'cooking')
  assert.equal(await page.locator('dialog').count(), 0)
  await shut(page)
})

test('a code of eight letters signs a screen in, once', async () => {
  const { code, role } = await house.ask('POST', '/api/screen-codes', { role: 'kitchen', name: 'grill' }, as.manager)
  assert.match(code, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/)
  assert.equal(role, 'kitchen')
  const page = await openPage(house, '/kds')
  const type = async text => { await page.locator('#token').fill(text); await page.keyboard.press('Enter') }
  await page.locator('#token').waitFor()
  await type(code.toLowerCase().replace('-', ' '))
  await live(page)
  const { items } = await house.ask('GET', '/api/tokens', undefined, as.manager)
  assert.ok(items.some(({ name }) => name === 'grill'), 'it is listed, and can be taken back')
  const other = await openPage(house, '/kds')
  await other.locator('#token').fill(code)
  await other.keyboard.press('Enter')
  await other.locator('.problem', { hasText: 'does not know' }).waitFor()
  const refused = await fetch(`${house.url}/api/screen-codes`, { method: 'POST', headers: { ...as.kitchen, 'content-type': 'application/json' }, body: '{"role":"manager"}' })
  assert.equal(refused.status, 403)
  await shut(page, other)
})

test('a link brings its token behind the #, and it is gone from the address', async () => {
  const page = await openPage(house, `/kds#token=${house.token('kitchen')}`)
  await live(page)
  assert.equal(await page.evaluate(() => location.href), `${house.url}/kds`)
  await shut(page)
})

test('a display whose token ended asks again', async () => {
  const page = await openPage(house, '/kds', { token: house.token('kitchen') })
  await live(page)
  await page.route('**/api/events**', route => route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"code":"UNAUTHORIZED"}' }))
  await page.locator('dialog #token').waitFor()
  await shut(page)
})

test('the rules of the house decide which station sees what', async () => {
  const { rules } = await house.ask('GET', '/api/routing', undefined, as.kitchen)
  await house.ask('PUT', '/api/routing', { rules: [{ name: 'grill', name_contains: ['sate'], to: ['grill'] }, ...rules] }, as.manager)
  const page = await openPage(house, '/kds?station=grill', { token: house.token('kitchen') })
  await live(page)
  const { id } = await order([food('Sate ayam'), food('Soto')])
  await card(page, id).waitFor()
  await until(async () => await card(page, id).locator('.item').count() === 1, 'the grill\'s item alone')
  assert.match(await card(page, id).locator('.item').innerText(), /Sate ayam/)
  await shut(page)
})

test('a guest needs nothing but the link, and it ends with the visit', async () => {
  const { token } = await house.ask('POST', '/api/sessions', { tableNumber: 'C4' }, as.waiter)
  const page = await openPage(house, `/s/${token}`, { viewport: { width: 390, height: 844 } })
  const { id } = await order([food('Soto')], { sessionToken: token })
  await page.locator('.order').waitFor()
  await house.ask('PATCH', `/api/orders/${id}`, { status: 'ready' }, as.kitchen)
  await page.locator('.order[data-status=ready]').waitFor()
  await fetch(`${house.url}/api/sessions/${token}`, { method: 'DELETE', headers: as.waiter })
  await page.reload()
  await page.locator('.over').waitFor()
  await shut(page)
})
