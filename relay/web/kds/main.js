// The kitchen display: wires what is known, what is shown and what is heard.
import { $, h, write } from '../lib/dom.js'
import { Live } from '../lib/live.js'
import { prefs, showTheme } from '../lib/prefs.js'
import { headers, outlet, signIn, takeFromAddress } from '../lib/token.js'
import { clock, fill, loadWords, t } from '../lib/words.js'
import { Board } from './board.js'
import { coursesOf, mayHold } from './courses.js'
import { Crew, isWanted, numberOf } from './crew.js'
import { watchDoubts } from './doubts.js'
import { Keep } from './keep.js'
import { listen } from './keys.js'
import { Kitchen, isLive } from './kitchen.js'
import * as panels from './panels.js'
import { stationNames } from './routing.js'
import { Sounds } from './sound.js'
import { Strip } from './strip.js'

const AGE_EVERY_MS = 5_000
// Proof of a moment ago is enough to send a move at once.
const FRESH_MS = 6_000
const MOST_RECALLED = 50
const NOTICE_MS = 6_000

showTheme('dark')
takeFromAddress()
await loadWords()
fill()
document.title = `${t('kitchenDisplay')} · Printrail`

const kitchen = new Kitchen()
kitchen.station = new URLSearchParams(location.search).get('station') ?? prefs.get('station', '')
const keep = new Keep(outlet(), kitchen.station, () => ({
  orders: [...kitchen.orders.values()].filter(({ order }) => kitchen.seen.has(String(order.id))),
  seen: [...kitchen.seen], recalled: [...kitchen.recalled], place: live.place, proof: provenAt, settings: kitchen.settings
}))
const kept = keep.load()
let provenAt = kept?.proof ?? Date.now()
let isFirst = !kept
for (const { order, seq } of kept?.orders ?? []) kitchen.orders.set(String(order.id), { order, seq })
kitchen.seen = new Map(kept?.seen)
kitchen.recalled = new Map(kept?.recalled)
kitchen.settings = kept?.settings ?? kitchen.settings

const live = new Live(kept?.place, async entry => {
  if (Date.now() - provenAt > FRESH_MS) await live.beat()
  return Date.now() - provenAt > FRESH_MS ? 'later' : isWanted(kitchen, entry)
}, kitchen.station)
const sounds = new Sounds()
const strip = new Strip($('#strip'), $('#shout'), provenAt)
const undo = new panels.UndoBar($('#undo'))
const board = new Board($('#board'), kitchen, () => live.now())
const crew = new Crew(kitchen, live, undo)

// --- what is heard of the relay ---

live.addEventListener('snapshot', ({ detail: { orders, seq, isOther } }) => {
  const { heard, missing } = kitchen.replace(orders, seq, isOther)
  if (!isFirst) for (const kind of new Set(heard)) sounds.play(kind)
  isFirst = false
  for (const id of missing) look(id, seq)
  changed()
})
live.addEventListener('order', ({ detail: { order, seq } }) => {
  tell(String(order.id), kitchen.apply(order, seq))
  changed()
})
live.addEventListener('seen', ({ detail: { orderId, by } }) => {
  const [, station, until] = /^kds:(.*)@(\d+)$/.exec(by ?? '') ?? []
  if (until && station === kitchen.station) kitchen.seenElsewhere(String(orderId), Number(until))
  changed()
})
live.addEventListener('proof', () => { provenAt = Date.now(); strip.proof(); keep.soon() })
live.addEventListener('queue', ({ detail: { queued } }) => strip.queue(queued))
live.addEventListener('unauthorized', async () => { await signIn(); location.reload() })

// An order that was on the board and is not open any more: finished, or void.
async function look (id, seq) {
  try {
    const answer = await fetch(`/api/orders/${encodeURIComponent(id)}`, { headers: headers() })
    if (answer.ok) tell(id, kitchen.apply(await answer.json(), seq))
    else if (answer.status === 404) kitchen.seen.delete(id)
    changed()
  } catch { /* the next snapshot asks again */ }
}

function tell (id, heard) {
  for (const kind of heard) {
    sounds.play(kind)
    board.addEventListener('drawn', () => board.flash(id, kind), { once: true })
    write($('#polite'), t(`announce${kind[0].toUpperCase()}${kind.slice(1)}`, { number: numberOf(kitchen, id) }))
  }
}

function changed () {
  kitchen.prune(MOST_RECALLED * 2)
  board.draw()
  keep.soon()
}

// --- what a hand does ---

board.addEventListener('act', ({ detail: { act, id, n } }) => acts[act](id, n))
crew.addEventListener('moved', () => { board.draw(); keep.soon() })
crew.addEventListener('refused', ({ detail: { id, why } }) => notice(t('refused', { number: numberOf(kitchen, id), why })))

const acts = {
  go: id => crew.bump(id),
  accept: id => crew.answer(id, true),
  reject: id => crew.answer(id, false, t('cancelRejectedWhy')),
  fire: (id, n) => crew.course(id, { step: 'fire', n }),
  hold: (id, n) => crew.course(id, { step: 'hold', n }),
  details: id => {
    const card = kitchen.card(id)
    if (card) panels.details(card, { itemTo: (item, status) => crew.item(id, item, status), priorityTo: rank => crew.priority(id, rank) })
  }
}
const chosen = act => () => { if (board.chosen) act(board.chosen) }
listen(board, {
  bump: chosen(acts.go),
  fire: chosen(id => courseBy(id, 'fire')),
  hold: chosen(id => courseBy(id, 'hold')),
  item: chosen(id => {
    const next = coursesOf(kitchen.card(id)?.items ?? []).flatMap(({ items }) => items).find(item => isLive(item) && !['ready', 'served'].includes(item.status))
    if (next) crew.item(id, next, 'ready')
  }),
  details: chosen(acts.details),
  recall, undo: () => undo.undo(), allDay: () => panels.allDay(kitchen), search: () => panels.search(board), help: panels.keys
})
for (const [id, act] of Object.entries({
  allday: () => panels.allDay(kitchen), recall, search: () => panels.search(board), help: panels.keys, settings: showSettings
})) $(`#b-${id}`).addEventListener('click', act)

// The next course that waits is fired; the last one that was fired waits again.
function courseBy (id, act) {
  const courses = coursesOf(kitchen.card(id)?.items ?? [])
  const found = act === 'fire' ? courses.find(course => course.state === 'held') : courses.filter(mayHold).at(-1)
  if (found) acts[act](id, found.n)
}

// What left this station's board: orders that are finished, and where stations share one, their own part of it.
async function recall () {
  const isGone = order => order.status === 'completed' || order.status === 'served' || isPartGone(order)
  const known = new Map([...kitchen.orders].map(([id, { order }]) => [id, order]))
  try {
    const asked = await Promise.all(['completed', 'served'].map(status => fetch(`/api/orders?status=${status}&limit=${MOST_RECALLED}`, { headers: headers() })))
    for (const answer of asked) if (answer.ok) for (const order of (await answer.json()).items) known.set(String(order.id), order)
  } catch { /* what this display remembers, then */ }
  const gone = [...known.values()].filter(order => isGone(order) && !kitchen.card(String(order.id)) && kitchen.items(order).length > 0)
    .map(order => ({ order, at: Date.parse(order.updatedAt) }))
    .sort((a, b) => b.at - a.at).slice(0, MOST_RECALLED)
  panels.recall(gone, order => crew.bringBack(order))
}

function isPartGone (order) {
  if (!kitchen.station || order.status === 'cancelled') return false
  const own = kitchen.items(order).filter(isLive)
  return own.length > 0 && own.every(item => item.status === 'served')
}

function showSettings () {
  panels.settings({
    sounds,
    async changed (name) {
      showTheme('dark')
      if (name === 'language') { await loadWords(); fill(); showStations() }
      board.redraw()
    }
  })
}

function notice (text) {
  const element = h('p', { class: 'notice', role: 'status' }, text)
  document.body.append(element)
  setTimeout(() => element.remove(), NOTICE_MS)
}

// --- stations ---

function showStations () {
  const names = stationNames(kitchen.settings)
  $('#station').replaceChildren(...['', ...new Set([...names, kitchen.station].filter(Boolean))].map(name =>
    h('option', { value: name, selected: name === kitchen.station }, name ? name.replaceAll('_', ' ') : t('everything'))))
}
$('#station').addEventListener('change', ({ target }) => {
  prefs.set('station', target.value)
  const query = new URLSearchParams(location.search)
  query.delete('station')
  if (target.value) query.set('station', target.value)
  location.search = query
})
showStations()
try {
  const answer = await fetch('/api/routing', { headers: headers() })
  if (answer.ok) { kitchen.settings = await answer.json(); showStations(); changed() }
} catch { /* those that were kept, or the usual ones */ }

// --- sound, time, sleep ---

async function start () {
  await sounds.unlock()
  try { await navigator.wakeLock?.request('screen') } catch { /* not over plain HTTP */ }
}
const touched = () => { if (!sounds.isOn) start() }
for (const event of ['pointerdown', 'keydown']) addEventListener(event, touched)
sounds.addEventListener('change', () => { $('#start').hidden = sounds.isOn })
sounds.tryOut()
strip.addEventListener('alarm', () => sounds.play('lost'))

const everySecond = () => { strip.tick(); write($('#clock'), clock(live.now())) }
everySecond()
setInterval(everySecond, 1000)
setInterval(() => { if (board.age().length > 0) sounds.play('overdue') }, AGE_EVERY_MS)
document.addEventListener('visibilitychange', () => { if (!document.hidden) { everySecond(); board.age() } })
strip.queue(live.client.status.queued)
board.draw()
watchDoubts($('#doubts'), () => kitchen.station)
if (navigator.serviceWorker && window.isSecureContext) {
  const policy = window.trustedTypes?.createPolicy('printrail', { createScriptURL: url => url })
  navigator.serviceWorker.register(policy ? policy.createScriptURL('/sw.js') : '/sw.js').catch(() => {})
}
