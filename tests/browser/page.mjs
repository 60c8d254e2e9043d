// A browser with pages that use the relay's own module as a restaurant's page would.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const require = createRequire(join(process.env.NODE_PATH, '/'))
const { chromium } = require('playwright-core')

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
  // The page comes from the test and not from an address, so the browser takes it for a stranger's on the internet.
  '--disable-features=LocalNetworkAccessChecks']
const MODULE = readFileSync(new URL('../../relay/web/client.js', import.meta.url), 'utf8')

// What a page does with the module: it shows the state and keeps whatever it hears.
const PAGE = `<!doctype html><title>till</title><output></output><script type="module">
import { connect } from '/client.js'
const options = { ...JSON.parse(decodeURIComponent(location.hash.slice(1))), token: () => localStorage.token }
window.heard = []
window.refused = []
window.answers = []
const show = ({ state, queued }) => { document.querySelector('output').textContent = state + ' ' + queued; window.states = [...(window.states ?? []), state] }
const till = window.till = connect(options)
for (const type of ['sync_state', 'order_created', 'order_status_update', 'error']) till.on(type, data => window.heard.push({ type, ...data }))
till.on('status', show)
till.on('refused', ({ error }) => window.refused.push(error.code))
window.order = name => till.submit({ orderType: 'takeout', paymentMethod: 'cash', cart: [{ name, quantity: 1, price: 2 }] })
  .then(made => window.answers.push(made), error => window.answers.push({ code: error.code, field: error.field }))
show(till.status)
</script>`

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })

// A computer of its own: a context with its own storage. `token` may be changed by `setToken`.
export async function computer (browser, relay, token) {
  const context = await browser.newContext()
  context.setDefaultTimeout(WITHIN_MS)
  const html = { contentType: 'text/html', body: PAGE }
  await context.route('**/till', route => route.fulfill(html))
  // A page that is reloaded while the relay is away has the module in its cache.
  await context.route('**/client.js', async route => {
    const fetched = await route.fetch().catch(() => undefined)
    return fetched ? route.fulfill({ response: fetched }) : route.fulfill({ contentType: 'text/javascript', body: MODULE })
  })
  await context.addInitScript(token => { if (location.protocol.startsWith('http')) localStorage.token ??= token }, token)
  return {
    context,
    async open (options = {}) {
      const page = await context.newPage()
      page.problems = []
      page.on('pageerror', error => page.problems.push(String(error)))
      const hash = encodeURIComponent(JSON.stringify({ tenant: 'one', firstWaitMs: 50, longestWaitMs: 200, ...options }))
      await page.goto(`${relay.url}/till#${hash}`)
      return page
    },
    close: () => context.close()
  }
}

// A machine three times slower, busy with something else, gets there within that.
const WITHIN_MS = 60_000

export const shows = (page, text, timeout = WITHIN_MS) =>
  page.waitForFunction(text => document.querySelector('output').textContent === text, text, { timeout, polling: 20 })
// The names of the orders that a page has heard of, in the order in which it heard of them.
export const dishes = page => page.evaluate(() => window.heard.filter(({ type }) => type === 'order_created').map(({ order }) => order.items[0].name))
export const hears = (page, count, timeout = WITHIN_MS) =>
  page.waitForFunction(count => window.heard.filter(({ type }) => type === 'order_created').length >= count, count, { timeout, polling: 20 })
export const order = (page, name) => page.evaluate(name => { window.order(name) }, name)
export const answers = async (page, count, timeout = WITHIN_MS) => {
  await page.waitForFunction(count => window.answers.length >= count, count, { timeout, polling: 20 })
  return page.evaluate(() => window.answers)
}
