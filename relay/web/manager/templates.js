// Templates: how every ticket looks on both papers, drawn by the renderer that prints, while one types; what is
// different from what is in use; putting it into use, and going back.
import { t } from '../lib/words.js'
import { diff } from './diff.js'
import { ask } from './house.js'
import { act, h, keyed, picture, tell, time, write } from './parts.js'

// Long enough for a word to be finished, short enough to feel at once.
const PAUSE_MS = 250

export class View {
  #template = h('select', { id: 'template' })
  #job = h('select', { id: 'shown' })
  #source = h('textarea', { id: 'source', rows: 14, spellcheck: 'false', wrap: 'off' })
  #papers = [80, 58].map(width => ({ width, root: h('figure', {}, h('figcaption', {}, t('paperOf', { n: width }))) }))
  #problem = h('p', { class: 'problem', role: 'alert' })
  #diff = h('div', { class: 'diff', role: 'group', tabindex: 0, 'aria-label': t('diffOf') })
  #versions = h('ul', { class: 'versions' })
  #used = h('p', { class: 'soft' })
  #house
  #known = { builtin: '', source: null, versions: [] }
  #timer = null
  #asked = 0

  constructor (root, house) {
    this.#house = house
    this.#template.addEventListener('change', () => this.#take())
    for (const [field, event] of [[this.#job, 'change'], [this.#source, 'input']]) field.addEventListener(event, () => this.#soon())
    root.append(
      h('section', { class: 'markup' }, h('h2', {}, t('view_templates')), h('p', { class: 'soft' }, t('templatesHow')),
        h('div', { class: 'fields' },
          h('div', {}, h('label', { for: 'template' }, t('template')), this.#template),
          h('div', {}, h('label', { for: 'shown' }, t('withWhat')), this.#job)),
        this.#used,
        h('label', { for: 'source' }, t('markup')), this.#source, this.#problem,
        h('div', { class: 'acts' },
          act(t('publish'), () => this.#publish(this.#source.value), { className: 'primary', confirm: t('publishSure') }),
          h('button', { on: { click: () => this.#fill() } }, t('dropChanges')),
          act(t('useBuiltin'), () => this.#publish(null), { confirm: t('builtinSure') }))),
      h('section', {}, h('h2', {}, t('preview')), h('div', { class: 'papers' }, this.#papers.map(({ root }) => root))),
      h('section', {}, h('h2', {}, t('diffOf')), this.#diff),
      h('section', {}, h('h2', {}, t('versions')), this.#versions))
    this.#begin()
  }

  draw () {
    const jobs = this.#house.jobs.slice(0, 20)
    if (this.#job.options.length === Math.max(1, jobs.length + 1)) return
    const before = this.#job.value
    this.#job.replaceChildren(h('option', { value: '' }, t('sampleOrder')), ...jobs.map(job => h('option', { value: job.id }, t('ticketOf', { number: job.number, station: job.station }))))
    this.#job.value = before
  }

  async #begin () {
    const { templates } = await ask('GET', '/api/templates')
    this.#template.replaceChildren(...templates.map(name => h('option', { value: name, selected: name === 'kitchen' }, name)))
    await this.#take()
  }

  // The template that is chosen, as it is in use.
  async #take () {
    const name = this.#template.value
    const known = await ask('GET', `/api/templates/${encodeURIComponent(name)}`)
    if (name !== this.#template.value) return
    this.#known = known
    this.#fill()
  }

  #fill () {
    this.#source.value = this.#inUse()
    this.#list()
    this.#show()
  }

  #inUse () { return this.#known.source ?? this.#known.builtin }

  #list () {
    const { versions, source } = this.#known
    write(this.#used, source === null ? t('usedBuiltin') : t('usedVersion', { n: versions[0].version }))
    const shown = [...versions.map((version, n) => ({ ...version, isUsed: n === 0 })), { version: 0, source: null, isUsed: versions.length === 0 }]
    keyed(this.#versions, shown, ({ version }) => String(version), version => this.#version(version))
  }

  #version ({ version, at, by, source, isUsed }) {
    const name = version === 0 || source === null ? t('builtinOne') : t('versionOf', { n: version })
    return h('li', { class: 'card-like row' },
      h('div', {}, h('strong', {}, name), ' ', isUsed && h('span', { class: 'chip', 'data-level': 'good' }, t('inUse')),
        at && h('p', { class: 'soft' }, h('time', { datetime: at }, `${at.slice(0, 10)} ${time(at)}`), ` · ${by}`)),
      h('div', { class: 'acts' },
        h('button', { 'aria-label': t('lookAtLabel', { name }), on: { click: () => { this.#source.value = source ?? this.#known.builtin; this.#show(); this.#source.focus() } } }, t('lookAt')),
        !isUsed && act(t('goBack'), () => this.#publish(source), { confirm: t('goBackSure', { name }) })))
  }

  async #publish (source) {
    const isBuiltin = source === null || source === this.#known.builtin
    this.#known = await ask('PUT', `/api/templates/${encodeURIComponent(this.#template.value)}`, { source: isBuiltin ? null : source })
    this.#fill()
    tell(t('published'))
  }

  #soon () {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#show(), PAUSE_MS)
  }

  async #show () {
    const mine = ++this.#asked
    const source = this.#source.value
    this.#differ(source)
    const asked = { template: this.#template.value, ...(source.trim() && { source }), ...(this.#job.value && { job: this.#job.value }) }
    try {
      const drawn = await Promise.all(this.#papers.map(({ width }) => ask('POST', '/api/templates/preview', { ...asked, paper: width })))
      // A slow answer must not cover a newer one.
      if (mine !== this.#asked) return
      drawn.forEach(({ svg, text }, index) => this.#papers[index].root.replaceChildren(this.#papers[index].root.querySelector('figcaption'), picture(text, svg)))
      this.#problem.textContent = drawn[0].problems.join(' ')
    } catch (error) { this.#problem.textContent = error.message }
  }

  // What would change by publishing, line by line.
  #differ (source) {
    const lines = diff(this.#inUse(), source)
    this.#diff.replaceChildren(...(lines.some(({ kind }) => kind !== 'same')
      ? lines.map(({ kind, text }) => h(kind === 'added' ? 'ins' : kind === 'gone' ? 'del' : 'span', {}, `${{ added: '+', gone: '\u2212', same: ' ' }[kind]} ${text}`))
      : [h('p', { class: 'soft' }, t('noDiff'))]))
  }
}
