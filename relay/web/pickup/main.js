// The pickup screen: which orders are being made and which are ready, by their numbers alone. No name, no dish.
import { $, arrange, h, set, write } from '../lib/dom.js'
import { Live } from '../lib/live.js'
import { showTheme } from '../lib/prefs.js'
import { signIn, takeFromAddress } from '../lib/token.js'
import { clock, fill, loadWords, t } from '../lib/words.js'
import { Sounds } from '../kds/sound.js'

// Proof older than that, and guests are told to ask.
const OLD_MS = 40_000
// Nothing is shown that the kitchen did not enter.
const SHOWN = { making: new Set(['preparing']), ready: new Set(['ready']) }

showTheme('dark')
takeFromAddress()
await loadWords()
fill()
document.title = `${t('pickup')} · Printrail`

// What is carried to a table needs no number on the wall, unless the house calls every order: `?all`.
const isForAll = new URLSearchParams(location.search).has('all')
const orders = new Map()
// The event after which each order was so, also of those that are not shown.
const positions = new Map()
const cells = new Map()
const sounds = new Sounds()
let provenAt = Date.now()
let isKnown = false

const live = new Live()
live.addEventListener('snapshot', ({ detail }) => { begin(detail); draw() })
live.addEventListener('order', ({ detail: { order, seq } }) => { take(order, seq); draw() })
live.addEventListener('proof', () => { provenAt = Date.now(); tick() })
live.addEventListener('unauthorized', async () => { await signIn(); location.reload() })
addEventListener('pointerdown', () => sounds.unlock())
sounds.tryOut()
setInterval(tick, 1000)
tick()

// All that is open; what came over the socket meanwhile may be newer.
function begin ({ orders: all, seq, isOther }) {
  if (isOther) positions.clear()
  const open = new Set(all.map(order => String(order.id)))
  const isOver = id => !open.has(id) && !(positions.get(id) > seq)
  for (const known of [orders, positions]) for (const id of known.keys()) if (isOver(id)) known.delete(id)
  for (const order of all) take(order, seq)
}

// The same order comes by several ways, the older word sometimes behind the newer one.
function take (order, seq) {
  const id = String(order.id)
  if (seq < positions.get(id)) return
  positions.set(id, seq)
  const isShown = (isForAll || order.orderType !== 'dine-in') && Object.values(SHOWN).some(statuses => statuses.has(order.status))
  if (!isShown) { orders.delete(id); return }
  const isNews = isKnown && order.status === 'ready' && orders.get(id)?.status !== 'ready'
  orders.set(id, { id, number: order.orderNumber.split('-').at(-1), status: order.status, at: order.updatedAt, isNews: isNews || Boolean(orders.get(id)?.isNews) })
  if (isNews) { sounds.play('fresh'); write($('#shout'), t('readyNow', { number: orders.get(id).number })) }
}

function draw () {
  isKnown = true
  for (const [name, statuses] of Object.entries(SHOWN)) {
    const list = [...orders.values()].filter(({ status }) => statuses.has(status))
    // Who has just become ready stands first; who waits longest is made first.
    list.sort((a, b) => (name === 'ready' ? b.at.localeCompare(a.at) : a.number.localeCompare(b.number, undefined, { numeric: true })))
    arrange($(`#${name}`), list.map(cell))
  }
  for (const id of cells.keys()) if (!orders.has(id)) cells.delete(id)
}

function cell ({ id, number, status, isNews }) {
  if (!cells.has(id)) cells.set(id, h('li', {}))
  const element = cells.get(id)
  write(element, number)
  set(element, 'class', status === 'ready' && isNews && 'fresh')
  return element
}

function tick () {
  const isOld = Date.now() - provenAt > OLD_MS
  document.body.classList.toggle('is-old', isOld)
  $('#old').hidden = !isOld
  write($('#old'), isOld ? t('pickupOld', { time: clock(provenAt) }) : '')
  write($('#clock'), clock(live.now()))
}
