// What a cook arranges on the board: who comes first, which station it is for, what is gone and comes back.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { card, inColumn, openDisplay, openHouse, shut, until } from './house.mjs'

let house
before(async () => { house = await openHouse() })
after(() => house.close())

const inOutlet = name => {
  const headers = { 'x-outlet': name }
  const ask = (method, path, body) => house.ask(method, path, body, headers)
  return {
    ask,
    order: (name, more = {}) => ask('POST', '/api/orders', { orderType: 'dine-in', tableNumber: 'C4', paymentMethod: 'cash',
      items: [{ name, quantity: 1, price: 5, workstation: 'kitchen', ...more }] }),
    open: (query = '', options = {}) => openDisplay(house, { query: `?outlet=${name}${query}`, ...options })
  }
}
const inOrder = (page, stage) => page.locator(`.column[data-stage=${stage}] .card`).evaluateAll(cards => cards.map(one => one.dataset.id))

test('who is VIP goes first, then who is express, then the oldest, on every display', async () => {
  const at = inOutlet('b1')
  const [page, other] = [await at.open(), await at.open()]
  const ids = []
  for (const name of ['Soto', 'Rawon', 'Pecel']) ids.push((await at.order(name)).id)
  const [soto, rawon, pecel] = ids
  await until(async () => (await inOrder(page, 'pending')).join() === ids.join(), 'the oldest first')
  const rank = async (id, name) => {
    await card(page, id).locator('[data-act=details]').click()
    await page.locator('[data-panel=details]').getByRole('button', { name, exact: true }).click()
  }
  await rank(rawon, 'Express')
  await until(async () => (await inOrder(other, 'pending')).join() === [rawon, soto, pecel].join(), 'express first')
  await rank(pecel, 'VIP')
  await until(async () => (await inOrder(other, 'pending')).join() === [pecel, rawon, soto].join(), 'VIP before express')
  await card(other, pecel).locator('.chip.vip').waitFor()
  await rank(pecel, 'Normal')
  await until(async () => (await inOrder(page, 'pending')).join() === [rawon, soto, pecel].join(), 'as it was')
  await shut(page, other)
})

test('a station chosen on the display shows its items alone, and is still chosen the next time', async () => {
  const at = inOutlet('b2')
  const page = await at.open()
  const [food, drink] = [await at.order('Soto'), await at.order('Es teh', { workstation: 'bar' })]
  await card(page, food.id).waitFor()
  await card(page, drink.id).waitFor()
  await page.locator('#station').selectOption('bar_depan')
  await card(page, drink.id).waitFor()
  assert.equal(await card(page, food.id).count(), 0)
  await page.goto(`${house.url}/kds?outlet=b2`)
  await card(page, drink.id).waitFor()
  assert.equal(await card(page, food.id).count(), 0)
  assert.equal(await page.locator('#station').inputValue(), 'bar_depan')
  await page.locator('#station').selectOption('')
  await card(page, food.id).waitFor()
  await shut(page)
})

test('recall lists the last 50, the newest first, also those that another display finished', async () => {
  const at = inOutlet('b3')
  const ids = []
  for (let n = 0; n < 53; n++) {
    const { id } = await at.order(`Dish ${n}`)
    for (const status of ['ready', 'completed']) await at.ask('PATCH', `/api/orders/${id}`, { status })
    ids.push(id)
  }
  const page = await at.open()
  await page.locator('#b-recall').click()
  const rows = page.locator('[data-panel=recall] .rows li')
  await rows.first().waitFor()
  assert.equal(await rows.count(), 50)
  assert.match(await rows.first().innerText(), /Dish 52/)
  assert.match(await rows.last().innerText(), /Dish 3$/m)
  await rows.first().getByRole('button', { name: 'Bring back' }).click()
  await inColumn(page, ids.at(-1), 'ready')
  await shut(page)
})

const bringBack = async (page, id) => {
  await page.locator('#b-recall').click()
  const short = (await page.evaluate(id => fetch(`/api/orders/${id}`, { headers: { 'x-outlet': new URLSearchParams(location.search).get('outlet') } }).then(answer => answer.json()), id)).orderNumber.split('-').at(-1)
  await page.getByRole('button', { name: `Bring back ${short}`, exact: true }).click()
}

test('what jumped to the end goes back to where it was, on every display', async () => {
  const at = inOutlet('b6')
  const [page, other] = [await at.open(), await at.open()]
  const { id } = await at.order('Soto')
  await card(page, id).waitFor()
  await at.ask('PATCH', `/api/orders/${id}`, { status: 'completed' })
  await until(async () => (await page.locator('.card').count()) === 0, 'gone')
  await bringBack(page, id)
  await inColumn(page, id, 'pending')
  await inColumn(other, id, 'pending')
  assert.equal(await house.ask('GET', `/api/orders/${id}`, undefined, { 'x-outlet': 'b6' }).then(order => order.status), 'pending')
  assert.equal(await page.locator('.notice').count(), 0, 'nobody is told of a refusal')
  await shut(page, other)
})

test('what the relay takes back no more comes back to this display alone, also after a reload, until it is put away', async () => {
  const at = inOutlet('b7')
  const [page, other] = [await at.open(), await at.open()]
  const { id } = await at.order('Rawon')
  const { id: next } = await at.order('Pecel')
  for (const stage of ['cooking', 'ready']) { await card(page, id).locator('[data-act=go]').click(); await inColumn(page, id, stage) }
  await card(page, id).locator('[data-act=go]').click()
  await card(page, id).waitFor({ state: 'detached' })
  await until(async () => (await at.ask('GET', `/api/orders/${id}`)).status === 'completed', 'completed')
  // As the relay answers after a minute.
  await page.route('**/api/orders/*', route => (route.request().method() === 'PATCH' ? route.fulfill({ status: 409, json: { code: 'CONFLICT' } }) : route.continue()))
  await bringBack(page, id)
  await inColumn(page, id, 'ready')
  await card(page, id).locator('.chip.recalled').waitFor()
  await page.unrouteAll({ behavior: 'wait' })
  assert.equal(await card(other, id).count(), 0)
  await at.ask('PATCH', `/api/orders/${next}`, { priority: 'vip' })
  await card(page, next).locator('.chip.vip').waitFor()
  await page.reload()
  await card(page, id).locator('.chip.recalled').waitFor()
  await card(page, id).getByRole('button', { name: /^Put away/ }).click()
  await card(page, id).waitFor({ state: 'detached' })
  assert.equal((await at.ask('GET', `/api/orders/${id}`)).status, 'completed', 'what is done stays done')
  await shut(page, other)
})

test('what a waiter served comes back to the board too', async () => {
  const at = inOutlet('b8')
  const page = await at.open()
  const { id } = await at.order('Gado-gado')
  for (const status of ['ready', 'served']) await at.ask('PATCH', `/api/orders/${id}`, { status })
  await card(page, id).waitFor({ state: 'detached' })
  await bringBack(page, id)
  await card(page, id).locator('.chip.recalled').waitFor()
  await shut(page)
})

test('all-day counts add up what is still to be made at this station, and follow it', async () => {
  const at = inOutlet('b4')
  const page = await at.open('&station=kitchen')
  const first = await at.order('Soto', { quantity: 2 })
  await at.order('Soto', { quantity: 3 })
  const last = await at.order('Es teh', { workstation: 'bar', quantity: 7 })
  await until(async () => (await page.locator('.card').count()) === 2, 'two cards')
  const counts = async () => {
    await page.locator('#b-allday').click()
    const text = await page.locator('[data-panel=allday]').innerText()
    await page.keyboard.press('Escape')
    await page.locator('dialog').waitFor({ state: 'detached' })
    return text
  }
  assert.match(await counts(), /5×\s*Soto/)
  assert.doesNotMatch(await counts(), /Es teh/, last.id)
  for (const stage of ['cooking', 'ready']) { await card(page, first.id).locator('[data-act=go]').click(); await inColumn(page, first.id, stage) }
  assert.match(await counts(), /3×\s*Soto/)
  await shut(page)
})

test('a tablet that has to be touched before it may sound says so, until it was', async () => {
  const page = await openDisplay(house, { query: '?outlet=b5', prepare: page => page.addInitScript(() => {
    // A browser that lets nothing sound before a touch.
    const resume = AudioContext.prototype.resume
    let isTouched = false
    Object.defineProperty(AudioContext.prototype, 'state', { get () { return isTouched ? 'running' : 'suspended' } })
    AudioContext.prototype.resume = function () { isTouched = navigator.userActivation.isActive; return resume.call(this) }
  }) })
  const start = page.getByRole('button', { name: /Start shift/ })
  await start.waitFor()
  await start.click()
  await start.waitFor({ state: 'hidden' })
  await shut(page)
})
