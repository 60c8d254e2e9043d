// What managers, cooks and guests expect beyond the orders: templates, alerts, a pickup
// screen, a window of time, paper where a screen dies.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { axeSource, card, openDisplay, openHouse, openPage, settled, shot, shut, sounds, until, wireTo } from './house.mjs'
import { openStation } from './station.mjs'

const LONG = Number(process.env.WITHIN_MS ?? 60_000)
// A screen is dead after 40 s, its backup prints within some seconds.
const DEAD = LONG + 60_000
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const axe = readFileSync(axeSource, 'utf8')
const SIZES = [[320, 640], [1080, 1920], [1280, 720], [3840, 2160]]

let house, cashier
before(async () => {
  house = await openHouse()
  cashier = await openStation(house, { station: 'cashier', printer: 'till' })
  await until(async () => (await house.ask('GET', '/api/stations')).items.some(({ name, device }) => name === 'cashier' && device), 'a computer', LONG)
})
after(async () => { await cashier?.close(); await house.close() })

const button = (root, name) => root.getByRole('button', { name })
const yes = page => button(page.locator('dialog'), 'Yes').click()
const manager = (view, options = {}) => openPage(house, `/?outlet=demo#${view}`, { look: 'light', ...options })
const bill = async id => house.ask('POST', `/api/orders/${id}/receipt`, {})

async function check (page, where) {
  await page.evaluate(axe)
  for (const look of ['light', 'dark', 'contrast']) {
    await page.evaluate(look => { document.documentElement.dataset.theme = look }, look)
    const { violations } = await page.evaluate(rules => window.axe.run(document, { runOnly: rules }), RULES)
    assert.deepEqual(violations.map(({ id, nodes }) => `${where}, ${look}: ${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join(' | ')}`), [])
  }
}

async function fits (page, where) {
  for (const [width, height] of SIZES) {
    await page.setViewportSize({ width, height })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    assert.ok(wide <= 0, `${where} at ${width}: ${wide} px too wide`)
    await shot(page, `${where}-${width}`, { fullPage: true })
  }
}

test('a template is published with its difference in sight, prints, and goes back', async () => {
  const page = await manager('templates', { bypassCSP: true, reducedMotion: 'reduce' })
  const source = page.locator('#source')
  await page.locator('#template').selectOption('receipt')
  await until(async () => (await source.inputValue()).length > 40, 'the built-in one')
  const before = await source.inputValue()
  await page.getByText('Nothing: this is what prints now.').waitFor()
  await source.fill(`THANK YOU COME AGAIN\n${before}`)
  await page.locator('.diff ins', { hasText: 'THANK YOU COME AGAIN' }).waitFor()
  assert.equal(await page.locator('.diff del').count(), 0)
  await until(() => page.locator('.papers img').first().evaluate(image => image.alt.includes('THANK YOU')), 'drawn')
  await settled(page)
  await shot(page, 'manager-templates-diff', { fullPage: true })
  await check(page, 'templates with a difference')
  const { id } = await house.order(['Soto'], { paymentMethod: 'cash' })
  const papers = () => cashier.papers().length
  let n = papers()
  await bill(id)
  await until(() => papers() > n, 'a bill', LONG)
  assert.ok(!cashier.papers().some(text => text.includes('THANK YOU')), 'nothing is printed that was not published')
  await button(page, 'Publish').click()
  await yes(page)
  await page.locator('.versions li', { hasText: 'Version 1' }).locator('.chip', { hasText: 'in use' }).waitFor()
  n = papers()
  await bill(id)
  await until(() => cashier.papers().some(text => text.includes('THANK YOU COME AGAIN')), 'what was published on paper', LONG)
  // What cannot print is not published.
  await source.fill('{% if %}')
  await button(page, 'Publish').click()
  await yes(page)
  await page.locator('.notice.bad', { hasText: 'cannot be printed' }).waitFor()
  await button(page, 'Drop my changes').click()
  assert.match(await source.inputValue(), /THANK YOU/)
  await button(page.locator('.versions li', { hasText: 'Built in' }), 'Go back to it').click()
  await yes(page)
  await page.getByText('The built-in one prints now.').waitFor()
  n = papers()
  await bill(id)
  await until(() => papers() > n, 'one more bill', LONG)
  assert.equal(cashier.papers().filter(text => text.includes('THANK YOU')).length, 1)
  await shut(page)
})

test('a manager reads an order as the relay keeps it, takes it back, and sees what a printer printed last', async () => {
  const { id, orderNumber } = await house.order(['Soto'], { paymentMethod: 'cash', customer: { name: 'Sari' } })
  const page = await manager('now', { bypassCSP: true, reducedMotion: 'reduce' })
  const row = page.locator('.orders .one', { hasText: orderNumber })
  await button(row, 'Whole order').click()
  const sheet = page.locator('dialog')
  const shown = JSON.parse(await sheet.locator('pre').innerText())
  assert.deepEqual(shown, await house.ask('GET', `/api/orders/${id}`))
  assert.equal(shown.customer.name, 'Sari')
  await settled(page)
  await check(page, 'a whole order')
  await button(sheet, 'Void the order').click()
  assert.equal((await house.ask('GET', `/api/orders/${id}`)).status, 'pending', 'not before it is said twice')
  await yes(page)
  await until(async () => (await house.ask('GET', `/api/orders/${id}`)).status === 'cancelled', 'void', LONG)
  await row.locator('.chip', { hasText: 'cancelled' }).first().waitFor()
  await button(row, 'Whole order').click()
  await sheet.locator('pre').waitFor()
  assert.equal(await button(sheet, 'Void the order').count(), 0, 'nothing is voided twice')
  await shut(page)

  await bill((await house.order(['Soto'])).id)
  const printers = await manager('printers')
  await printers.locator('.printers li', { hasText: 'till' }).getByText(/last ticket cashier #[0-9]+ at /).waitFor({ timeout: LONG })
  await shut(printers)
})

test('who is told hears of a printer without paper within a minute, and once when it is over', async () => {
  const heard = []
  let answers = 200
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', chunk => { body += chunk })
    request.on('end', () => { heard.push({ path: request.url, title: request.headers.title, body }); response.writeHead(answers).end() })
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  const base = `http://127.0.0.1:${server.address().port}`
  const page = await manager('settings', { bypassCSP: true, reducedMotion: 'reduce' })
  await page.getByText('Nobody is told yet.').waitFor()
  for (const [kind, path] of [['webhook', '/hook'], ['ntfy', '/topic']]) {
    await page.locator('#alert-kind').selectOption(kind)
    await page.locator('#alert-url').fill(base + path)
    await button(page, 'Add').click()
    await page.locator('.targets li', { hasText: base + path }).waitFor()
  }
  await button(page, 'Send a test').click()
  await page.locator('.notice', { hasText: 'Sent to 2.' }).waitFor()
  assert.deepEqual(heard.map(({ path }) => path).sort(), ['/hook', '/topic'])
  assert.equal(heard.find(({ path }) => path === '/topic').title, 'Printrail: demo')
  heard.length = 0
  await cashier.tell('paper-out')
  const { id } = await house.order(['Soto'])
  await bill(id)
  await until(() => heard.filter(({ body }) => /till: out of paper/.test(body)).length === 2, 'told', LONG + 30_000)
  assert.equal(JSON.parse(heard.find(({ path, body }) => path === '/hook' && /out of paper/.test(body)).body).over, false)
  await page.locator('.finding', { hasText: 'till: out of paper' }).waitFor()
  await page.locator('tbody tr', { hasText: 'till: out of paper' }).locator('.chip', { hasText: 'arrived' }).first().waitFor()
  await check(page, 'settings')
  await page.evaluate(() => { document.documentElement.dataset.theme = 'light' })
  await fits(page, 'manager-settings')
  await page.setViewportSize({ width: 1280, height: 800 })
  await cashier.tell('refill')
  await until(() => heard.some(({ body }) => /Over: till: out of paper/.test(body)), 'over', LONG)
  // What did not arrive says why, and is sent again by hand.
  answers = 503
  await button(page, 'Send a test').click()
  await page.locator('.notice.bad', { hasText: '503' }).waitFor()
  answers = 200
  const lost = page.locator('tbody tr', { hasText: 'did not arrive' }).first()
  const before = heard.length
  await button(lost, 'Send again').click()
  await until(() => heard.length > before, 'sent again', LONG)
  for (let n = 2; n > 0; n--) {
    await button(page.locator('.targets li').first(), 'Remove').click()
    await until(async () => await page.locator('.targets li').count() === n - 1, 'removed', LONG)
  }
  await page.locator('#set-currency').fill('IDR')
  await button(page, 'Save').click()
  await page.locator('.notice', { hasText: 'Saved.' }).waitFor()
  assert.equal((await house.ask('GET', '/api/routing')).currency, 'IDR')
  server.close()
  await shut(page)
})

test('the pickup screen shows numbers alone, and what the kitchen entered alone', async () => {
  const headers = { 'x-outlet': 'pick' }
  const make = more => house.ask('POST', '/api/orders', { orderType: 'takeout', paymentMethod: 'cash', customer: { name: 'Ibu Sari' }, items: [{ name: 'Bakso', quantity: 1, price: 5, workstation: 'kitchen' }], ...more }, headers)
  const move = (id, status) => house.ask('PATCH', `/api/orders/${id}`, { status }, headers)
  const page = await openPage(house, '/pickup?outlet=pick', { bypassCSP: true, reducedMotion: 'reduce' })
  const numbers = list => page.locator(`#${list} li`).allInnerTexts()
  const [one, two, table] = [await make(), await make(), await make({ orderType: 'dine-in', tableNumber: 'C4' })]
  const short = order => order.orderNumber.split('-').at(-1)
  await move(one.id, 'confirmed')
  await move(two.id, 'cooking')
  await move(table.id, 'cooking')
  await until(async () => (await numbers('making')).join() === short(two), 'one is being made')
  await move(two.id, 'ready')
  await until(async () => (await numbers('ready')).join() === short(two), 'ready')
  assert.equal(await sounds(page, 'fresh'), 1)
  assert.deepEqual(await numbers('making'), [])
  await move(one.id, 'cooking')
  await until(async () => (await numbers('making')).join() === short(one), 'the other one')
  assert.doesNotMatch(await page.locator('body').innerText(), /Sari|Bakso|C4/)
  for (let n = 0; n < 14; n++) { const { id } = await make(); await move(id, n % 2 ? 'ready' : 'cooking') }
  await until(async () => (await numbers('ready')).length === 8, 'a busy evening')
  await check(page, 'pickup')
  await page.evaluate(() => { document.documentElement.dataset.theme = 'dark' })
  await fits(page, 'pickup')
  const all = await openPage(house, '/pickup?outlet=pick&all')
  await until(async () => (await all.locator('#making li').allInnerTexts()).includes(short(table)), 'whoever calls all of them')
  await move(two.id, 'completed')
  await until(async () => !(await numbers('ready')).includes(short(two)), 'fetched')
  await shut(page, all)
})

test('an older word that comes behind a newer one changes nothing on the pickup screen, and calls nobody twice', async () => {
  const headers = { 'x-outlet': 'late' }
  const make = async status => {
    const made = await house.ask('POST', '/api/orders', { orderType: 'takeout', paymentMethod: 'cash', items: [{ name: 'Bakso', quantity: 1, price: 5, workstation: 'kitchen' }] }, headers)
    await house.ask('PATCH', `/api/orders/${made.id}`, { status }, headers)
    return made
  }
  const first = await make('cooking')
  const short = first.orderNumber.split('-').at(-1)
  let release
  const isHeld = new Promise(resolve => { release = resolve })
  const page = await openPage(house, '/pickup?outlet=late', { prepare: page => page.route('**/api/sync', async route => {
    const response = await route.fetch()
    await isHeld
    await route.fulfill({ response })
  }) })
  const numbers = list => page.locator(`#${list} li`).allInnerTexts()
  // Until its socket is in its rooms.
  let others = 0
  await until(async () => { others++; await make('cooking'); return (await numbers('making')).length > 0 }, 'the socket speaks', LONG)
  await house.ask('PATCH', `/api/orders/${first.id}`, { status: 'ready' }, headers)
  await until(async () => (await numbers('ready')).includes(short), 'ready', LONG)
  release()
  await until(async () => (await numbers('making')).length === others, 'all of them', LONG)
  assert.deepEqual(await numbers('ready'), [short])
  assert.equal(await sounds(page, 'fresh'), 1)
  await shut(page)
})

test('a guest sees between when and when the order is ready, and the telephone shakes when it is', async () => {
  const headers = { 'x-outlet': 'eta' }
  const make = more => house.ask('POST', '/api/orders', { orderType: 'dine-in', tableNumber: 'B2', paymentMethod: 'cash', items: [{ name: 'Bakso', quantity: 1, price: 5, workstation: 'kitchen' }], ...more }, headers)
  const move = (id, status) => house.ask('PATCH', `/api/orders/${id}`, { status }, headers)
  const { token } = await house.ask('POST', '/api/sessions', { tableNumber: 'B2' }, headers)
  const { id } = await make({ sessionToken: token })
  const page = await openPage(house, `/s/${token}`, { look: 'light', bypassCSP: true, reducedMotion: 'reduce', prepare: page => page.addInitScript(() => {
    window.shaken = []
    navigator.vibrate = pattern => { window.shaken.push(pattern); return true }
  }) })
  await page.locator('.order').waitFor()
  assert.equal(await page.locator('.eta').count(), 0, 'of a kitchen that nobody knows, nothing is said')
  for (let n = 0; n < 3; n++) { const made = await make(); await move(made.id, 'ready') }
  await move(id, 'cooking')
  await page.locator('.eta', { hasText: /^Ready about \d\d:\d\d–\d\d:\d\d$/ }).waitFor()
  await check(page, 'guest with a window')
  await shot(page, 'guest-eta', { fullPage: true })
  await move(id, 'ready')
  await page.locator('.order[data-status=ready]').waitFor()
  assert.equal(await page.locator('.eta').count(), 0)
  assert.equal(await page.evaluate(() => window.shaken.length), 1)
  await shut(page)
})

test('a station that only a screen shows prints nothing while it lives, and at its backup when it dies', async () => {
  await house.ask('PUT', '/api/stations/kitchen', { backup: 'cashier', backupAfterS: 5 })
  const wire = await wireTo(house.url)
  const page = await openDisplay(house, { query: '?station=kitchen', base: wire.url })
  await until(async () => (await house.ask('GET', '/api/stations')).items.some(({ name, screen }) => name === 'kitchen' && screen), 'heard of', LONG)
  const dashboard = await manager('stations')
  await dashboard.locator('.stations li', { hasText: 'on the kitchen display' }).waitFor()
  const { id, jobs } = await house.order(['Rendang'], { tableNumber: 'D9' })
  await card(page, id).waitFor()
  // Longer than a backup would wait.
  await new Promise(resolve => setTimeout(resolve, 12_000))
  assert.equal((await house.ask('GET', `/api/jobs/${jobs[0].id}`)).state, 'accepted')
  assert.doesNotMatch(await dashboard.locator('#sentence').textContent(), /kitchen/)
  wire.cut()
  await until(() => cashier.papers().some(text => text.includes('Rendang')), 'on paper at the backup', DEAD)
  await dashboard.locator('.stations li', { hasText: 'its screen is dead' }).waitFor()
  wire.close()
  await shut(dashboard)
  await page.context().close()
})

test('a ticket that became stale waits until a person says Print now', async () => {
  const { id, jobs } = await house.order([{ name: 'Es Campur', workstation: 'bar' }], { tableNumber: 'A3' })
  const station = jobs[0].station
  await house.kill()
  // Forty minutes ago, as far as the relay knows.
  execFileSync('python3', ['-c', 'import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); unit = 1000 if db.execute("SELECT max(due) FROM jobs").fetchone()[0] < 10**14 else 10**6; db.execute("UPDATE jobs SET due = due - ? WHERE id = ?", (40 * 60 * unit, sys.argv[2])); db.commit()', join(house.data, 'relay.db'), jobs[0].id])
  await house.start()
  const bar = await openStation(house, { station, printer: 'tap' })
  const page = await manager('now')
  const need = page.locator('.need[data-state="held"]', { hasText: station })
  await need.waitFor({ timeout: LONG })
  await until(async () => /One ticket is too old to print by itself/.test(await page.locator('#sentence').textContent()), 'told', LONG)
  await shot(page, 'manager-stale')
  assert.ok(!bar.papers().some(text => text.includes('Es Campur') && !/WAITING/i.test(text)), 'nothing printed by itself')
  await button(need, 'Print now').click()
  await until(() => bar.papers().some(text => text.includes('Es Campur') && /LATE/.test(text)), 'on paper, marked late', LONG)
  await need.waitFor({ state: 'detached', timeout: LONG })
  assert.equal((await house.ask('GET', `/api/jobs?order=${id}`)).items.length, 1, 'the same ticket, once')
  await bar.close()
  await shut(page)
})
