// The freshness strip: how long ago the relay proved that this screen shows all there is.
import { $, set, write } from '../lib/dom.js'
import { clock, t } from '../lib/words.js'

const AMBER_S = 15
const RED_S = 40
// A page that was just opened gets so long to reach the relay before it says how old its orders are.
const OPENING_MS = 5_000
// While the screen is old, the alarm comes again so often: nobody cooks from an old screen for long.
const ALARM_EVERY_MS = 20_000

export class Strip extends EventTarget {
  #element
  #shout
  #proof
  #opened = Date.now()
  #level = 'live'
  #alarmed = 0
  #isFirst = true

  // `proof` is when the orders that are shown were last known to be all, in ms.
  constructor (element, shout, proof = Date.now()) {
    super()
    this.#proof = proof
    this.#element = element
    this.#shout = shout
  }

  proof () {
    this.#proof = Date.now()
    this.#isFirst = false
    this.tick()
  }

  // Called every second, and the moment a tablet wakes.
  tick () {
    const seconds = Math.max(0, Math.round((Date.now() - this.#proof) / 1000))
    const isOpening = this.#isFirst && Date.now() - this.#opened < OPENING_MS
    const level = isOpening ? 'opening' : seconds >= RED_S ? 'old' : seconds >= AMBER_S ? 'stale' : 'live'
    const old = t('old', { time: clock(this.#proof) })
    const text = { old, stale: t('stale', { n: seconds }), live: t('live', { n: seconds }), opening: t('connecting') }[level]
    write($('.say', this.#element), text)
    set(this.#element, 'data-level', level)
    set(document.body, 'data-level', level)
    if (level !== this.#level) write(this.#shout, level === 'old' ? old : '')
    this.#level = level
    if (level === 'old' && Date.now() - this.#alarmed >= ALARM_EVERY_MS) {
      this.#alarmed = Date.now()
      this.dispatchEvent(new Event('alarm'))
    }
    if (level !== 'old') this.#alarmed = 0
  }

  queue (n) {
    const element = $('.queue', this.#element)
    write(element, n > 0 ? `🕓 ${t('queued', { n })}` : '')
    element.hidden = n === 0
  }
}
