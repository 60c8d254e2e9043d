// What the outlet is called and when its day begins; who is told what needs a person, and how telling went.
import { t } from '../lib/words.js'
import { ask } from './house.js'
import { act, h, keyed, tell, time, write } from './parts.js'

const KINDS = ['ntfy', 'webhook']
// Deliveries and troubles are asked for so often while somebody looks.
const EVERY_MS = 4_000
const TEXTS = [['outlet_name', 'text'], ['timezone', 'text'], ['business_day_start', 'time'], ['currency', 'text']]
const NUMBERS = [['expires_after_s', 3600], ['session_ttl_s', 3600], ['keep_events_days', 1], ['keep_jobs_days', 1]]
const SWITCHES = ['confirm_on_payment', 'guest_orders_wait', 'receipt_on_payment']

export class View {
  #house
  #root
  #fields = new Map()
  #targets = h('ul', { class: 'targets' })
  #none = h('p', { class: 'soft' })
  #open = h('ul', { class: 'findings' })
  #deliveries = h('tbody')
  #kind = h('select', { id: 'alert-kind' }, KINDS.map(kind => h('option', { value: kind }, t(`alert_${kind}`))))
  #url = h('input', { id: 'alert-url', type: 'url', inputmode: 'url', autocomplete: 'off', placeholder: 'https://ntfy.sh/…' })
  #known = { targets: [] }
  #isFilled = false

  constructor (root, house) {
    this.#house = house
    this.#root = root
    root.append(
      h('section', {}, h('h2', {}, t('houseSettings')), h('div', { class: 'grid' }, this.#inputs()),
        act(t('save'), () => this.#save(), { className: 'primary', then: () => tell(t('saved')) })),
      h('section', {}, h('h2', {}, t('alerts')), h('p', { class: 'soft' }, t('alertsHow')), this.#open, this.#none, this.#targets,
        h('div', { class: 'fields' },
          h('div', {}, h('label', { for: 'alert-kind' }, t('alertKind')), this.#kind),
          h('div', { class: 'long' }, h('label', { for: 'alert-url' }, t('alertUrl')), this.#url),
          act(t('add'), () => this.#add())),
        act(t('alertTest'), async () => {
          const { items } = await ask('POST', '/api/alerts/test')
          const failed = items.filter(one => !one.delivered)
          if (items.length === 0) throw new Error(t('alertNobody'))
          if (failed.length > 0) throw new Error(t('alertFailed', { why: failed[0].detail }))
          tell(t('alertSent', { n: items.length }))
        }, { then: () => this.#read() })),
      h('section', { class: 'whole' }, h('h2', {}, t('deliveries')),
        h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('deliveries') },
          h('table', {}, h('thead', {}, h('tr', {}, [t('when'), t('what'), t('alertTo'), t('alertHow'), t('act')].map(text => h('th', { scope: 'col' }, text)))), this.#deliveries))))
    this.#read()
    const timer = setInterval(() => (this.#root.isConnected ? this.#read() : clearInterval(timer)), EVERY_MS)
  }

  draw () {
    if (this.#isFilled || !('timezone' in this.#house.routing)) return
    this.#isFilled = true
    const { routing } = this.#house
    for (const [name] of TEXTS) this.#fields.get(name).value = routing[name] ?? ''
    for (const [name, unit] of NUMBERS) this.#fields.get(name).value = routing[name] / unit
    for (const name of SWITCHES) this.#fields.get(name).checked = routing[name]
  }

  #inputs () {
    const input = (name, attributes) => {
      const field = h('input', { id: `set-${name}`, autocomplete: 'off', ...attributes })
      this.#fields.set(name, field)
      return field
    }
    return [
      ...TEXTS.map(([name, type]) => h('div', { class: 'stacked' }, h('label', { for: `set-${name}` }, t(`set_${name}`)), input(name, { type }))),
      ...NUMBERS.map(([name]) => h('div', { class: 'stacked' }, h('label', { for: `set-${name}` }, t(`set_${name}`)), input(name, { type: 'number', min: 1, max: 3650 }))),
      ...SWITCHES.map(name => h('label', { class: 'check' }, input(name, { type: 'checkbox' }), t(`set_${name}`)))
    ]
  }

  async #save () {
    const value = name => this.#fields.get(name).value.trim()
    await ask('PUT', '/api/routing', {
      ...Object.fromEntries(TEXTS.map(([name]) => [name, value(name) || (name === 'outlet_name' || name === 'currency' ? null : value(name))])),
      ...Object.fromEntries(NUMBERS.map(([name, unit]) => [name, Math.round(Number(value(name)) * unit)])),
      ...Object.fromEntries(SWITCHES.map(name => [name, this.#fields.get(name).checked]))
    })
    this.#house.look()
  }

  async #read () {
    try { this.#show(await ask('GET', '/api/alerts')) } catch { /* asked again soon */ }
  }

  #show (alerts) {
    this.#known = alerts
    write(this.#none, alerts.targets.length === 0 ? t('alertNobody') : '')
    keyed(this.#targets, alerts.targets, ({ kind, url }) => kind + url, target => h('li', { class: 'row card-like' },
      h('div', {}, h('strong', {}, t(`alert_${target.kind}`)), ' ', h('span', { class: 'address' }, target.url)),
      act(t('remove'), () => this.#put(this.#known.targets.filter(one => one.url !== target.url || one.kind !== target.kind)))))
    keyed(this.#open, alerts.open.filter(({ told }) => told), ({ key }) => key, trouble => h('li', { class: 'finding' }, h('span', { dir: 'auto' }, trouble.text), ' ', h('span', { class: 'soft' }, time(trouble.since))))
    keyed(this.#deliveries, alerts.deliveries, ({ id }) => id, delivery => this.#delivery(delivery))
  }

  #delivery ({ id, at, text, url, delivered, tries, detail }) {
    const how = delivered === null ? 'trying' : delivered ? 'arrived' : 'lost'
    const level = { trying: 'warn', arrived: 'good', lost: 'bad' }[how]
    return h('tr', {},
      h('td', {}, h('time', { datetime: at }, time(at))), h('td', { dir: 'auto' }, text), h('td', {}, h('span', { class: 'address' }, new URL(url).host)),
      h('td', {}, h('span', { class: 'chip', 'data-level': level }, t(`alert_is_${how}`)), ' ', h('span', { class: 'soft' }, [tries > 1 && t('alertTries', { n: tries }), detail].filter(Boolean).join(' · '))),
      h('td', {}, act(t('resend'), () => ask('POST', `/api/alerts/deliveries/${id}/resend`), { then: () => this.#read() })))
  }

  async #add () {
    const url = this.#url.value.trim()
    await this.#put([...this.#known.targets, { kind: this.#kind.value, url }])
    this.#url.value = ''
  }

  async #put (targets) { this.#show(await ask('PUT', '/api/alerts', { targets })) }
}
