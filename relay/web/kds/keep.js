// What a display keeps on its own machine, so that it shows its orders after a reload without the relay.

const KEY = 'printrail:kds'
// Written at most so often, and when the page has nothing else to do: hundreds of orders are a lot of text.
const EVERY_MS = 5_000
const IDLE_WITHIN_MS = 2_000
// A board of yesterday helps nobody.
const OLDEST_MS = 12 * 3_600_000

export class Keep {
  #key
  #timer = null
  #make

  constructor (outlet, station, make) {
    this.#key = `${KEY}:${outlet}:${station}`
    this.#make = make
    addEventListener('pagehide', () => this.now())
  }

  load () {
    try {
      const kept = JSON.parse(localStorage.getItem(this.#key))
      return kept && Date.now() - kept.at < OLDEST_MS ? kept : null
    } catch { return null }
  }

  soon () {
    this.#timer ??= setTimeout(() => globalThis.requestIdleCallback?.(() => this.now(), { timeout: IDLE_WITHIN_MS }) ?? this.now(), EVERY_MS)
  }

  now () {
    clearTimeout(this.#timer)
    this.#timer = null
    try { localStorage.setItem(this.#key, JSON.stringify({ at: Date.now(), ...this.#make() }, nobody)) } catch { /* no room: the relay has it all */ }
  }
}

// A tablet that gets lost knows what was eaten, and of nobody who ate it.
const nobody = (key, value) => (key === 'customer' ? undefined : value)
