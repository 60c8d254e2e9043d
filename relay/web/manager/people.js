// Who may come in, and who did what: codes for screens, tokens for programs, the audit.
import { t } from '../lib/words.js'
import { ask } from './house.js'
import { act, h, keyed, qr, sheet, tell, time } from './parts.js'

const ROLES = ['kitchen', 'bar', 'waiter', 'cashier', 'pos', 'manager']

export class View {
  #tokens = h('ul', { class: 'tokens' })
  #audit = h('tbody')
  #who = h('input', { id: 'audit-who', type: 'search', autocomplete: 'off' })

  constructor (root) {
    this.#who.addEventListener('input', () => this.#read())
    root.append(
      h('section', {}, h('div', { class: 'row' }, h('h2', {}, t('screens')),
        h('button', { class: 'primary', on: { click: () => this.#screen() } }, t('addScreen'))), h('p', { class: 'soft' }, t('screensHow'))),
      h('section', {}, h('div', { class: 'row' }, h('h2', {}, t('tokens')),
        h('button', { on: { click: () => this.#token() } }, t('addToken'))), h('p', { class: 'soft' }, t('tokensHow')), this.#tokens),
      h('section', {}, h('div', { class: 'row' }, h('h2', {}, t('audit')), h('label', { class: 'find' }, h('span', {}, t('auditWho')), this.#who)),
        h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('audit') },
          h('table', {}, h('thead', {}, h('tr', {}, [t('when'), t('who'), t('what')].map(text => h('th', { scope: 'col' }, text)))), this.#audit))))
    this.#read()
  }

  draw () {}

  async #read () {
    try {
      const who = this.#who.value.trim()
      const [tokens, audit] = await Promise.all([ask('GET', '/api/tokens'), ask('GET', `/api/audit?limit=100${who ? `&who=${encodeURIComponent(who)}` : ''}`)])
      keyed(this.#tokens, tokens.items.filter(token => !token.revoked), token => token.id, token => this.#row(token))
      keyed(this.#audit, audit.items, line => line.at + line.who + line.what, line => h('tr', {},
        h('td', {}, h('time', { datetime: line.at }, `${line.at.slice(0, 10)} ${time(line.at)}`)), h('td', {}, line.who), h('td', {}, line.what)))
    } catch (error) { tell(error.message, 'bad') }
  }

  #row (token) {
    return h('li', { class: 'row card-like' }, h('div', {}, h('strong', {}, token.name ?? token.id), ' ', h('span', { class: 'chip' }, token.role ?? '–'),
      h('p', { class: 'soft' }, t('tokenUntil', { by: token.madeBy, until: (token.expires ?? '').slice(0, 10) }))),
    act(t('revoke'), () => ask('POST', `/api/tokens/${encodeURIComponent(token.id)}/revoke`), { then: () => this.#read(), confirm: t('revokeSure', { name: token.name ?? token.id }) }))
  }

  #form (title, then) {
    const role = h('select', { id: 'role' }, ROLES.map(name => h('option', { value: name }, name)))
    const name = h('input', { id: 'token-name', maxlength: 64, autocomplete: 'off' })
    const dialog = sheet(title, h('label', { for: 'role' }, t('role')), role, h('label', { for: 'token-name' }, t('name')), name,
      act(t('makeCode'), async () => {
        await then({ role: role.value, ...(name.value.trim() && { name: name.value.trim() }) })
        dialog.close()
        this.#read()
      }, { className: 'primary' }))
  }

  #screen () {
    this.#form(t('addScreen'), async wanted => {
      const { code, role, expires } = await ask('POST', '/api/screen-codes', wanted)
      const address = `${location.origin}${role === 'kitchen' || role === 'bar' ? '/kds' : '/'}`
      sheet(t('screenCode'), h('p', { class: 'code' }, code), h('p', { class: 'soft' }, t('screenHow', { address, until: time(expires) })), await qr(address).catch(() => null))
    })
  }

  #token () {
    this.#form(t('addToken'), async wanted => {
      const { token } = await ask('POST', '/api/tokens', { ...wanted, ttl: '365d' })
      sheet(t('newToken'), h('p', { class: 'soft' }, t('tokenOnce')), h('pre', { tabindex: 0 }, token),
        act(t('copy'), () => navigator.clipboard.writeText(token), { then: () => tell(t('copied')) }))
    })
  }
}
