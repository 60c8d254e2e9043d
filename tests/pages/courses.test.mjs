// Courses that wait until they are fired, and tickets that several stations share, on the kitchen display.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { changesBy, coursesOf, nextStep } from '../../relay/web/kds/courses.js'
import { card, inColumn, openDisplay, openHouse, shut, until, wireTo } from './house.mjs'

let house
before(async () => { house = await openHouse() })
after(() => house.close())

const inOutlet = name => {
  const headers = { 'x-outlet': name }
  return {
    order: (items, more) => house.ask('POST', '/api/orders', { orderType: 'dine-in', tableNumber: 'C4', paymentMethod: 'cash', items, ...more }, headers),
    get: id => house.ask('GET', `/api/orders/${id}`, undefined, headers),
    items: async id => Object.fromEntries((await house.ask('GET', `/api/orders/${id}`, undefined, headers)).items.map(({ name, status }) => [name, status])),
    open: (query = '', options = {}) => openDisplay(house, { query: `?outlet=${name}${query}`, ...options })
  }
}
const dish = (name, course, workstation = 'kitchen') => ({ name, quantity: 1, price: 5, workstation, course })
const THREE = [dish('Soto', 1), dish('Rendang', 2), dish('Es krim', 3)]
const state = (page, id, n) => card(page, id).locator('li.course').nth(n - 1).getAttribute('data-state')
const go = (page, id) => card(page, id).locator('[data-act=go]')
const goSays = (page, id, words) => card(page, id).locator('[data-act=go]', { hasText: words }).waitFor()

test('the first course is made with the order, and each other one waits until it is fired', async () => {
  const at = inOutlet('c1')
  const [page, other] = [await at.open(), await at.open()]
  const { id } = await at.order(THREE)
  await card(other, id).waitFor()
  await go(page, id).click()
  await inColumn(page, id, 'cooking')
  assert.deepEqual(await Promise.all([1, 2, 3].map(n => state(page, id, n))), ['fired', 'held', 'held'])
  for (const words of ['Course 1 ready', 'Fire course 2', 'Course 2 ready', 'Fire course 3']) {
    await goSays(page, id, words)
    await goSays(other, id, words)
    await go(page, id).click()
  }
  await goSays(page, id, /^Ready$/)
  await inColumn(page, id, 'cooking')
  assert.deepEqual(await at.items(id), { Soto: 'ready', Rendang: 'ready', 'Es krim': 'preparing' })
  await go(page, id).click()
  await inColumn(other, id, 'ready')
  await until(async () => (await at.get(id)).status === 'ready', 'ready')
  await shut(page, other)
})

test('a course is fired early and held again, by touch, by keys, and taken back', async () => {
  const at = inOutlet('c2')
  const page = await at.open()
  const { id } = await at.order(THREE)
  await card(page, id).waitFor()
  await go(page, id).click()
  await inColumn(page, id, 'cooking')
  await card(page, id).locator('[data-act=fire][data-course="2"]').click()
  await card(page, id).locator('[data-act=hold][data-course="2"]').waitFor()
  await until(async () => (await at.items(id)).Rendang === 'preparing', 'fired')
  await card(page, id).locator('[data-act=hold]').click()
  await until(async () => (await at.items(id)).Rendang === 'pending', 'on hold')
  await page.locator('#undo button').click()
  await until(async () => (await at.items(id)).Rendang === 'preparing', 'fired after all')
  await page.keyboard.press('1')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('1')
  await page.keyboard.press('h')
  await until(async () => (await at.items(id)).Rendang === 'pending', 'on hold by a key')
  await page.keyboard.press('f')
  await until(async () => (await at.items(id)).Rendang === 'preparing', 'fired by a key')
  assert.equal((await at.items(id))['Es krim'], 'pending')
  await shut(page)
})

test('courses are fired without the relay too, and sent once it is back', async () => {
  const at = inOutlet('c3')
  const wire = await wireTo(house.url)
  const page = await at.open('', { base: wire.url })
  const { id } = await at.order([dish('Soto', 1), dish('Rendang', 2)])
  await card(page, id).waitFor()
  await page.evaluate(() => navigator.serviceWorker.ready)
  // Under the worker from the next load on.
  await page.reload()
  await card(page, id).waitFor()
  await page.waitForFunction(() => document.querySelector('#strip .say')?.textContent.startsWith('live'))
  wire.cut()
  for (const words of ['Start', 'Course 1 ready', 'Fire course 2']) {
    await goSays(page, id, words)
    await go(page, id).click()
  }
  await goSays(page, id, /^Ready$/)
  await card(page, id).locator('.chip.waits').waitFor()
  assert.equal((await at.items(id)).Soto, 'pending', 'nothing is sent yet')
  await page.reload()
  await goSays(page, id, /^Ready$/)
  assert.deepEqual(await Promise.all([1, 2].map(n => state(page, id, n))), ['done', 'fired'], 'as it was left')
  wire.mend()
  await until(async () => JSON.stringify(await at.items(id)) === '{"Soto":"ready","Rendang":"preparing"}', 'sent', 60_000)
  await goSays(page, id, /^Ready$/)
  await shut(page)
  wire.close()
})

test('a station holds its own courses, and its part of the order stays on the stove meanwhile', async () => {
  const at = inOutlet('c4')
  const page = await at.open('&station=kitchen')
  const { id } = await at.order([dish('Soto', 1), dish('Rendang', 2), dish('Es teh', 1, 'bar')])
  await card(page, id).waitFor()
  await go(page, id).click()
  await inColumn(page, id, 'cooking')
  await until(async () => JSON.stringify(await at.items(id)) === '{"Soto":"preparing","Rendang":"pending","Es teh":"pending"}', 'the first course alone')
  await goSays(page, id, 'Course 1 ready')
  await go(page, id).click()
  await goSays(page, id, 'Fire course 2')
  await until(async () => (await at.items(id)).Soto === 'ready', 'the first course is ready')
  // By the relay's word alone, not by what the hand has just done.
  await page.reload()
  await goSays(page, id, 'Fire course 2')
  await inColumn(page, id, 'cooking')
  await go(page, id).click()
  await goSays(page, id, /^Ready$/)
  await go(page, id).click()
  await inColumn(page, id, 'ready')
  await until(async () => JSON.stringify(await at.items(id)) === '{"Soto":"ready","Rendang":"ready","Es teh":"pending"}', 'its own alone')
  await shut(page)
})

test('a ticket that stations share says which part it is', async () => {
  const at = inOutlet('c5')
  const [kitchen, bar, all] = [await at.open('&station=kitchen'), await at.open('&station=bar_depan'), await at.open()]
  const shared = await at.order([dish('Nasi', 1), dish('Es teh', 1, 'bar')])
  const own = await at.order([dish('Soto', 1)])
  const part = (page, { id }) => card(page, id).locator('.part [aria-hidden]')
  await card(kitchen, own.id).waitFor()
  await card(all, own.id).waitFor()
  assert.deepEqual([await part(bar, shared).innerText(), await part(kitchen, shared).innerText()], ['1/2', '2/2'])
  assert.match(await card(kitchen, shared.id).locator('.part .unseen').textContent(), /the rest at bar_depan/)
  assert.equal(await part(kitchen, own).count(), 0)
  assert.equal(await part(all, shared).count(), 0, 'who sees all has no part')
  await shut(kitchen, bar, all)
})

test('what a course may do is decided by its items alone', () => {
  const item = (course, status) => ({ id: `${course}${status}`, course, status })
  const states = items => coursesOf(items).map(({ state }) => state).join()
  assert.equal(states([item(2, 'pending'), item(1, 'pending')]), 'fired,held')
  assert.equal(states([item(1, 'ready'), item(2, 'preparing'), item(3, 'pending')]), 'done,fired,held')
  // Where the first course was cancelled, the next one is the first.
  assert.equal(states([item(1, 'cancelled'), item(2, 'pending'), item(3, 'pending')]), 'done,fired,held')
  assert.equal(states([item(1, 'pending'), item(2, 'cancelled')]), 'fired,done')
  assert.equal(states([item(undefined, 'pending'), item(1, 'pending')]), 'fired')
  assert.equal(nextStep([item(1, 'pending'), item(2, 'ready')]), null)
  assert.deepEqual(nextStep([item(1, 'pending'), item(2, 'pending')]), { step: 'done', n: 1 })
  assert.deepEqual(nextStep([item(1, 'served'), item(2, 'pending')]), { step: 'fire', n: 2 })
  const fired = changesBy([item(1, 'pending'), item(2, 'pending'), item(3, 'pending'), item(2, 'cancelled')], { step: 'fire', n: 2 })
  assert.deepEqual(fired.map(({ item, to }) => [item.id, to]), [['1pending', 'preparing'], ['2pending', 'preparing']])
})
