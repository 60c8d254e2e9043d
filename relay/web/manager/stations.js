// Stations and routing: where everything goes and why, with a dry run and what is odd about the rules.
import { knows, t } from '../lib/words.js'
import { ask } from './house.js'
import { act, h, keyed, sheet, tell, write } from './parts.js'

const SAMPLE = {
  orderType: 'dine-in', tableNumber: 'C4', paymentMethod: 'cash',
  items: [
    { name: 'Nasi Goreng', quantity: 2, unitPrice: 25000, workstation: 'kitchen' },
    { name: 'Es Teh', quantity: 2, unitPrice: 8000, mainCategory: 'minuman' },
    { name: 'Kerupuk', quantity: 1, unitPrice: 5000 }
  ]
}

export class View {
  #house
  #stations = h('ul', { class: 'stations' })
  #findings = h('ul', { class: 'findings' })
  #sound = h('p', { class: 'soft' })
  #pick = h('select', { id: 'pick' })
  #text = h('textarea', { id: 'order-text', rows: 12, spellcheck: 'false' })
  #answer = h('div', { class: 'answer', 'aria-live': 'polite' })

  constructor (root, house) {
    this.#house = house
    this.#text.value = JSON.stringify(SAMPLE, null, 2)
    this.#pick.addEventListener('change', () => this.#take())
    root.append(
      h('section', {}, h('h2', {}, t('stations')), this.#stations),
      h('section', {}, h('h2', {}, t('findings')), this.#sound, this.#findings),
      h('section', {}, h('h2', {}, t('dryRun')), h('p', { class: 'soft' }, t('dryRunHow')),
        h('label', { for: 'pick' }, t('orderToTry')), this.#pick,
        h('label', { for: 'order-text' }, t('orderText')), this.#text,
        act(t('tryIt'), () => this.#try(), { className: 'primary' }), this.#answer),
      h('section', {}, h('h2', {}, t('rules')), h('p', { class: 'soft' }, t('rulesHow')),
        h('button', { on: { click: () => this.#edit() } }, t('editRules'))))
  }

  draw () {
    keyed(this.#stations, this.#house.stations, station => station.name, station => this.#station(station))
    const problems = this.#house.routing.problems ?? []
    write(this.#sound, problems.length ? '' : t('noFindings'))
    keyed(this.#findings, problems, JSON.stringify, finding)
    const before = this.#pick.value
    const orders = [['', t('sampleOrder')], ...this.#house.orders.slice(0, 20).map(order => [order.id, `${order.orderNumber} ${order.tableNumber ?? ''}`])]
    keyed(this.#pick, orders, ([id]) => id, ([value, text]) => h('option', { value }, text))
    this.#pick.value = orders.some(([id]) => id === before) ? before : ''
  }

  #station (station) {
    return h('li', { class: 'card-like' },
      h('div', { class: 'row' }, h('h3', {}, station.name), h('span', { class: 'chip', 'data-level': station.device || station.screen ? 'good' : 'bad' }, standing(station))),
      h('p', { class: 'soft' }, [t('copies', { n: station.copies }), station.backup ? t('backedBy', { station: station.backup, s: station.backupAfterS }) : t('noBackup'), t('waits', { n: station.waiting })].join(' · ')),
      h('div', { class: 'acts' }, h('button', { on: { click: () => this.#change(station) } }, t('change'))))
  }

  #change (station) {
    const copies = h('input', { id: 'copies', type: 'number', min: 1, max: 5, value: station.copies })
    const backup = h('select', { id: 'backup' }, h('option', { value: '' }, t('none')),
      this.#house.stations.filter(other => other.name !== station.name).map(other => h('option', { value: other.name, selected: other.name === station.backup }, other.name)))
    const after = h('input', { id: 'after', type: 'number', min: 5, max: 3600, value: station.backupAfterS })
    const dialog = sheet(station.name,
      h('label', { for: 'copies' }, t('copiesOf')), copies, h('label', { for: 'backup' }, t('backup')), backup,
      h('label', { for: 'after' }, t('backupAfter')), after,
      act(t('save'), () => ask('PUT', `/api/stations/${encodeURIComponent(station.name)}`, { copies: Number(copies.value), backup: backup.value || null, backupAfterS: Number(after.value) }),
        { className: 'primary', then: () => { dialog.close(); this.#house.look() } }))
  }

  #take () {
    const order = this.#house.orders.find(order => order.id === this.#pick.value)
    const { id, ...rest } = order ?? SAMPLE
    this.#text.value = JSON.stringify(order ? { orderType: rest.orderType, tableNumber: rest.tableNumber, paymentMethod: rest.paymentMethod, items: rest.items.map(({ name, quantity, unitPrice, workstation, mainCategory }) => ({ name, quantity, unitPrice, workstation, mainCategory })) } : rest, null, 2)
    this.#answer.replaceChildren()
  }

  async #try () {
    let order
    try { order = JSON.parse(this.#text.value) } catch (error) { throw new Error(t('noJson', { why: error.message })) }
    const run = await ask('POST', '/api/routing/dry-run', order)
    this.#answer.replaceChildren(
      h('table', {}, h('thead', {}, h('tr', {}, [t('item'), t('goesTo'), t('why')].map(text => h('th', { scope: 'col' }, text)))),
        h('tbody', {}, run.items.map(item => h('tr', { 'data-odd': item.unrouted },
          h('td', {}, `${item.quantity} × ${item.name}`), h('td', {}, item.stations.join(', ')), h('td', { class: 'soft' }, item.reason))))),
      h('ul', { class: 'findings' }, run.findings.map(finding)))
  }

  #edit () {
    const { problems, ...settings } = this.#house.routing
    const text = h('textarea', { id: 'rules-text', rows: 18, spellcheck: 'false' })
    text.value = JSON.stringify(settings, null, 2)
    const dialog = sheet(t('rules'), h('label', { for: 'rules-text' }, t('rulesText')), text,
      act(t('save'), async () => {
        let wanted
        try { wanted = JSON.parse(text.value) } catch (error) { throw new Error(t('noJson', { why: error.message })) }
        await ask('PUT', '/api/routing', wanted)
      }, { className: 'primary', then: () => { dialog.close(); tell(t('saved')); this.#house.look() } }))
    dialog.classList.add('wide')
  }
}

// Who takes its tickets: a printer, else a screen.
function standing ({ device, printers, screen }) {
  if (device) return printers.map(printer => printer.name).join(', ') || t('online')
  return t(screen ? 'onScreen' : screen === false ? 'deadScreen' : 'nobodyPrints')
}

function finding (found) {
  const { finding: kind, stations, ...values } = found
  return h('li', { class: 'finding' }, knows(`finding_${kind}`) ? t(`finding_${kind}`, { ...values, stations: stations?.join(', ') }) : JSON.stringify(found))
}
