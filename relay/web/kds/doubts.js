// Tickets of which nobody knows whether they came out: the printer cannot say, so the cook is asked (DELIVERY.md).
import { h } from '../lib/dom.js'
import { headers } from '../lib/token.js'
import { t } from '../lib/words.js'

const LOOK_MS = 10_000
// More than a kitchen can answer at once.
const MOST = 3

export function watchDoubts (root, station) {
  let shown = ''
  const look = async () => {
    try {
      const answer = await fetch('/api/jobs?state=unconfirmed&limit=20', { headers: headers() })
      if (!answer.ok) return
      const { items } = await answer.json()
      const mine = items.filter(job => !station() || job.station === station()).slice(0, MOST)
      const print = mine.map(job => job.id).join()
      if (print === shown) return
      shown = print
      root.replaceChildren(...mine.map(question))
    } catch { /* asked again soon */ }
  }
  const answer = async (job, printed) => {
    await fetch(`/api/jobs/${encodeURIComponent(job.id)}/resolve`, {
      method: 'POST', headers: { ...headers(), 'content-type': 'application/json' }, body: JSON.stringify({ printed })
    }).catch(() => {})
    look()
  }
  const question = job => h('div', { class: 'doubt', role: 'alert' },
    h('span', {}, t('doubt', { number: job.orderNumber?.split('-').at(-1) ?? `#${job.number}`, station: job.station })),
    h('button', { on: { click: () => answer(job, true) } }, t('doubtYes')),
    h('button', { on: { click: () => answer(job, false) } }, t('doubtNo')))
  look()
  setInterval(look, LOOK_MS)
}
