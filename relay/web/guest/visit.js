// A visit as the relay tells it: asked for when an event says that something changed, and every few seconds where no
// events come through.

// A stream that stands proves nothing, so the visit is asked for anyway: rarely beside one, often without.
const BESIDE_STREAM_MS = 15_000
const WITHOUT_MS = 5_000
const ANSWER_WITHIN_MS = 8_000
// Changes of one moment are asked for once.
const TOGETHER_MS = 60

// What a guest can see of an order's changes (relay/src/order/event.rs).
const NAMES = ['created', 'confirmed', 'status', 'cancelled', 'items_added', 'item_quantity', 'item_status', 'item_cancelled', 'paid']

// Emits `news` with `{session, orders, bill}`, and `over` once.
export class Visit extends EventTarget {
  #token
  #stream = null
  #timer = null
  #asking = false
  #again = false
  #isOver = false

  constructor (token) {
    super()
    this.#token = token
    this.#listen()
    for (const event of ['online', 'pageshow']) addEventListener(event, () => this.#wake())
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.#wake() })
    this.#ask()
  }

  #wake () {
    if (this.#isOver) return
    if (this.#stream?.readyState === EventSource.CLOSED) this.#listen()
    this.#ask()
  }

  #listen () {
    const stream = this.#stream = new EventSource(`/api/events?token=${encodeURIComponent(this.#token)}`)
    const news = () => { clearTimeout(this.#timer); this.#timer = setTimeout(() => this.#ask(), TOGETHER_MS) }
    for (const name of NAMES) stream.addEventListener(`order.${name}`, news)
    stream.addEventListener('sync_state', news)
    stream.onopen = news
  }

  async #ask () {
    if (this.#isOver) return
    if (this.#asking) { this.#again = true; return }
    this.#asking = true
    clearTimeout(this.#timer)
    try {
      const path = `/api/sessions/${encodeURIComponent(this.#token)}`
      const answer = await fetch(path, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
      if ([401, 403, 404].includes(answer.status)) return this.end()
      if (answer.ok) this.dispatchEvent(new CustomEvent('news', { detail: await answer.json() }))
    } catch { /* asked again below */ } finally { this.#asking = false }
    if (this.#isOver) return
    const isStreaming = this.#stream?.readyState === EventSource.OPEN
    if (this.#stream?.readyState === EventSource.CLOSED) this.#listen()
    this.#timer = setTimeout(() => this.#ask(), this.#again ? TOGETHER_MS : isStreaming ? BESIDE_STREAM_MS : WITHOUT_MS)
    this.#again = false
  }

  end () {
    if (this.#isOver) return
    this.#isOver = true
    this.#stream?.close()
    this.dispatchEvent(new Event('over'))
  }
}
