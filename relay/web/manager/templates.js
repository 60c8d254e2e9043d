// Templates: how every ticket looks on both papers, drawn by the renderer that prints, while one types.
import { t } from '../lib/words.js'
import { ask } from './house.js'
import { h, picture } from './parts.js'

// Long enough for a word to be finished, short enough to feel at once.
const PAUSE_MS = 250

export class View {
  #template = h('select', { id: 'template' })
  #job = h('select', { id: 'shown' })
  #source = h('textarea', { id: 'source', rows: 10, spellcheck: 'false' })
  #papers = [80, 58].map(width => ({ width, root: h('figure', {}, h('figcaption', {}, t('paperOf', { n: width }))) }))
  #problem = h('p', { class: 'problem', role: 'alert' })
  #house
  #timer = null
  #asked = 0

  constructor (root, house) {
    this.#house = house
    for (const [field, event] of [[this.#template, 'change'], [this.#job, 'change'], [this.#source, 'input']]) field.addEventListener(event, () => this.#soon())
    root.append(h('h2', {}, t('view_templates')), h('p', { class: 'soft' }, t('templatesHow')),
      h('div', { class: 'fields' },
        h('div', {}, h('label', { for: 'template' }, t('template')), this.#template),
        h('div', {}, h('label', { for: 'shown' }, t('withWhat')), this.#job)),
      h('label', { for: 'source' }, t('ownMarkup')), this.#source, this.#problem,
      h('div', { class: 'papers' }, this.#papers.map(({ root }) => root)))
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
    this.#show()
  }

  #soon () {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#show(), PAUSE_MS)
  }

  async #show () {
    const mine = ++this.#asked
    const source = this.#source.value
    const asked = { template: this.#template.value, ...(source.trim() && { source }), ...(this.#job.value && { job: this.#job.value }) }
    try {
      const drawn = await Promise.all(this.#papers.map(({ width }) => ask('POST', '/api/templates/preview', { ...asked, paper: width })))
      // A slow answer must not cover a newer one.
      if (mine !== this.#asked) return
      drawn.forEach(({ svg, text }, index) => this.#papers[index].root.replaceChildren(this.#papers[index].root.querySelector('figcaption'), picture(text, svg)))
      this.#problem.textContent = drawn[0].problems.join(' ')
    } catch (error) { this.#problem.textContent = error.message }
  }
}
