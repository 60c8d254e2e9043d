// The guest's page of one visit: each order's status and the bill, by what the kitchen entered and nothing else.
import { $, arrange, h, set, write } from '../lib/dom.js'
import { prefs, showTheme } from '../lib/prefs.js'
import { clock, fill, loadWords, number, t } from '../lib/words.js'
import { Sounds } from '../kds/sound.js'
import { Visit } from './visit.js'

const STEPS = ['received', 'preparing', 'ready']
const STEP_OF = { pending: 0, confirmed: 0, preparing: 1, ready: 2, served: 3, completed: 3 }
const QUIET_S = 90
const BUZZ_MS = [300, 150, 300, 150, 600]

showTheme('auto')
await loadWords()
fill()
document.title = t('yourOrders')

const sounds = new Sounds()
const cards = new Map()
let updatedAt = null
let hasCents = false

const visit = new Visit(location.pathname.split('/').at(-1))
visit.addEventListener('news', ({ detail }) => { updatedAt = Date.now(); show(detail); tick() })
visit.addEventListener('over', over)

function show ({ session, orders, bill }) {
  if (session.closedAt || Date.parse(session.endsAt) < Date.now()) return visit.end()
  hasCents = [bill.tax, bill.discount, bill.paidAmount, ...orders.flatMap(({ items }) => items.flatMap(prices))].some(amount => amount % 1 !== 0)
  write($('#table'), session.tableNumber ? t('guestTable', { table: session.tableNumber }) : '')
  // The newest first: that is the one that somebody waits for.
  const list = [...orders].reverse().map(card)
  arrange($('#orders'), list.length > 0 ? list : [h('p', { class: 'empty' }, t('guestNone'))])
  $('#bill').hidden = orders.length === 0
  if (orders.length > 0) showBill(bill)
}

function card (order) {
  const id = String(order.id)
  const known = cards.get(id)
  const print = `${order.updatedAt} ${order.eta?.from} ${order.eta?.until}`
  if (known?.print === print) return known.element
  const element = known?.element ?? h('article', { class: 'order', 'data-id': id })
  cards.set(id, { element, print, status: order.status, eta: order.eta })
  const short = order.orderNumber.split('-').at(-1)
  set(element, 'aria-label', short)
  set(element, 'data-status', order.status)
  element.replaceChildren(
    h('header', {}, h('h2', {}, short), h('p', { class: 'soft' }, clock(Date.parse(order.createdAt)))),
    steps(order),
    order.eta && h('p', { class: 'eta' }),
    h('ul', {}, order.items.map(line)))
  expect(cards.get(id))
  if (known && known.status !== 'ready' && order.status === 'ready') ready(short)
  return element
}

// Between when and when it is likely ready; past that, nothing that nobody knows.
function expect ({ element, eta }) {
  const line = $('.eta', element)
  if (!line || !eta) return
  const [from, until] = [eta.from, eta.until].map(at => Date.parse(at))
  write(line, Date.now() > until ? t('etaLate') : t('etaAt', { from: clock(Math.max(from, Date.now())), until: clock(until) }))
}

function steps ({ status }) {
  if (status === 'cancelled') return h('p', { class: 'state cancelled' }, t('step_cancelled'))
  const at = STEP_OF[status]
  const names = at === 3 ? [...STEPS, 'served'] : STEPS
  return h('ol', { class: 'steps' }, names.map((name, n) =>
    h('li', { class: n < at ? 'past' : n === at ? 'now' : 'next', 'aria-current': n === at ? 'step' : null },
      h('span', { 'aria-hidden': 'true' }, n < at || at >= 2 ? '✓' : String(n + 1)), t(`step_${name}`))))
}

function line (item) {
  const isGone = item.status === 'cancelled'
  return h('li', { class: isGone ? 'gone' : null },
    h('span', { class: 'quantity' }, `${item.quantity}×`),
    h(isGone ? 's' : 'span', { class: 'name' }, item.name, item.modifiers.map(({ name }) => h('small', {}, name))),
    h('span', { class: 'price' }, money(item.quantity * prices(item).reduce((sum, price) => sum + price, 0))))
}

// The amounts are the relay's; the page adds nothing up but what one line costs.
function showBill (bill) {
  const rows = [['total', bill.totalAmount], bill.discount > 0 && ['discount', -bill.discount], bill.tax > 0 && ['tax', bill.tax],
    ['toPay', bill.finalAmount], bill.paidAmount > 0 && ['paid', -bill.paidAmount], bill.paidAmount > 0 && ['due', bill.dueAmount]]
  $('#bill dl').replaceChildren(...rows.filter(Boolean).map(([name, amount]) =>
    h('div', { class: name }, h('dt', {}, t(name)), h('dd', {}, money(amount)))))
}

// Two decimals where anything on the page has them: prices of one house are written alike.
const prices = item => [item.unitPrice, ...item.modifiers.map(({ price }) => price)]
function money (amount) {
  return number(Math.round(amount * 100) / 100, hasCents ? 2 : 0)
}

function ready (short) {
  write($('#shout'), t('readyNow', { number: short }))
  document.title = t('readyNow', { number: short })
  navigator.vibrate?.(BUZZ_MS)
  if (prefs.get('tell', false)) sounds.play('fresh')
}

function tick () {
  for (const known of cards.values()) expect(known)
  if (updatedAt === null || !$('#updated')) return
  const seconds = Math.round((Date.now() - updatedAt) / 1000)
  const text = seconds < QUIET_S ? t('updated', { n: seconds }) : t('updatedLong', { n: Math.round(seconds / 60) })
  write($('#updated'), text)
  $('#updated').classList.toggle('old', seconds >= QUIET_S)
}
setInterval(tick, 1000)

function over () {
  $('main').replaceChildren(h('div', { class: 'over' }, h('h1', {}, t('over')), h('p', { class: 'soft' }, t('overHow'))))
  document.title = t('over')
}

const tell = $('#tell')
const showTell = () => {
  set(tell, 'aria-pressed', String(prefs.get('tell', false)))
  write(tell, t(prefs.get('tell', false) ? 'tellMeOn' : 'tellMe'))
}
tell.addEventListener('click', async () => {
  prefs.set('tell', !prefs.get('tell', false))
  showTell()
  await sounds.unlock()
  if (prefs.get('tell', false)) sounds.play('fresh')
})
addEventListener('pointerdown', () => { if (prefs.get('tell', false)) sounds.unlock() })
showTell()
