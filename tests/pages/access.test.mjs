// What every page keeps to: axe finds nothing, a keyboard is enough, every width fits, little is loaded, all from here.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { axeSource, card, openDisplay, openHouse, openPage, shot, shut, until } from './house.mjs'

let house
const axe = readFileSync(axeSource, 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

before(async () => {
  house = await openHouse()
  await evening()
})
after(() => house.close())

let token
const ids = {}
async function evening () {
  token = (await house.ask('POST', '/api/sessions', { tableNumber: 'C4' })).token
  const make = async (name, items, more) => { ids[name] = (await house.order(items, { sessionToken: token, ...more })).id }
  await make('plain', [{ name: 'Margherita', quantity: 2, modifiers: [{ name: 'extra basil', price: 0.5 }] }, { name: 'Caesar salad', notes: 'dressing on the side', allergens: ['egg', 'fish'] }])
  await make('asked', [{ name: 'Ribeye 300 g', modifiers: [{ name: 'medium rare' }], course: 2 }, 'Crème brûlée'], { priority: 'express', tableNumber: 'K12' })
  await make('voided', ['Pad Thai'], { tableNumber: 'F9' })
  await make('cooking', [{ name: 'Nasi goreng kampung', quantity: 2, notes: 'pedas level 3' }, 'Sate ayam Madura'], { priority: 'vip', tableNumber: 'M3' })
  await make('pass', ['Chicken burger', 'Sweet potato fries'], { orderType: 'takeout', tableNumber: undefined })
  await make('long', [{ name: 'Tasting menu, wine pairing and the long name that a printer has to wrap', quantity: 8 }], { tableNumber: 'H1' })
}
// After a display is open, so that it has something to be told.
async function happen () {
  const patch = (name, body) => house.ask('PATCH', `/api/orders/${ids[name]}`, body)
  await patch('cooking', { status: 'cooking' })
  await patch('pass', { status: 'ready' })
  await house.ask('POST', `/api/orders/${ids.plain}/items`, { items: [{ name: 'Tiramisu', quantity: 1, price: 6, workstation: 'kitchen' }] })
  await house.ask('POST', `/api/orders/${ids.asked}/cancel-request`, { reason: 'guest left' })
  await house.ask('POST', `/api/orders/${ids.voided}/cancel`, { reason: 'by mistake' })
}

async function check (page, where) {
  await page.evaluate(axe)
  const { violations } = await page.evaluate(rules => window.axe.run(document, { runOnly: rules }), RULES)
  const found = violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join(' | ')}`)
  assert.deepEqual(found, [])
}

// A look is chosen before the page is there; colours that fade in are awaited.
const looks = ['dark', 'light', 'contrast']

test('axe finds nothing on the display, in any state and look', async () => {
  // axe is put into the page, which the page's own policy would refuse.
  const first = await openDisplay(house, { look: 'dark', bypassCSP: true, reducedMotion: 'reduce' })
  await happen()
  await card(first, ids.voided).locator('.banner.void').waitFor()
  await card(first, ids.plain).locator('.mark').waitFor()
  await card(first, ids.asked).locator('.ask').waitFor()
  for (const look of looks) {
    await first.evaluate(look => { document.documentElement.dataset.theme = look }, look)
    await check(first, `board, ${look}`)
    await shot(first, `kds-${look}`)
    for (const age of ['slow', 'late']) {
      await first.evaluate(age => document.querySelectorAll('.card').forEach(card => { card.dataset.age = age }), age)
      await check(first, `${age}, ${look}`)
    }
    for (const level of ['stale', 'old']) {
      await first.evaluate(level => { document.querySelector('#strip').dataset.level = level }, level)
      await check(first, `${level}, ${look}`)
    }
    for (const panel of ['allday', 'recall', 'search', 'settings', 'help']) {
      await first.evaluate(panel => document.querySelector(`#b-${panel}`).click(), panel)
      await first.locator(`dialog[data-panel=${panel}]`).waitFor()
      await check(first, `${panel}, ${look}`)
      if (panel === 'settings' && look !== 'dark') await first.evaluate(look => { document.documentElement.dataset.theme = look }, look)
      if (look === 'dark') await shot(first, `kds-${panel}`)
      await first.keyboard.press('Escape')
      await first.locator('dialog').waitFor({ state: 'detached' })
    }
    await card(first, ids.cooking).locator('[data-act=details]').click()
    await check(first, `details, ${look}`)
    await first.keyboard.press('Escape')
  }
  await card(first, ids.cooking).locator('[data-act=go]').click()
  await first.locator('#undo').waitFor()
  await check(first, 'undo')
  await shut(first)
})

test('axe finds nothing on the guest\'s page, the dashboard and what is over', async () => {
  const options = { bypassCSP: true, reducedMotion: 'reduce', viewport: { width: 390, height: 844 } }
  for (const look of looks) {
    const guest = await openPage(house, `/s/${token}`, { ...options, look })
    await guest.locator('.order').first().waitFor()
    await check(guest, `guest, ${look}`)
    await shot(guest, `guest-${look}`, { fullPage: true })
    await guest.goto(`${house.url}/`)
    await guest.locator('#tabs a').first().waitFor()
    await check(guest, `dashboard, ${look}`)
    await guest.goto(`${house.url}/s/nobody-knows-this-visit-0000`)
    await guest.locator('.over, .empty').waitFor()
    await check(guest, `over, ${look}`)
    await shut(guest)
  }
})

test('every width from 320 to 3840 pixels fits, upright and on its side, in every language', async () => {
  const sizes = [[320, 640], [390, 844], [600, 1024], [768, 1024], [1024, 600], [1080, 1920], [1280, 800], [1920, 1080], [3840, 2160]]
  const page = await openDisplay(house)
  for (const lang of ['en', 'id', 'ar']) {
    await page.goto(`${house.url}/kds?lang=${lang}`)
    await card(page, ids.long).waitFor()
    for (const [width, height] of sizes) {
      await page.setViewportSize({ width, height })
      const [inner, whole] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth])
      assert.ok(whole <= inner, `display at ${width}: ${whole}`)
      const small = await page.evaluate(() => [...document.querySelectorAll('button, select')].filter(one => one.checkVisibility())
        .map(one => ({ name: one.textContent, height: one.getBoundingClientRect().height })).filter(({ height }) => height < 64))
      assert.deepEqual(small, [], `targets at ${width}`)
      if (lang === 'en' || width === 1280) await shot(page, `kds-${lang}-${width}x${height}`)
    }
  }
  await page.goto(`${house.url}/s/${token}`)
  await page.locator('.order').first().waitFor()
  for (const [width, height] of sizes) {
    await page.setViewportSize({ width, height })
    const [inner, whole] = await page.evaluate(() => [innerWidth, document.documentElement.scrollWidth])
    assert.ok(whole <= inner, `guest at ${width}: ${whole}`)
    await shot(page, `guest-${width}`)
  }
  await shut(page)
})

test('a keyboard alone is enough, and the focus is always seen', async () => {
  const page = await openDisplay(house)
  const { id } = await house.order(['Klepon'], { priority: 'vip', tableNumber: 'Z9' })
  await card(page, id).waitFor()
  const focusOn = async selector => {
    for (let n = 0; n < 60; n++) {
      await page.keyboard.press('Tab')
      const [found, outline] = await page.evaluate(selector => [document.activeElement?.matches(selector), getComputedStyle(document.activeElement).outlineStyle], selector)
      if (found) { assert.notEqual(outline, 'none', selector); return }
    }
    assert.fail(`${selector} cannot be reached by Tab`)
  }
  await focusOn(`.card[data-id="${id}"] [data-act=go]`)
  await page.keyboard.press('1')
  await page.keyboard.press('Enter')
  await page.locator('#undo').waitFor()
  await focusOn('#undo button')
  await page.keyboard.press('Enter')
  await focusOn('#b-settings')
  await page.keyboard.press('Enter')
  await page.locator('[data-panel=settings]').waitFor()
  await focusOn('#set-theme')
  await page.keyboard.press('Escape')
  assert.equal(await page.evaluate(() => document.activeElement.id), 'b-settings', 'the focus comes back')
  await focusOn(`.card[data-id="${id}"] [data-act=details]`)
  await page.keyboard.press('Enter')
  await page.locator('[data-panel=details]').waitFor()
  await page.keyboard.press('Escape')
  await shut(page)
})

test('the first load is at most 100 kB, all from the relay, and nothing breaks the policy', async t => {
  for (const [path, ready] of [['/', '.of-now .one'], ['/#templates', '.papers img'], ['/#settings', '.grid'], ['/kds', '.card'], ['/pickup?all', '#ready li'], [`/s/${token}`, '.order']]) {
    const page = await openPage(house, '/robots.txt')
    const session = await page.context().newCDPSession(page)
    await session.send('Network.enable')
    await session.send('Network.setCacheDisabled', { cacheDisabled: true })
    let bytes = 0
    const api = new Set()
    const open = new Set()
    session.on('Network.requestWillBeSent', ({ requestId, request }) => (new URL(request.url).pathname.startsWith('/api/') ? api : open).add(requestId))
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => { if (!api.has(requestId)) bytes += encodedDataLength; open.delete(requestId) })
    session.on('Network.loadingFailed', ({ requestId }) => open.delete(requestId))
    const answer = await page.goto(house.url + path)
    await page.waitForLoadState('load')
    await page.locator(ready).first().waitFor()
    await until(() => open.size === 0, 'all loaded')
    t.diagnostic(`${path.slice(0, 12)}: ${(bytes / 1000).toFixed(1)} kB`)
    assert.ok(bytes > 1000 && bytes <= 100_000, `${path}: ${bytes} bytes`)
    const policy = answer.headers()['content-security-policy']
    assert.match(policy, /default-src 'self'/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe|\*/)
    await shut(page)
  }
})

test('X11: a script that somebody smuggled in would not run', async () => {
  const page = await openPage(house, '/kds')
  const ran = await page.evaluate(() => {
    const script = document.createElement('script')
    try { script.textContent = 'window.smuggled = 1' } catch { return 'refused' }
    document.body.append(script)
    return window.smuggled
  })
  assert.notEqual(ran, 1)
  assert.ok(page.wrong.length > 0, 'the breach is told')
  await page.context().close()
})

test('words are whole in every language', async () => {
  const catalogue = async name => (await import(`../../relay/web/words/${name}.js`)).default
  const english = await catalogue('en')
  for (const name of ['id', 'ar']) {
    const other = await catalogue(name)
    assert.deepEqual(Object.keys(other).sort(), Object.keys(english).sort(), name)
    for (const [key, text] of Object.entries(english)) {
      const slots = text => [...text.matchAll(/\{\w+\}/g)].map(String).sort()
      assert.deepEqual(slots(other[key]), slots(text), `${name}: ${key}`)
    }
  }
  const page = await openDisplay(house)
  await page.goto(`${house.url}/kds?lang=id`)
  await page.getByRole('heading', { name: 'Menunggu' }).waitFor()
  await page.goto(`${house.url}/kds?lang=ar`)
  await until(() => page.evaluate(() => document.documentElement.dir === 'rtl'), 'right to left')
  await card(page, ids.long).waitFor()
  await shut(page)
})
