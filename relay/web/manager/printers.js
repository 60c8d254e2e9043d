// Computers and their printers: how they are, pairing, test, rename, replace, revoke.
import { t } from '../lib/words.js'
import { ask } from './house.js'
import { act, ago, h, keyed, qr, sheet, tell, time } from './parts.js'

export class View {
  #house
  #list = h('ul', { class: 'machines' })

  constructor (root, house) {
    this.#house = house
    root.append(
      h('div', { class: 'row' }, h('h2', {}, t('computers')), h('button', { class: 'primary', on: { click: () => this.#pair() } }, t('addComputer'))),
      this.#list)
    // A computer's picture leads here, with its phrase.
    const phrase = new URLSearchParams(location.hash.slice(1)).get('pair')
    if (!phrase) return
    history.replaceState(null, '', '#printers')
    this.#pair(phrase)
  }

  draw () {
    const shown = this.#house.devices.filter(device => !device.revoked)
    keyed(this.#list, shown.map(device => ({ device, waits: this.#waiting(device), last: this.#last(device) })), ({ device }) => device.id, one => this.#machine(one))
    if (shown.length === 0) this.#list.replaceChildren(h('li', { class: 'soft' }, t('noComputer')))
  }

  #waiting (device) {
    return this.#house.stations.filter(station => station.device === device.id).reduce((sum, station) => sum + station.waiting, 0)
  }

  // The newest ticket of each of its printers.
  #last (device) {
    const ends = job => job.finishedAt ?? ''
    return device.printers.map(({ name }) => this.#house.jobs.filter(job => job.printer === name && job.finishedAt)
      .reduce((newest, job) => ends(job) > ends(newest ?? {}) ? job : newest, null))
      .map(job => job && { station: job.station, number: job.number, at: job.finishedAt })
  }

  #machine ({ device, waits, last }) {
    const path = `/api/devices/${encodeURIComponent(device.id)}`
    const again = () => this.#house.look()
    return h('li', { class: 'card-like', 'data-online': device.online },
      h('div', { class: 'row' }, h('h3', {}, device.name), h('span', { class: 'chip', 'data-level': device.online ? 'good' : 'bad' }, t(device.online ? 'online' : 'away'))),
      h('p', { class: 'soft' }, t('serves', { stations: device.printsFor.join(', ') || '–', n: waits })),
      h('ul', { class: 'printers' }, device.printers.map((printer, n) => h('li', {},
        h('strong', {}, printer.name), ' ', h('span', { class: 'chip', 'data-level': printer.state === 'ready' ? 'good' : printer.state === 'unknown' ? 'warn' : 'bad' }, t(`printer_${printer.state}`)), ' ',
        h('span', { class: 'soft' }, [printer.profile, printer.proof ? t(`proof_${printer.proof}`) : t('proof_none'), printer.paper === 'low' && t('paperLow'), printer.error, ago(printer.at), last[n] && t('lastTicket', { ...last[n], at: time(last[n].at) })].filter(Boolean).join(' · '))))),
      !device.isUnpaired && h('div', { class: 'acts' },
        act(t('printTest'), async () => {
          const { jobs } = await ask('POST', `${path}/test`, {})
          tell(t('testComes', { stations: jobs.map(job => job.station).join(', ') }))
        }, { then: again }),
        act(t('identify'), async () => {
          const { jobs } = await ask('POST', `${path}/test`, { identify: true })
          tell(t('identifyComes', { name: device.name, stations: jobs.map(job => job.station).join(', ') }))
        }, { then: again }),
        h('button', { on: { click: () => this.#rename(device, path) } }, t('rename')),
        act(t('replace'), async () => this.#show(await ask('POST', '/api/enrolments', { replaces: device.id })), { confirm: t('replaceSure', { name: device.name }) }),
        act(t('revoke'), () => ask('POST', `${path}/revoke`), { then: again, confirm: t('revokeSure', { name: device.name }) })))
  }

  #rename (device, path) {
    const field = h('input', { id: 'new-name', value: device.name, maxlength: 64, required: true })
    const dialog = sheet(t('rename'), h('label', { for: 'new-name' }, t('name')), field,
      act(t('save'), () => ask('PATCH', path, { name: field.value.trim() }), { className: 'primary', then: () => { dialog.close(); this.#house.look() } }))
    field.select()
  }

  #pair (phrase = '') {
    const names = [...new Set([...this.#house.stations.map(station => station.name), 'kitchen', 'bar', 'cashier'])]
    const boxes = names.map(name => h('label', { class: 'check' }, h('input', { type: 'checkbox', value: name }), name))
    const more = h('input', { id: 'other-station', maxlength: 64, autocomplete: 'off' })
    const shown = h('input', { id: 'phrase', maxlength: 100, autocomplete: 'off', autocapitalize: 'off', spellcheck: false, value: phrase })
    const dialog = sheet(t('addComputer'),
      h('fieldset', {}, h('legend', {}, t('whichStations')), ...boxes),
      h('label', { for: 'other-station' }, t('otherStation')), more,
      h('label', { for: 'phrase' }, t('phrase')), shown,
      act(t('makeCode'), async () => {
        const chosen = [...boxes.flatMap(box => box.firstChild.checked ? [box.firstChild.value] : []), more.value.trim()].filter(Boolean)
        if (chosen.length === 0) throw new Error(t('chooseStation'))
        const code = shown.value.trim() || undefined
        const made = await ask('POST', '/api/enrolments', { stations: chosen.map(name => ({ name })), code })
        dialog.close()
        if (code) tell(t('takenIn'))
        else this.#show(made)
      }, { className: 'primary' }))
  }

  // The code, as a command to copy and as a picture for a telephone.
  async #show ({ code, expires }) {
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const command = `printrail-agent service install ${code} --relay ${scheme}://${location.host}`
    sheet(t('pairingCode'), h('p', { class: 'code' }, code), h('p', { class: 'soft' }, t('codeHow', { until: time(expires) })),
      h('pre', { tabindex: 0 }, command),
      act(t('copy'), () => navigator.clipboard.writeText(command), { then: () => tell(t('copied')) }),
      await qr(command).catch(() => null))
  }
}
