// How the day goes, in four figures and a strip of 24 hours.
import { number, t } from '../lib/words.js'
import { ago, h, keyed, time, write } from './parts.js'

const MARKS = { bad: '✕', warn: '!', good: '', none: '', unread: '?' }

export class Figures {
  #values = Object.fromEntries(['tickets', 'paper', 'oldest', 'up'].map(name => [name, h('dd')]))
  #hours = h('div', { class: 'hours' })
  #strip = h('div', { class: 'strip', role: 'img' }, this.#hours, h('div', { class: 'ends', 'aria-hidden': 'true' }, h('span', {}, t('dayAgo')), h('span', {}, t('age_now'))))
  element = h('section', { class: 'figures', 'aria-label': t('lastDay') },
    h('dl', {}, Object.entries(this.#values).map(([name, value]) => h('div', {}, h('dt', {}, t(`figure_${name}`)), value))), this.#strip)

  // `day` as `pulse` has it; the paired computers.
  draw (day, devices, now) {
    write(this.#values.tickets, number(day.n))
    write(this.#values.paper, day.half === null ? '–' : t('within', { half: seconds(day.half), most: seconds(day.most) }))
    write(this.#values.oldest, day.oldest ? ago(day.oldest, now) : t('nobodyWaits'))
    write(this.#values.up, t('upOf', { n: devices.filter(device => device.online).length, of: devices.length }))
    keyed(this.#hours, day.hours, hour => String(hour.at), hour => h('span', { class: 'hour', 'data-level': hour.level, title: words(hour) }, MARKS[hour.level]))
    const odd = day.hours.filter(hour => hour.level === 'bad' || hour.level === 'warn')
    this.#strip.setAttribute('aria-label', [t('stripOf', { n: day.n }), ...odd.map(words)].join('. '))
  }
}

const words = hour => t(`hour_${hour.level}`, { at: time(new Date(hour.at)), n: hour.n, lost: hour.lost, slow: hour.slow })
const seconds = ms => number(Math.round(ms / 100) / 10)
