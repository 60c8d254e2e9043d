// Sounds told apart by pitch and by rhythm, so that a cook knows without looking; made here, nothing is loaded.
import { prefs } from '../lib/prefs.js'

// Each note: pitch in Hz, begin and length in seconds.
const TUNES = {
  fresh: [[660, 0, 0.12], [990, 0.16, 0.24]],
  change: [[740, 0, 0.09], [740, 0.15, 0.09], [740, 0.3, 0.09]],
  void: [[440, 0, 0.3], [294, 0.34, 0.3], [196, 0.68, 0.5]],
  ask: [[587, 0, 0.18], [880, 0.3, 0.18], [587, 0.6, 0.18]],
  overdue: [[330, 0, 0.35], [330, 0.6, 0.35]],
  lost: [[988, 0, 0.16], [698, 0.2, 0.16], [988, 0.4, 0.16], [698, 0.6, 0.16], [988, 0.8, 0.16], [698, 1, 0.3]]
}
export const KINDS = Object.keys(TUNES)

// Ten orders at once are one sound.
const APART_MS = 400
const EDGE_S = 0.015

export class Sounds extends EventTarget {
  #context = null
  #last = new Map()

  // Browsers let a page sound once somebody has touched it.
  async unlock () {
    this.#context ??= new AudioContext()
    if (this.#context.state !== 'running') await this.#context.resume()
    this.dispatchEvent(new Event('change'))
  }

  get isOn () { return this.#context?.state === 'running' }

  // Looks whether this browser needs no touch at all (kiosks are set up so).
  async tryOut () {
    this.#context = new AudioContext()
    this.#context.addEventListener('statechange', () => this.dispatchEvent(new Event('change')))
    await new Promise(resolve => setTimeout(resolve))
    this.dispatchEvent(new Event('change'))
  }

  play (kind, now = Date.now()) {
    if (now - (this.#last.get(kind) ?? -APART_MS) < APART_MS) return
    this.#last.set(kind, now)
    // For whoever lets a lamp flash with it.
    dispatchEvent(new CustomEvent('printrail:sound', { detail: kind }))
    if (!this.isOn) return
    const out = this.#context.createGain()
    out.gain.value = prefs.get('volume', 70) / 100
    out.connect(this.#context.destination)
    for (const note of TUNES[kind]) this.#note(note, out)
  }

  #note ([pitch, begin, length], out) {
    const at = this.#context.currentTime + begin
    const tone = new OscillatorNode(this.#context, { type: 'triangle', frequency: pitch })
    const edge = new GainNode(this.#context, { gain: 0 })
    edge.gain.setValueAtTime(0, at)
    edge.gain.linearRampToValueAtTime(1, at + EDGE_S)
    edge.gain.setValueAtTime(1, at + length - EDGE_S)
    edge.gain.linearRampToValueAtTime(0, at + length)
    tone.connect(edge).connect(out)
    tone.start(at)
    tone.stop(at + length)
  }
}
