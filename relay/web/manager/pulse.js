// How fast tickets come out, and how the last day went, hour by hour. Pure: tickets in, figures out.

const HOUR_MS = 3_600_000
export const HOURS = 24
// A ticket that took longer was late at the stove (DELIVERY.md: an alarm within 60 s).
const SLOW_MS = 60_000
const ON_PAPER = new Set(['printed', 'sent'])
const LOST = new Set(['failed', 'expired', 'unconfirmed'])
const WAITING = new Set(['accepted', 'spooled', 'held', 'printing'])

// `{n, half, most, oldest, hours}`: tickets of the day, ms within which half and 95 % of them were on paper, since when
// the oldest one waits, and for each hour, the oldest first, `{at, n, slow, lost, level}`; `none` is an hour without a
// ticket, `unread` one before `since`, of which nothing is known here.
export function pulse (jobs, now, since = 0) {
  const day = jobs.filter(job => Date.parse(job.createdAt) > now - HOURS * HOUR_MS)
  const took = day.filter(job => ON_PAPER.has(job.state)).map(tookOf).filter(ms => ms >= 0).sort((a, b) => a - b)
  const waits = jobs.filter(job => WAITING.has(job.state)).map(job => job.createdAt).sort()
  return { n: day.length, half: part(took, 0.5), most: part(took, 0.95), oldest: waits[0] ?? null, hours: hours(day, now, since) }
}

function hours (jobs, now, since) {
  const begin = Math.floor(now / HOUR_MS) - HOURS + 1
  const found = Array.from({ length: HOURS }, (_, n) => ({ at: (begin + n) * HOUR_MS, n: 0, slow: 0, lost: 0 }))
  for (const job of jobs) {
    const hour = found[Math.floor(Date.parse(job.createdAt) / HOUR_MS) - begin]
    if (!hour) continue
    hour.n++
    if (LOST.has(job.state)) hour.lost++
    else if (wasSlow(job, now)) hour.slow++
  }
  return found.map(hour => ({ ...hour, level: levelOf(hour, since) }))
}

function levelOf ({ at, n, slow, lost }, since) {
  if (n === 0) return at + HOUR_MS <= since ? 'unread' : 'none'
  return lost > 0 ? 'bad' : slow > 0 ? 'warn' : 'good'
}

function wasSlow (job, now) {
  if (ON_PAPER.has(job.state)) return tookOf(job) > SLOW_MS
  return WAITING.has(job.state) && now - Date.parse(job.createdAt) > SLOW_MS
}

const tookOf = job => Date.parse(job.finishedAt) - Date.parse(job.createdAt)
// The value below which that part of a sorted list lies; none of an empty one.
const part = (sorted, share) => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
