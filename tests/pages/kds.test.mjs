// The kitchen display as a cook uses it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { card, inColumn, openDisplay, openHouse, openPage, shut, sounds, stopClock, until, wireTo } from './house.mjs'

let house
before(async () => { house = await openHouse() })
after(() => house.close())

const outletOf = name => ({ query: `?outlet=${name}`, headers: { 'x-outlet': name } })
const inOutlet = name => {
  const { headers } = outletOf(name)
  return {
    order: (items, more) => house.ask('POST', '/api/orders', { orderType: 'dine-in', tableNumber: 'C4', paymentMethod: 'cash', items, ...more }, headers),
    ask: (method, path, body) => house.ask(method, path, body, headers),
    status: async id => (await house.ask('GET', `/api/orders/${id}`, undefined, headers)).status,
    open: (query = '', options = {}) => openDisplay(house, { query: `?outlet=${name}${query}`, ...options })
  }
}
// How soon an order is shown, and in how many tries: a display that is too slow is so in each, a machine that had no
// time for it in one. A machine to which a question and two frames are long gets three times that.
const SHOWN_WITHIN_MS = 100
const ROUNDS = 5
const PER_ROUND = 11
const OF_PACE = 3
const median = numbers => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
const paceOf = async page => {
  const begun = Date.now()
  await fetch(`${house.url}/healthz`)
  await page.evaluate(() => new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  return Date.now() - begun
}

// When the page's socket brought what has an id.
const noteArrivals = page => page.addInitScript(() => {
  window.arrivedAt = {}
  window.WebSocket = class extends WebSocket {
    constructor (...where) {
      super(...where)
      this.addEventListener('message', ({ data }) => { for (const [, id] of String(data).matchAll(/"id":"([^"]+)"/g)) window.arrivedAt[id] ??= Date.now() })
    }
  }
})

const food = (name, more = {}) => ({ name, quantity: 1, price: 5, workstation: 'kitchen', ...more })
const drink = name => food(name, { workstation: 'bar' })

test('an order is on the display within 100 ms of the POST, and sounds once', async t => {
  const at = inOutlet('k1')
  const page = await at.open('', { prepare: noteArrivals })
  await page.evaluate(() => {
    window.shownAt = {}
    new MutationObserver(() => {
      for (const card of document.querySelectorAll('.card')) window.shownAt[card.dataset.id] ??= Date.now()
    }).observe(document.querySelector('#board'), { childList: true, subtree: true })
  })
  const first = await at.order([food('Soto')])
  await card(page, first.id).waitFor()
  assert.equal(await sounds(page, 'fresh'), 1)
  const rounds = []
  for (let round = 0; round < ROUNDS && !rounds.some(({ took, own, most, mostOwn }) => took <= most && own <= mostOwn); round++) {
    const [orders, owns, paces] = [[], [], []]
    for (let n = 0; n < PER_ROUND; n++) {
      paces.push(await paceOf(page))
      const begun = Date.now()
      const { id } = await at.order([food(`Soto ${round}.${n}`)])
      const shown = await until(() => page.evaluate(id => window.shownAt[id], id), 'on the display')
      orders.push(shown - begun)
      owns.push(shown - await page.evaluate(id => window.arrivedAt[id] ?? 0, id))
    }
    const [took, own, pace] = [orders, owns, paces].map(median)
    rounds.push({ took, own, most: Math.max(SHOWN_WITHIN_MS, OF_PACE * pace), mostOwn: Math.max(SHOWN_WITHIN_MS / 2, OF_PACE * pace / 2) })
    t.diagnostic(`from POST to display, ${PER_ROUND} orders: median ${took} ms, slowest ${Math.max(...orders)} ms; from the frame ${own} ms; the machine's own pace ${pace} ms`)
  }
  const { took, own, most, mostOwn } = rounds.at(-1)
  assert.ok(took <= most, `median ${took} ms in the last of ${rounds.length} rounds, more than ${most} ms`)
  assert.ok(own <= mostOwn, `the display took ${own} ms of it, more than ${mostOwn} ms`)
  assert.equal(await sounds(page, 'change'), 0)
  await shut(page)
})

test('a tap moves an order on, and within eight seconds one tap takes it back', async () => {
  const at = inOutlet('k2')
  const page = await at.open()
  const { id } = await at.order([food('Rendang')])
  await card(page, id).locator('.name').click()
  await inColumn(page, id, 'cooking')
  await until(async () => await at.status(id) === 'preparing', 'preparing')
  await page.locator('#undo button').click()
  await inColumn(page, id, 'pending')
  await until(async () => await at.status(id) !== 'preparing', 'taken back')
  for (const stage of ['cooking', 'ready']) {
    await card(page, id).locator('[data-act=go]').click()
    await inColumn(page, id, stage)
  }
  await card(page, id).locator('[data-act=go]').click()
  await card(page, id).waitFor({ state: 'detached' })
  await until(async () => await at.status(id) === 'completed', 'completed')
  await page.locator('#undo button').click()
  await inColumn(page, id, 'ready')
  await until(async () => await at.status(id) === 'ready', 'ready again')
  assert.equal(await sounds(page, 'fresh'), 1, 'what comes back is not new')
  await shut(page)
})

test('the bar that takes back goes away after eight seconds', async () => {
  const at = inOutlet('k3')
  const page = await at.open('', { clock: true })
  const { id } = await at.order([food('Rawon')])
  await card(page, id).waitFor()
  await stopClock(page)
  await card(page, id).locator('[data-act=go]').click()
  await page.locator('#undo').waitFor()
  await page.clock.runFor(7_000)
  assert.ok(await page.locator('#undo').isVisible())
  await page.clock.runFor(1_500)
  assert.ok(await page.locator('#undo').isHidden())
  await shut(page)
})

test('a bump bar does everything: choose, bump, item, undo, recall, all day, search, help', async () => {
  const at = inOutlet('k4')
  const page = await at.open()
  const orders = []
  for (const name of ['Gado-gado', 'Pecel', 'Lontong']) orders.push(await at.order([food(name), food('Kerupuk')]))
  await until(async () => await page.locator('.card').count() === 3, 'three cards')
  await page.keyboard.press('2')
  await page.locator(`.card[data-id="${orders[1].id}"][aria-current=true]`).waitFor()
  await page.keyboard.press('Space')
  await card(page, orders[1].id).locator('.item.done', { hasText: 'Pecel' }).waitFor()
  await page.keyboard.press('Enter')
  await inColumn(page, orders[1].id, 'cooking')
  await page.keyboard.press('u')
  await inColumn(page, orders[1].id, 'pending')
  await page.keyboard.press('Enter')
  await inColumn(page, orders[1].id, 'cooking')
  await page.keyboard.press('Enter')
  await inColumn(page, orders[1].id, 'ready')
  await page.keyboard.press('Enter')
  await card(page, orders[1].id).waitFor({ state: 'detached' })
  await until(async () => await at.status(orders[1].id) === 'completed', 'completed')
  await page.keyboard.press('Backspace')
  await page.locator('[data-panel=recall] li', { hasText: 'Pecel' }).getByRole('button').press('Enter')
  await inColumn(page, orders[1].id, 'ready')
  await page.keyboard.press('a')
  assert.match(await page.locator('[data-panel=allday]').innerText(), /2×\s*Kerupuk/)
  await page.keyboard.press('Escape')
  await page.keyboard.press('/')
  await page.keyboard.type('lontong')
  await until(async () => await page.locator('.card').count() === 1, 'one card found')
  await page.keyboard.press('Escape')
  await until(async () => await page.locator('.card').count() === 3, 'all cards again')
  await page.keyboard.press('?')
  await page.locator('[data-panel=help]').waitFor()
  await page.keyboard.press('Escape')
  await shut(page)
})

test('ADD, CHANGE and VOID stand on the card until they are seen, and keep it from moving on', async () => {
  const at = inOutlet('k5')
  const page = await at.open()
  const { id } = await at.order([food('Bakso', { id: 'b' }), food('Mie', { id: 'm' })])
  await card(page, id).waitFor()
  const seen = async kind => {
    await card(page, id).locator('.mark', { hasText: kind }).waitFor()
    await card(page, id).locator('[data-act=go]').click()
    await card(page, id).locator('.mark').waitFor({ state: 'detached' })
    await inColumn(page, id, 'pending')
  }
  await at.ask('POST', `/api/orders/${id}/items`, { items: [food('Pangsit')] })
  await seen('ADD')
  const { items } = await at.ask('GET', `/api/orders/${id}`)
  await at.ask('PATCH', `/api/orders/${id}/items/${items[0].id}`, { quantity: 3 })
  await seen('CHANGE')
  await at.ask('PATCH', `/api/orders/${id}/items/${items[1].id}`, { status: 'cancelled' })
  await seen('VOID')
  await at.ask('PATCH', `/api/orders/${id}`, { tableNumber: 'D7' })
  await seen('CHANGE')
  await at.ask('POST', `/api/orders/${id}/cancel`, { reason: 'guest left' })
  await card(page, id).locator('.banner.void').waitFor()
  await card(page, id).locator('[data-act=go]').click()
  await card(page, id).waitFor({ state: 'detached' })
  assert.equal(await sounds(page, 'fresh'), 1)
  for (const kind of ['change', 'void']) assert.ok(await sounds(page, kind) >= 1, kind)
  await shut(page)
})

test('what changed while the page was closed has to be seen too', async () => {
  const at = inOutlet('k6')
  const page = await at.open()
  const { id } = await at.order([food('Bakso')])
  await card(page, id).waitFor()
  const other = await page.context().newPage()
  await page.close()
  await at.ask('POST', `/api/orders/${id}/items`, { items: [food('Pangsit')] })
  await other.goto(`${house.url}/kds?outlet=k6`)
  await card(other, id).locator('.mark', { hasText: 'ADD' }).waitFor()
  await other.context().close()
})

test('a waiter asks to cancel: the kitchen keeps the order, or gives it up', async () => {
  const at = inOutlet('k7')
  const page = await at.open()
  const [kept, given] = [await at.order([food('Pepes')]), await at.order([food('Tempe')])]
  for (const { id } of [kept, given]) await at.ask('POST', `/api/orders/${id}/cancel-request`, { reason: 'wrong table' })
  await card(page, kept.id).locator('.ask', { hasText: 'wrong table' }).waitFor()
  assert.ok(await sounds(page, 'ask') >= 1)
  await card(page, kept.id).locator('[data-act=reject]').click()
  await card(page, kept.id).locator('.ask').waitFor({ state: 'detached' })
  assert.equal((await at.ask('GET', `/api/orders/${kept.id}`)).cancelRequest, null)
  await card(page, given.id).locator('[data-act=accept]').click()
  await card(page, given.id).waitFor({ state: 'detached' })
  assert.equal(await at.status(given.id), 'cancelled')
  await shut(page)
})

test('two displays are in step, also in what was seen', async () => {
  const at = inOutlet('k8')
  const [one, two] = [await at.open(), await at.open()]
  const { id } = await at.order([food('Sate')])
  await card(two, id).waitFor()
  await card(one, id).locator('[data-act=go]').click()
  await inColumn(two, id, 'cooking')
  await at.ask('POST', `/api/orders/${id}/items`, { items: [food('Lontong')] })
  await card(two, id).locator('.mark').waitFor()
  await card(two, id).locator('[data-act=go]').click()
  await card(one, id).locator('.mark').waitFor({ state: 'detached' })
  await card(two, id).locator('[data-act=go]').click()
  await inColumn(one, id, 'ready')
  await shut(one, two)
})

test('each station sees its own items, and an order is ready when the last station is', async () => {
  const at = inOutlet('k9')
  const [kitchen, bar] = [await at.open('&station=kitchen'), await at.open('&station=bar_depan')]
  const { id } = await at.order([food('Nasi'), drink('Es teh')])
  const other = await at.order([food('Soto')])
  await card(kitchen, other.id).waitFor()
  assert.equal(await card(bar, other.id).count(), 0)
  assert.equal(await card(bar, id).locator('.item').innerText(), '1×\nEs teh')
  const go = page => card(page, id).locator('[data-act=go]').click()
  await go(kitchen)
  await inColumn(kitchen, id, 'cooking')
  await inColumn(bar, id, 'pending')
  await go(kitchen)
  await inColumn(kitchen, id, 'ready')
  await until(async () => await at.status(id) === 'preparing', 'preparing while the bar is not done')
  for (const stage of ['cooking', 'ready']) { await go(bar); await inColumn(bar, id, stage) }
  await until(async () => await at.status(id) === 'ready', 'ready')
  await shut(kitchen, bar)
})

test('X11: a script in an item, a note or a table stays text', async () => {
  const at = inOutlet('k10')
  const page = await at.open()
  const evil = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>'
  const { id } = await at.order([food(evil, { notes: evil, modifiers: [{ name: evil }], allergens: [evil] })], { tableNumber: evil.slice(0, 60) })
  await card(page, id).waitFor()
  assert.match(await card(page, id).locator('.name').innerText(), /<script>window\.broken=1<\/script>/)
  assert.equal(await page.evaluate(() => window.broken), undefined)
  assert.equal(await card(page, id).locator('img, script').count(), 0)
  await shut(page)
})

test('ages have a colour, a word and a border, and late ones sound', async () => {
  const at = inOutlet('k11')
  // Without the relay's clock the tablet's own goes on.
  const wire = await wireTo(house.url)
  const page = await at.open('', { clock: true, base: wire.url })
  const { id } = await at.order([food('Gudeg')])
  await card(page, id).waitFor()
  const look = () => card(page, id).evaluate(element => [element.querySelector('.word').textContent, getComputedStyle(element).borderTopStyle])
  assert.deepEqual(await look(), ['on time', 'solid'])
  wire.cut()
  await page.clock.runFor(5 * 60_000 + 6_000)
  assert.deepEqual(await look(), ['slow', 'dashed'])
  await page.clock.runFor(3 * 60_000)
  assert.deepEqual(await look(), ['LATE', 'double'])
  assert.equal(await sounds(page, 'overdue'), 1)
  await shut(page)
  wire.close()
})

test('a ticket of which nobody knows asks the cook, and the answer settles it', async () => {
  const at = inOutlet('k12')
  const page = await at.open('', { clock: true })
  // An agent in a page of its own: it takes the job, and then its printer is gone.
  const agent = await openPage(house, '/robots.txt')
  await agent.evaluate(() => new Promise(resolve => {
    const socket = new WebSocket(`ws://${location.host}/ws`)
    const say = frame => socket.send(JSON.stringify(frame))
    socket.onopen = () => say({ type: 'register_device', data: { device_id: 'kitchen-pc', role: 'kitchen', outlet_id: 'k12',
      agent: { version: '1.0.0', protocol: 1 }, printers: [{ name: 'grill', profile: 'generic-80', proof: 'C', state: 'ready' }] } })
    socket.onmessage = ({ data: text }) => {
      const { event, data } = JSON.parse(text)
      if (event === 'device_registered') resolve()
      const job = data?.job?.id
      if (!job) return
      say({ type: 'job_ack', job_id: job })
      for (const state of ['printing', 'unconfirmed']) {
        say({ type: 'job_update', job_id: job, state, attempt: 1, printer: 'grill', evidence: null, detail: 'the cable is out', at: new Date().toISOString() })
      }
    }
  }))
  const { id } = await at.order([food('Soto')])
  const job = async () => (await at.ask('GET', `/api/jobs?order=${id}`)).items[0]
  await until(async () => (await job()).state === 'unconfirmed', 'unconfirmed')
  await page.clock.runFor(11_000)
  const question = page.locator('.doubt', { hasText: /^Did \d+ print at kitchen\?/ })
  await question.waitFor()
  await question.getByRole('button', { name: 'It printed' }).click()
  await question.waitFor({ state: 'detached' })
  await shut(page, agent)
})
