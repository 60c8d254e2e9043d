// The tickets of the last 24 hours: read page by page behind everything else, then kept with what is heard.
import { HOURS } from './pulse.js'

const DAY_MS = HOURS * 3_600_000
const PAGE = 200
// A busy house's day; of a longer one the dashboard says what it has not read.
const MOST_PAGES = 15
// Tickets older than the newest page change without being heard of: read anew so often.
const ANEW_MS = 15 * 60_000
// Who was refused, or is away, tries again after that.
const AGAIN_MS = 20_000

// Emits `news` once a day was read. `read` asks the relay for a path.
export class Day extends EventTarget {
  #read
  #jobs = new Map()
  #readAt = 0
  #isReading = false
  // Of tickets before that nothing is known here, in ms since 1970.
  since = Date.now()

  constructor (read) { super(); this.#read = read }

  get jobs () { return [...this.#jobs.values()] }

  // Takes tickets as they are now, and reads the rest when it is time.
  take (jobs, now = Date.now()) {
    for (const job of jobs) this.#jobs.set(job.id, small(job))
    for (const [id, job] of this.#jobs) if (Date.parse(job.createdAt) < now - DAY_MS) this.#jobs.delete(id)
    if (!this.#isReading && now >= this.#readAt) this.#all(now)
  }

  async #all (now) {
    this.#isReading = true
    this.#readAt = now + ANEW_MS
    try {
      let cursor = null
      for (let page = 0; page < MOST_PAGES; page++) {
        const { items, next } = await this.#read(`/api/jobs?limit=${PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`)
        for (const job of items) this.#jobs.set(job.id, small(job))
        const oldest = items.length > 0 ? Date.parse(items.at(-1).createdAt) : 0
        this.since = next && oldest > now - DAY_MS ? oldest : now - DAY_MS
        if (!next || oldest <= now - DAY_MS) break
        cursor = next
      }
      this.dispatchEvent(new Event('news'))
    } catch { this.#readAt = now + AGAIN_MS } finally { this.#isReading = false }
  }
}

const small = ({ id, state, createdAt, finishedAt }) => ({ id, state, createdAt, finishedAt })
