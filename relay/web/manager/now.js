// What needs a person, and what happens: orders with a timeline for each ticket.
import { t } from '../lib/words.js'
import { ask } from './house.js'
import { act, ago, evidence, h, keyed, sheet, state, tell, ticketOf, time, write } from './parts.js'
import { pulse } from './pulse.js'
import { needs } from './sentence.js'
import { Figures } from './figures.js'
import { whole } from './order.js'

const CANCELLABLE = new Set(['accepted', 'spooled', 'held', 'unconfirmed'])

export class View {
  #house
  #search = h('input', { type: 'search', id: 'find', autocomplete: 'off' })
  #needs = h('ul', { class: 'needs' })
  #orders = h('ul', { class: 'orders' })
  #none = h('p', { class: 'soft' })
  #figures = new Figures()

  constructor (root, house) {
    this.#house = house
    this.#search.addEventListener('input', () => this.draw())
    root.append(
      this.#figures.element,
      h('section', { 'aria-labelledby': 'h-needs' }, h('h2', { id: 'h-needs' }, t('needsYou')), this.#none, this.#needs),
      h('section', { 'aria-labelledby': 'h-orders' },
        h('div', { class: 'row' }, h('h2', { id: 'h-orders' }, t('orders')),
          h('label', { class: 'find' }, h('span', {}, t('findOrder')), this.#search)),
        this.#orders))
  }

  draw () {
    const now = Date.now()
    const { day, devices } = this.#house
    this.#figures.draw(pulse(day.jobs, now, day.since), devices.filter(device => !device.revoked), now)
    const open = needs(this.#house.jobs, this.#house.stations, now)
    write(this.#none, open.length ? '' : t('needsNothing'))
    keyed(this.#needs, open.map(job => ({ job, age: ago(job.createdAt, now), stations: this.#elsewhere(job) })), ({ job }) => job.id, need => this.#need(need))
    const wanted = this.#search.value.trim().toLowerCase()
    const found = this.#house.orders.filter(order => !wanted || [order.orderNumber, order.tableNumber, order.customer?.phone?.slice(-4)].some(text => text?.toLowerCase().includes(wanted)))
    const jobs = Map.groupBy ? Map.groupBy(this.#house.jobs, job => job.orderId) : group(this.#house.jobs)
    keyed(this.#orders, found.map(order => ({ order, jobs: (jobs.get(order.id) ?? []).sort((a, b) => a.createdAt.localeCompare(b.createdAt)) })), ({ order }) => order.id, found => this.#order(found))
  }

  #elsewhere (job) {
    return this.#house.stations.filter(station => station.name !== job.station && station.device).map(station => station.name)
  }

  #order ({ order, jobs }) {
    return h('li', { class: 'one', 'data-status': order.status },
      h('div', { class: 'row' },
        h('h3', {}, order.orderNumber, ' ', h('span', { class: 'soft' }, order.tableNumber ? t('table', { table: order.tableNumber }) : t(`type_${order.orderType}`))),
        h('span', { class: 'side' }, h('span', { class: 'chip' }, t(`status_${order.status}`)), ' ', h('time', { class: 'soft', datetime: order.createdAt }, time(order.createdAt)))),
      h('div', { class: 'row' },
        h('p', { class: 'items' }, order.items.map(item => `${item.quantity} × ${item.name}`).join(', ')),
        act(t('wholeOrder'), () => whole(order, () => this.#house.look()))),
      jobs.length > 0 && h('ul', { class: 'tickets' }, jobs.map(ticketRow)))
  }

  #need ({ job, age, stations }) {
    const again = () => this.#house.look()
    const path = `/api/jobs/${encodeURIComponent(job.id)}`
    const isDoubt = job.state === 'unconfirmed'
    const send = to => act(t('sendTo', { station: to }), () => ask('POST', `${path}/reprint`, { station: to }), { then: again })
    return h('li', { class: 'need', 'data-state': job.state },
      h('div', {}, h('strong', {}, t('ticketOf', { number: job.number, station: job.station })), ' ',
        h('span', { class: 'chip' }, state(job)), ' ', h('span', { class: 'soft' }, `${job.orderNumber ?? ''} · ${age}`),
        job.detail && h('p', { class: 'soft' }, job.detail)),
      h('div', { class: 'acts' },
        isDoubt && act(t('itPrinted'), () => ask('POST', `${path}/resolve`, { printed: true }), { className: 'primary', then: again }),
        isDoubt && act(t('printAgain'), () => ask('POST', `${path}/resolve`, { printed: false }), { then: again }),
        job.state === 'held' && act(t('printNow'), () => ask('POST', `${path}/release`), { className: 'primary', then: again }),
        ...stations.slice(0, 3).map(send),
        act(t('withdraw'), () => ask('POST', `${path}/cancel`), { then: again, confirm: t('withdrawSure', { number: job.number, station: job.station }) }),
        h('button', { on: { click: () => details(job) } }, t('seeTicket'))))
  }
}

function ticketRow (job) {
  return h('li', {}, h('button', { class: 'ticket', 'data-state': job.state, on: { click: () => details(job) } },
    h('span', { class: 'name' }, t('ticketOf', { number: job.number, station: job.station })),
    h('span', { class: 'mark' }, state(job)), h('span', { class: 'soft' }, [evidence(job), time(job.finishedAt)].filter(Boolean).join(' · '))))
}

// The whole story of a ticket, and what it looks like.
function details (job) {
  const path = `/api/jobs/${encodeURIComponent(job.id)}`
  const dialog = sheet(t('ticketOf', { number: job.number, station: job.station }),
    h('ol', { class: 'story' }, job.history.map(step => h('li', {}, h('time', { datetime: step.at }, seconds(step.at)), ' ', h('strong', {}, state(step)), step.detail && h('span', { class: 'soft' }, ` ${step.detail}`)))),
    h('p', { class: 'soft' }, [job.printer && t('atPrinter', { name: job.printer }), t('attempt', { n: job.attempt }), evidence(job)].filter(Boolean).join(' · ')),
    h('div', { class: 'pair' },
      act(t('reprint'), () => ask('POST', `${path}/reprint`), { then: () => { tell(t('reprintComes')); dialog.close() } }),
      CANCELLABLE.has(job.state) && act(t('withdraw'), () => ask('POST', `${path}/cancel`), { then: () => dialog.close() })),
    ticketOf(job))
}

const seconds = at => new Date(at).toLocaleTimeString('en-GB')

function group (jobs) {
  const found = new Map()
  for (const job of jobs) found.set(job.orderId, [...(found.get(job.orderId) ?? []), job])
  return found
}
