// The manager's dashboard over a real agent and a printer whose power goes: what needs a person is told, decided, printed.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { axeSource, openHouse, openPage, settled, shot, shut, until } from './house.mjs'
import { openStation } from './station.mjs'

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const VIEWS = ['now', 'printers', 'stations', 'templates', 'people', 'settings']
// What shows that a view has what it asked for.
const SHOWN = { now: '.one', printers: '.machines li', stations: '.stations li', templates: '.papers img', people: '.scroll tbody tr', settings: '.grid' }
const axe = readFileSync(axeSource, 'utf8')

let house
let kitchen
before(async () => { house = await openHouse(); kitchen = await openStation(house) })
after(async () => { await kitchen?.close(); await house.close() })

const sentence = page => page.locator('#sentence').textContent()

test('a manager decides what nobody knows, and the paper follows', async () => {
  const page = await openPage(house, '/?outlet=demo', { look: 'light' })
  await until(async () => (await sentence(page)) === 'The printer is fine.', 'all well', 30_000)
  const { id } = await house.order(['Soto Ayam'])
  await until(() => kitchen.papers().length === 1, 'the first ticket on paper', 20_000)
  await page.locator('.ticket[data-state="printed"]').first().waitFor()

  await kitchen.tell('power-cut-at 120')
  await house.order(['Rendang'], { tableNumber: 'D7' })
  await until(async () => (await house.ask('GET', '/api/jobs?state=unconfirmed')).items.length === 1, 'in doubt', 40_000)
  await until(async () => /may or may not have printed/.test(await sentence(page)), 'told', 10_000)
  await shot(page, 'manager-doubt')
  await kitchen.tell('power-on')
  const before = kitchen.papers().length
  await page.locator('.need[data-state="unconfirmed"]').getByRole('button', { name: 'Print again' }).click()
  await until(() => kitchen.papers().slice(before).some(text => text.includes('Rendang') && /REPRINT|POSSIBLE DUPLICATE/.test(text)), 'a marked copy', 40_000)
  await until(async () => (await page.locator('.need').count()) === 0, 'nothing left to decide', 20_000)

  // The whole story of a ticket, with its picture from the renderer.
  await page.locator('.one', { hasText: 'Soto Ayam' }).locator('.ticket').first().click()
  await page.locator('.story li', { hasText: 'printed' }).waitFor()
  await until(() => page.locator('dialog img.paper').evaluate(image => image.naturalWidth > 100), 'a picture of the ticket')
  await settled(page)
  await shot(page, 'manager-ticket')
  assert.ok(id)
  await shut(page)
})

test('a dry run says where everything goes and why', async () => {
  const page = await openPage(house, '/?outlet=demo#stations', { look: 'light' })
  await page.getByRole('button', { name: 'Try it' }).click()
  const rows = page.locator('.answer tbody tr')
  await rows.first().waitFor()
  assert.match(await rows.nth(0).textContent(), /Nasi Goreng.*kitchen/)
  assert.match(await rows.nth(1).textContent(), /Es Teh.*bar_depan/)
  assert.equal(await page.locator('.answer tr[data-odd]').count(), 1, 'what no rule matches')
  await page.locator('#order-text').fill('{')
  await page.getByRole('button', { name: 'Try it' }).click()
  await page.getByText('This is not JSON').waitFor()
  await shut(page)
})

test('a template is drawn while one types, on both papers', async () => {
  const page = await openPage(house, '/?outlet=demo#templates', { look: 'light' })
  const papers = page.locator('.papers img')
  await until(async () => (await papers.count()) === 2, 'two papers')
  await page.locator('#source').fill('Ujian')
  await until(() => papers.first().evaluate(image => image.alt.includes('Ujian')), 'what was typed')
  await shut(page)
})

test('a code for a computer is shown with its command', async () => {
  const page = await openPage(house, '/?outlet=demo#printers', { look: 'light' })
  await page.locator('.machines li').first().waitFor()
  await page.getByRole('button', { name: 'Add a computer' }).click()
  await page.getByLabel('bar', { exact: true }).check()
  await page.getByRole('button', { name: 'Make a code' }).click()
  const code = (await page.locator('.code').textContent()).trim()
  await page.locator('pre', { hasText: `printrail-agent service install ${code}` }).waitFor()
  await settled(page)
  await shot(page, 'manager-pairing')
  await shut(page)
})

test('axe finds nothing in any view and look, and every width fits', async () => {
  for (const view of VIEWS) {
    const page = await openPage(house, `/?outlet=demo#${view}`, { look: 'light', bypassCSP: true, reducedMotion: 'reduce' })
    await page.locator(`.of-${view} h2`).first().waitFor()
    await page.locator(SHOWN[view]).first().waitFor()
    await until(() => page.evaluate(() => document.querySelector('#sentence').textContent !== '…' && [...document.images].every(image => image.naturalWidth > 0)), 'drawn')
    await page.evaluate(axe)
    for (const look of ['light', 'dark', 'contrast']) {
      await page.evaluate(look => { document.documentElement.dataset.theme = look }, look)
      const { violations } = await page.evaluate(rules => window.axe.run(document, { runOnly: rules }), RULES)
      assert.deepEqual(violations.map(({ id, nodes }) => `${view}, ${look}: ${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join(' | ')}`), [])
    }
    await page.evaluate(() => { document.documentElement.dataset.theme = 'light' })
    for (const width of [320, 768, 1400, 3840]) {
      await page.setViewportSize({ width, height: 900 })
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      assert.ok(wide <= 0, `${view} at ${width}: ${wide} px too wide`)
      if (width === 1400 || width === 320) await shot(page, `manager-${view}-${width}`, { fullPage: true })
    }
    await page.context().close()
  }
})

test('the first load is small, and a script in a name stays text', async () => {
  await house.order(['<img src=x onerror="window.smuggled=1">'])
  const sizes = []
  const page = await openPage(house, '/?outlet=demo', { look: 'light' })
  page.on('response', async answer => { if (answer.url().startsWith(house.url) && !answer.url().includes('/api/')) sizes.push((await answer.request().sizes()).responseBodySize) })
  await page.reload()
  await page.locator('.one').first().waitFor()
  const total = sizes.reduce((sum, size) => sum + size, 0)
  assert.ok(total < 100_000, `${total} bytes`)
  await page.getByText('<img src=x').first().waitFor()
  assert.equal(await page.evaluate(() => window.smuggled), undefined)
  await shut(page)
})

test('words of the dashboard are whole in every language', async () => {
  const catalogue = async name => (await import(`../../relay/web/words/manager/${name}.js`)).default
  const english = await catalogue('en')
  for (const name of ['id', 'ar']) {
    const other = await catalogue(name)
    assert.deepEqual(Object.keys(other).sort(), Object.keys(english).sort(), name)
    for (const [key, text] of Object.entries(english)) {
      const slots = text => [...text.matchAll(/\{\w+\}/g)].map(String).sort()
      assert.deepEqual(slots(other[key]), slots(text), `${name}: ${key}`)
    }
  }
  const page = await openPage(house, '/?outlet=demo&lang=ar', { look: 'dark' })
  await until(() => page.evaluate(() => document.documentElement.dir === 'rtl'), 'right to left')
  await page.locator('#tabs a').first().waitFor()
  await shot(page, 'manager-ar')
  await shut(page)
})
