// A manager's evening where the relay asks for tokens: two computers are paired, a ticket goes to the neighbour, another
// is said to be on paper, the relay dies and comes back.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openHouse, openPage, shot, shut, until } from './house.mjs'
import { openStation } from './station.mjs'

const LONG = Number(process.env.WITHIN_MS ?? 60_000)

let house, page
const as = {}
const stations = {}
before(async () => {
  house = await openHouse('--tokens')
  for (const role of ['manager', 'pos']) as[role] = { authorization: `Bearer ${house.token(role)}` }
})
after(async () => {
  for (const station of Object.values(stations)) await station.close()
  await house.close()
})

const sentence = () => page.locator('#sentence').textContent()
const order = (name, more) => house.ask('POST', '/api/orders', { orderType: 'dine-in', tableNumber: 'C4', paymentMethod: 'cash',
  items: [{ name, quantity: 1, price: 5, workstation: 'kitchen' }], ...more }, as.pos)
const jobs = query => house.ask('GET', `/api/jobs?${query}`, undefined, as.manager)
const need = state => page.locator(`.need[data-state="${state}"]`)
const button = (root, name) => root.getByRole('button', { name })

test('a manager signs in with a code, and stays so', async () => {
  const { code } = await house.ask('POST', '/api/screen-codes', { role: 'manager', name: 'Anna' }, as.manager)
  page = await openPage(house, '/', { look: 'light' })
  await page.locator('#token').fill(code)
  await page.keyboard.press('Enter')
  await until(async () => /No computer prints yet/.test(await sentence()), 'the sentence', LONG)
  assert.equal(await page.locator('#outlet').textContent(), 'demo', 'the outlet is the token\'s')
  await page.reload()
  await until(async () => /No computer prints yet/.test(await sentence()), 'signed in still', LONG)
  assert.equal(await page.locator('dialog').count(), 0)
})

test('two computers are paired by codes of the dashboard', async () => {
  for (const [station, printer] of [['kitchen', 'grill'], ['cashier', 'till']]) {
    await page.locator('#tabs a', { hasText: 'Printers' }).click()
    await button(page, 'Add a computer').click()
    await page.getByLabel(station, { exact: true }).check()
    await button(page, 'Make a code').click()
    const code = (await page.locator('.code').textContent()).trim()
    await page.keyboard.press('Escape')
    await until(async () => await page.locator('dialog').count() === 0, 'closed', LONG)
    stations[station] = await openStation(house, { station, printer, code })
    await page.locator('.machines li', { hasText: `${station}-pc` }).locator('.chip', { hasText: 'ready' }).waitFor({ timeout: LONG })
  }
  await until(async () => await sentence() === 'All 2 printers fine.', 'all well', LONG)
})

test('a ticket that waits for paper is sent to another station, and does not come out at home', async () => {
  await stations.kitchen.tell('paper-out')
  const { id } = await order('Rendang')
  await page.locator('#tabs a', { hasText: 'Now' }).click()
  await until(async () => /grill: out of paper, 1 ticket waiting/.test(await sentence()), 'told', LONG)
  const held = need('held').filter({ hasText: 'kitchen' })
  await held.waitFor({ timeout: LONG })
  await shot(page, 'manager-held')
  await button(held, 'Send to cashier').click()
  await until(() => stations.cashier.papers().some(text => text.includes('Rendang') && /REPRINT/.test(text)), 'a marked copy at the cashier', LONG)
  await until(async () => (await need('held').count()) === 0, 'nothing left to decide', LONG)
  await stations.kitchen.tell('refill')
  // Whatever the kitchen's printer still had comes before the next ticket.
  await order('Gudeg')
  await until(() => stations.kitchen.papers().some(text => text.includes('Gudeg')), 'the next ticket', LONG)
  await until(async () => await sentence() === 'All 2 printers fine.', 'all well', LONG)
  assert.ok(!stations.kitchen.papers().some(text => text.includes('Rendang')), 'at home it was withdrawn')
  const { items } = await jobs(`order=${id}`)
  assert.deepEqual(items.map(({ station, state }) => [station, state]).sort(), [['cashier', 'printed'], ['kitchen', 'cancelled']])
})

test('what a person saw on paper is settled by that, and nothing prints again', async () => {
  await stations.kitchen.tell('power-cut-at 120')
  const { id } = await order('Sayur Lodeh')
  await need('unconfirmed').waitFor({ timeout: LONG })
  await stations.kitchen.tell('power-on')
  const before = stations.kitchen.papers().filter(text => text.includes('Lodeh')).length
  await button(need('unconfirmed'), 'It printed').click()
  await until(async () => (await jobs(`order=${id}`)).items[0].state === 'printed', 'printed', LONG)
  assert.equal((await jobs(`order=${id}`)).items[0].evidence, 'person')
  await page.locator('.one', { hasText: 'Sayur Lodeh' }).locator('.ticket', { hasText: 'seen by a person' }).waitFor({ timeout: LONG })
  await order('Klepon')
  await until(() => stations.kitchen.papers().some(text => text.includes('Klepon')), 'the next ticket', LONG)
  assert.equal(stations.kitchen.papers().filter(text => text.includes('Lodeh')).length, before)
})

test('a ticket that is late is withdrawn by a person, and never comes out', async () => {
  // Of the bar nobody prints: its ticket is late until somebody decides.
  const { id } = await order('Es Teh', { items: [{ name: 'Es Teh', quantity: 1, price: 5, workstation: 'bar' }] })
  const late = need('accepted').filter({ hasText: 'bar_depan' })
  await late.waitFor({ timeout: LONG })
  await until(async () => /bar_depan: no computer prints for it, 1 ticket waiting/.test(await sentence()), 'told', LONG)
  await button(late, 'Withdraw').click()
  await button(page.locator('dialog'), 'Yes').click()
  await late.waitFor({ state: 'detached', timeout: LONG })
  assert.equal((await jobs(`order=${id}`)).items[0].state, 'cancelled')
  await until(async () => await sentence() === 'All 2 printers fine.', 'all well', LONG)
})

test('the day has its figures, and the hour of the doubt is marked', async () => {
  const figures = page.locator('.figures')
  await until(async () => /half in [\d.]+ s, 95 % in [\d.]+ s/.test(await figures.innerText()), 'how fast', LONG)
  assert.match(await figures.innerText(), /2 of 2/)
  await until(async () => /none waits/.test(await figures.innerText()), 'nobody waits', LONG)
  assert.equal(await figures.locator('.hour').count(), 24)
  assert.match(await figures.locator('[role=img]').getAttribute('aria-label'), /^\d+ tickets in 24 hours/)
})

test('a copy is printed from a ticket\'s story, found by its table', async () => {
  await order('Pepes Ikan', { tableNumber: 'Q9', customer: { name: 'Ibu Sari', phone: '0812-7777' } })
  await order('Lalap', { tableNumber: 'R1' })
  await page.locator('.one', { hasText: 'Lalap' }).waitFor()
  for (const wanted of ['q9', '7777']) {
    await page.getByLabel('Number, table or telephone').fill(wanted)
    await until(async () => (await page.locator('.one').count()) === 1, 'one order found', LONG)
  }
  const found = page.locator('.one', { hasText: 'Pepes Ikan' })
  await found.locator('.ticket[data-state="printed"]').click()
  await button(page.locator('dialog'), 'Print a copy').click()
  await until(() => stations.kitchen.papers().some(text => text.includes('Pepes Ikan') && text.includes('REPRINT')), 'a marked copy', LONG)
  await page.getByLabel('Number, table or telephone').fill('')
})

test('a computer is tested, renamed and shut out, and the audit says by whom', async () => {
  await page.locator('#tabs a', { hasText: 'Printers' }).click()
  const machine = name => page.locator('.machines li', { hasText: name })
  const before = stations.cashier.papers().length
  await button(machine('cashier-pc'), 'Print test').click()
  await until(() => stations.cashier.papers().length > before, 'a test ticket', LONG)
  await button(machine('cashier-pc'), 'Identify').click()
  await page.locator('.notice', { hasText: 'cashier-pc says its name at cashier' }).waitFor()
  await until(() => stations.cashier.papers().some(text => text.includes('cashier-pc')), 'its name on paper', LONG)
  await button(machine('cashier-pc'), 'Rename').click()
  await page.getByLabel('Name', { exact: true }).fill('till by the door')
  await button(page, 'Save').click()
  await machine('till by the door').waitFor()
  await button(machine('till by the door'), 'Revoke').click()
  await button(page.locator('dialog'), 'Yes').click()
  await machine('till by the door').waitFor({ state: 'detached' })
  await until(async () => await sentence() === 'The printer is fine.', 'one printer left', LONG)
  await page.locator('#tabs a', { hasText: 'People' }).click()
  await page.locator('tbody tr', { hasText: /sent to cashier/ }).waitFor()
  await page.getByLabel('By whom').fill('manager:Anna')
  await until(async () => (await page.locator('tbody tr').allInnerTexts()).every(text => text.includes('manager:Anna')), 'hers alone', LONG)
  await page.locator('tbody tr', { hasText: /revoked/ }).waitFor()
  await page.locator('#tabs a', { hasText: 'Now' }).click()
})

test('a computer that shows a phrase comes in by its picture', async () => {
  const phrase = '7K3M-maple-river-otter-tulip'
  await page.goto(`${house.url}/#printers&pair=${phrase}`)
  const shown = page.getByLabel('Phrase that the computer shows')
  assert.equal(await shown.inputValue(), phrase)
  assert.equal(new URL(page.url()).hash, '#printers', 'the phrase does not stay in the address')
  await page.getByLabel('bar', { exact: true }).check()
  await button(page, 'Make a code').click()
  await until(async () => await page.locator('dialog').count() === 0, 'closed', LONG)
  const paired = await house.ask('POST', '/api/enrol', { code: phrase, name: 'bar-pc' })
  assert.deepEqual(paired.stations.map(({ name }) => name), ['bar'])
  await house.ask('POST', `/api/devices/${paired.deviceId}/revoke`, undefined, as.manager)
  await page.locator('#tabs a', { hasText: 'Now' }).click()
})

test('the relay dies and comes back: everybody is still signed in, and the page is right by itself', async () => {
  const kds = await openPage(house, '/kds', { token: house.token('kitchen') })
  const live = () => until(async () => /^live [0-3] s/.test(await kds.locator('#strip .say').innerText()), 'live', LONG)
  await live()
  const { code } = await house.ask('POST', '/api/screen-codes', { role: 'kitchen', name: 'pass' }, as.manager)
  await house.kill()
  await house.start()
  await live()
  await until(async () => await sentence() === 'The printer is fine.', 'all well again', LONG)
  const { id } = await order('Es Campur')
  await kds.locator(`.card[data-id="${id}"]`).waitFor({ timeout: LONG })
  await page.locator('.one', { hasText: 'Es Campur' }).waitFor({ timeout: LONG })
  assert.equal(await page.locator('dialog').count(), 0)
  const late = await openPage(house, '/kds')
  await late.locator('#token').fill(code)
  await late.keyboard.press('Enter')
  await late.locator(`.card[data-id="${id}"]`).waitFor({ timeout: LONG })
  await shut(kds, late)
})

test('who is revoked is shut out, and who signs out is out', async () => {
  await page.locator('#tabs a', { hasText: 'People' }).click()
  const row = page.locator('.tokens li', { hasText: 'pass' })
  await button(row, 'Revoke').click()
  await button(page.locator('dialog'), 'Yes').click()
  await row.waitFor({ state: 'detached' })
  await button(page, 'Sign out').click()
  await page.locator('dialog #token').waitFor()
  assert.equal(await page.evaluate(() => localStorage.getItem('printrail:token')), null)
  await shut(page)
})
