// The pages by keyboard alone: whatever a mouse reaches, Tab does, Enter does it, Escape leaves it, and the focus is
// never lost nor unseen.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { card, openDisplay, openHouse, openPage, shut, until } from './house.mjs'
import { openStation } from './station.mjs'

const LONG = Number(process.env.WITHIN_MS ?? 60_000)
const MOST_TABS = 200

let house, bar
before(async () => {
  house = await openHouse()
  // The bar prints; of the kitchen nobody does, so its tickets need a person.
  bar = await openStation(house, { station: 'cashier', printer: 'till' })
  await until(async () => (await house.ask('GET', '/api/stations')).items.some(({ name, device }) => name === 'cashier' && device), 'a computer', LONG)
})
after(async () => { await bar?.close(); await house.close() })

// What has the focus: its words, and whether a person sees that it has it.
const focus = page => page.evaluate(() => {
  const one = document.activeElement
  const box = one.getBoundingClientRect()
  const style = getComputedStyle(one)
  return {
    tag: one.tagName,
    words: one.getAttribute('aria-label') ?? (one.labels?.[0]?.innerText || one.textContent).trim(),
    isSeen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.height > 0
  }
})

// Everything that Tab reaches from the top, once around.
async function round (page) {
  const found = []
  await page.evaluate(() => { document.activeElement?.blur(); window.getSelection().removeAllRanges() })
  for (let n = 0; n < MOST_TABS; n++) {
    await page.keyboard.press('Tab')
    const stop = await page.evaluate(() => {
      const one = document.activeElement
      // A time has stops of its own: hours, minutes, the clock.
      if (one === window.last_) return 'inside'
      window.last_ = one
      if (one === document.body || window.been_?.has(one)) return 'over'
      window.been_ = (window.been_ ?? new Set()).add(one)
      return 'new'
    })
    if (stop === 'over') break
    if (stop === 'new') found.push(await focus(page))
  }
  const left = await page.evaluate(() => {
    const all = [...document.querySelectorAll('button, a[href], input, select, textarea')].filter(one => one.checkVisibility() && !one.disabled)
    return all.filter(one => !window.been_?.has(one) && !(one.type === 'radio')).map(one => one.outerHTML.slice(0, 120))
  })
  await page.evaluate(() => { window.been_ = window.last_ = null })
  return { found, left }
}

async function tabTo (page, words) {
  const wanted = typeof words === 'string' ? text => text === words : text => words.test(text)
  for (let n = 0; n < MOST_TABS; n++) {
    const now = await focus(page)
    if (wanted(now.words)) { assert.ok(now.isSeen, `the focus on ${now.words} is seen`); return }
    await page.keyboard.press('Tab')
  }
  assert.fail(`Tab does not reach ${words}`)
}
const press = async (page, words) => { await tabTo(page, words); await page.keyboard.press('Enter') }
const open = page => page.locator('dialog[open]').first().waitFor()
// One dialog may follow another: both are gone.
const closed = page => until(async () => await page.locator('dialog').count() === 0, 'closed', LONG)
const escape = async page => { await page.keyboard.press('Escape'); await closed(page) }
const isBack = async (page, words) => {
  const now = await focus(page)
  assert.equal(now.words, words, 'the focus is back')
  assert.ok(now.isSeen, `the focus on ${words} is seen`)
}

test('Tab reaches everything of every view, and each stop is seen', async () => {
  await house.order(['Soto'])
  for (const view of ['now', 'printers', 'stations', 'templates', 'people', 'settings']) {
    const page = await openPage(house, `/?outlet=demo#${view}`, { look: 'light' })
    await page.locator(`.of-${view} h2`).first().waitFor()
    await until(async () => /cashier|till|kitchen/.test(await page.locator('#sentence').textContent()), 'known')
    const { found, left } = await round(page)
    assert.deepEqual(left, [], view)
    assert.deepEqual(found.filter(({ isSeen }) => !isSeen), [], view)
    await shut(page)
  }
})

test('a manager goes through the views and settles a ticket by keyboard alone', async () => {
  const { id } = await house.order(['Rendang'], { tableNumber: 'D7' })
  const page = await openPage(house, '/?outlet=demo', { look: 'dark' })
  await page.locator('.need').first().waitFor()
  await press(page, 'Printers')
  await page.locator('.of-printers').waitFor()
  await isBack(page, 'Printers')
  await page.keyboard.press('Shift+Tab')
  await page.keyboard.press('Enter')
  await page.locator('.of-now').waitFor()
  // The newest ticket's story, and back.
  const number = (await house.ask('GET', `/api/jobs?order=${id}`)).items[0].number
  const ticket = new RegExp(`^kitchen #${number}`)
  await page.locator('.one', { hasText: 'Rendang' }).locator('.ticket').waitFor()
  await tabTo(page, ticket)
  const { words } = await focus(page)
  await page.keyboard.press('Enter')
  await open(page)
  await tabTo(page, 'Print a copy')
  await escape(page)
  await isBack(page, words)
  // To the neighbour, where it comes out.
  const need = page.locator('.need', { hasText: `kitchen #${number}` })
  await page.evaluate(() => document.activeElement.blur())
  for (;;) {
    await tabTo(page, 'Send to cashier')
    if (await need.evaluate(one => one.contains(document.activeElement))) break
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Enter')
  await until(() => bar.papers().some(text => text.includes('Rendang')), 'on paper at the neighbour', LONG)
  await need.waitFor({ state: 'detached', timeout: LONG })
  assert.notEqual((await focus(page)).tag, 'BODY', 'the focus goes on from where it was')
  // What is withdrawn is asked about; no and yes both come back.
  await press(page, 'Withdraw')
  await open(page)
  await press(page, 'No')
  await closed(page)
  await isBack(page, 'Withdraw')
  const waits = await page.locator('.need').count()
  await page.keyboard.press('Enter')
  await press(page, 'Yes')
  await until(async () => await page.locator('.need').count() < waits, 'withdrawn', LONG)
  assert.notEqual((await focus(page)).tag, 'BODY', 'the focus goes on from where it was')
  await shut(page)
})

test('codes, stations, rules, dry runs and tokens need no mouse, and every dialog gives the focus back', async () => {
  const page = await openPage(house, '/?outlet=demo#printers', { look: 'light' })
  await page.locator('.machines li').first().waitFor()
  await press(page, 'Add a computer')
  await open(page)
  await tabTo(page, 'bar')
  await page.keyboard.press('Space')
  await press(page, 'Make a code')
  await page.locator('.code').waitFor()
  await tabTo(page, 'Copy')
  await escape(page)
  await isBack(page, 'Add a computer')

  await press(page, 'Stations')
  await page.locator('.of-stations .stations li').first().waitFor()
  await press(page, 'Change')
  await open(page)
  await tabTo(page, 'Copies of each ticket')
  await page.keyboard.press('ArrowUp')
  await press(page, 'Save')
  await closed(page)
  await page.getByText('2 per ticket').waitFor()
  await isBack(page, 'Change')
  await press(page, 'Try it')
  await page.locator('.answer tbody tr').first().waitFor()
  await isBack(page, 'Try it')
  await press(page, 'Edit the rules')
  await open(page)
  await tabTo(page, 'Settings as JSON')
  await escape(page)
  await isBack(page, 'Edit the rules')

  await press(page, 'People')
  await press(page, 'Make a token')
  await open(page)
  await tabTo(page, 'Name')
  await page.keyboard.type('till 7')
  await press(page, 'Make a code')
  await page.locator('dialog pre').waitFor()
  await escape(page)
  await isBack(page, 'Make a token')
  await page.locator('.tokens li', { hasText: 'till 7' }).waitFor()
  await press(page, 'Revoke')
  await press(page, 'Yes')
  await page.locator('.tokens li', { hasText: 'till 7' }).waitFor({ state: 'detached' })
  assert.notEqual((await focus(page)).tag, 'BODY', 'the focus goes on from where it was')
  await shut(page)
})

test('what has the focus keeps it while the page is written anew', async () => {
  const page = await openPage(house, '/?outlet=demo', { look: 'light' })
  const { id } = await house.order(['Pecel'], { tableNumber: 'E1' })
  await page.locator('.one', { hasText: 'Pecel' }).locator('.ticket').waitFor()
  await page.locator('.one', { hasText: 'Pecel' }).locator('.ticket').focus()
  await house.ask('PATCH', `/api/orders/${id}`, { status: 'preparing' })
  await page.locator('.one', { hasText: 'Pecel' }).locator('.chip', { hasText: 'cooking' }).waitFor()
  assert.match((await focus(page)).words, /^kitchen #/)
  await shut(page)
})

test('Tab reaches everything of the display and of a guest\'s page, and each stop is seen', async () => {
  const { token } = await house.ask('POST', '/api/sessions', { tableNumber: 'C4' })
  const { id } = await house.order([{ name: 'Soto', course: 1 }, { name: 'Rendang', course: 2 }], { sessionToken: token })
  await house.ask('POST', `/api/orders/${id}/cancel-request`, { reason: 'wrong' })
  const kds = await openDisplay(house)
  await card(kds, id).locator('.ask').waitFor()
  await kds.locator('#strip').waitFor()
  const guest = await openPage(house, `/s/${token}`)
  await guest.locator('.order').first().waitFor()
  for (const page of [kds, guest]) {
    await page.bringToFront()
    const { found, left } = await round(page)
    assert.deepEqual(left, [])
    assert.ok(found.length > 0)
    assert.deepEqual(found.filter(({ isSeen }) => !isSeen), [])
  }
  const pressed = () => guest.locator('#tell').getAttribute('aria-pressed')
  await guest.evaluate(() => document.activeElement?.blur())
  await guest.keyboard.press('Tab')
  await guest.keyboard.press('Enter')
  assert.equal(await pressed(), 'true')
  await shut(kds, guest)
})
