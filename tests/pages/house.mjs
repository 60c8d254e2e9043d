// A relay, a wire that can be cut, and a browser, for each test file.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import { setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'

const require = createRequire(join(process.env.NODE_PATH, '/'))
const { chromium } = require('playwright-core')
export const axeSource = require.resolve('axe-core/axe.min.js')

// A display has its tablet to itself: what else this machine does must not take the browser's time.
try { setPriority(-10) } catch { /* not allowed here */ }

// A machine three times slower, busy with something else, gets there within that.
const WITHIN_MS = Number(process.env.WITHIN_MS ?? 60_000)

// Where pictures go: kept as artefacts of CI.
const shots = process.env.SHOTS ?? join(tmpdir(), 'printrail-pages')
mkdirSync(shots, { recursive: true })

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--autoplay-policy=no-user-gesture-required', '--mute-audio']

const serve = (data, listen, flags) => spawn(process.env.RELAY, ['serve', '--data', data, '--listen', listen, ...flags],
  { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PRINTRAIL_RELAY_LOG: 'warn' } })
const ended = (child, signal) => new Promise(resolve => { child.once('exit', resolve); child.kill(signal) })
const addressOf = child => new Promise((resolve, reject) => {
  let seen = ''
  child.stdout.on('data', chunk => {
    seen += chunk
    const line = /^listening on (http:\S+)\n/.exec(seen)
    if (line) resolve(line[1])
  })
  child.once('exit', code => reject(new Error(`the relay ended with ${code} before it listened`)))
})

export async function openHouse (...flags) {
  const data = mkdtempSync(join(tmpdir(), 'printrail-'))
  const own = flags.length > 0 ? flags.filter(flag => flag !== '--tokens') : ['--insecure-no-auth']
  if (flags.includes('--tokens')) execFileSync(process.env.RELAY, ['init', '--data', data, '--outlet', 'demo', '--name', 'Demo', '--timezone', 'UTC'], { stdio: 'ignore' })
  let child = serve(data, '127.0.0.1:0', own)
  const url = await addressOf(child)
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS })
  const house = {
    url,
    browser,
    data,
    kill: () => ended(child, 'SIGKILL'),
    async start () { child = serve(data, url.replace('http://', ''), own); await addressOf(child) },
    async close () { await browser.close(); await ended(child, 'SIGTERM'); rmSync(data, { recursive: true, force: true }) },
    token: role => execFileSync(process.env.RELAY, ['token', 'create', '--data', data, '--outlet', 'demo', '--role', role],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim(),
    // Asks the relay for something, past any wire.
    async ask (method, path, body, headers = {}) {
      const answer = await fetch(url + path, { method, headers: { 'content-type': 'application/json', ...headers }, body: body && JSON.stringify(body) })
      const text = await answer.text()
      assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`)
      return text ? JSON.parse(text) : null
    },
    order: (items, more = {}) => house.ask('POST', '/api/orders', { orderType: 'dine-in', tableNumber: 'C4', paymentMethod: 'cash', items: items.map(item), ...more }),
    status: async id => (await house.ask('GET', `/api/orders/${id}`)).status
  }
  return house
}

const item = one => (typeof one === 'string' ? { name: one, quantity: 1, price: 5, workstation: 'kitchen' } : { quantity: 1, price: 5, workstation: 'kitchen', ...one })

// A wire to the relay that a test cuts and mends, as the tablet's network does.
export async function wireTo (url) {
  const { port } = new URL(url)
  const open = new Set()
  let isCut = false
  const server = createServer(near => {
    if (isCut) return near.destroy()
    const far = connect(Number(port), '127.0.0.1')
    for (const [one, other] of [[near, far], [far, near]]) {
      open.add(one)
      one.on('error', () => {}).on('close', () => { open.delete(one); other.destroy() })
      one.pipe(other)
    }
  })
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut () { isCut = true; for (const socket of open) socket.destroy() },
    mend () { isCut = false },
    close () { this.cut(); server.close() }
  }
}

// A page that keeps what went wrong on it: errors, breaches of its policy, requests to elsewhere.
export async function openPage (house, path, { base = house.url, token, look = 'dark', clock = false, prepare, ...options } = {}) {
  const context = await house.browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options })
  context.setDefaultTimeout(WITHIN_MS)
  const page = await context.newPage()
  page.wrong = []
  page.bytes = new Map()
  page.on('pageerror', error => page.wrong.push(`error: ${error.message}`))
  page.on('console', message => { if (/Content Security Policy|Trusted/i.test(message.text())) page.wrong.push(message.text()) })
  page.on('request', request => {
    if (new URL(request.url()).host !== new URL(base).host && !/^(data|blob):/.test(request.url())) page.wrong.push(`elsewhere: ${request.url()}`)
  })
  await page.addInitScript(() => addEventListener('securitypolicyviolation', event => console.error(`Content Security Policy: ${event.violatedDirective} ${event.blockedURI}`)))
  await page.addInitScript(() => {
    window.heard = []
    addEventListener('printrail:sound', ({ detail }) => window.heard.push(detail))
  })
  if (token) await page.addInitScript(token => localStorage.setItem('printrail:token', token), token)
  await page.addInitScript(look => localStorage.getItem('printrail:screen') ?? localStorage.setItem('printrail:screen', JSON.stringify({ theme: look, volume: 0 })), look)
  if (clock) await page.clock.install()
  await prepare?.(page)
  await page.goto(base + path)
  return page
}

export async function openDisplay (house, options = {}) {
  const page = await openPage(house, `/kds${options.query ?? ''}`, options)
  await page.waitForFunction(() => document.querySelector('#strip .say')?.textContent.startsWith('live'))
  return page
}

export async function shut (...pages) {
  for (const page of pages) {
    assert.deepEqual(page.wrong, [])
    await page.context().close()
  }
}

export const shot = (page, name, options = {}) => page.screenshot({ path: join(shots, `${name}.png`), ...options })
export const sounds = (page, kind) => page.evaluate(kind => window.heard.filter(heard => heard === kind).length, kind)
export const card = (page, id) => page.locator(`.card[data-id="${id}"]`)
export const inColumn = (page, id, stage) => page.locator(`.column[data-stage="${stage}"] .card[data-id="${id}"]`).waitFor()

// Whatever moves into place has done so; for pages on which nothing moves for ever.
export const settled = page => page.evaluate(() => Promise.all(document.getAnimations().map(one => one.finished)))

// Stands the page's clock still, so that nothing but `clock.runFor` moves it.
export const stopClock = async page => page.clock.pauseAt(await page.evaluate(() => Date.now() + 5_000))

export async function until (look, what, within = WITHIN_MS) {
  const end = Date.now() + within
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > end) throw new Error(`not ${what} within ${within} ms`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
