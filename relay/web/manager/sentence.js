// One sentence that says whether all is well. Pure: what is known in, words out.

// States of a printer that need a person, worst first.
const TROUBLE = ['offline', 'error', 'cover_open', 'paper_out']
const WAITING = new Set(['accepted', 'spooled', 'held'])

// `{level: good|warn|bad, parts: [{words, values}]}`
export function sentence ({ stations, devices, jobs }, now) {
  const paired = devices.filter(device => !device.revoked)
  const doubts = jobs.filter(job => job.state === 'unconfirmed')
  const parts = [
    ...paired.filter(device => !device.online).map(device => ({ words: 'saysAway', values: { name: device.name, ...waiting(stationsOf(device, stations), now) } })),
    ...paired.filter(device => device.online).flatMap(device => device.printers.filter(printer => TROUBLE.includes(printer.state))
      .map(printer => ({ words: `says_${printer.state}`, values: { name: printer.name, ...waiting(stationsOf(device, stations), now) } }))),
    ...stations.filter(station => station.waiting > 0 && !station.device && !station.screen)
      .map(station => ({ words: station.screen === false ? 'saysDeadScreen' : 'saysNobody', values: { name: station.name, ...waiting([station], now) } }))
  ]
  if (doubts.length > 0) parts.push({ words: doubts.length === 1 ? 'saysDoubt' : 'saysDoubts', values: { n: doubts.length } })
  const stale = jobs.filter(isStale)
  if (stale.length > 0) parts.push({ words: stale.length === 1 ? 'saysStale' : 'saysStales', values: { n: stale.length } })
  const low = paired.flatMap(device => device.printers).filter(printer => printer.state === 'ready' && printer.paper === 'low')
  if (parts.length > 0) return { level: 'bad', parts }
  if (low.length > 0) return { level: 'warn', parts: low.map(printer => ({ words: 'saysLow', values: { name: printer.name } })) }
  const printers = paired.flatMap(device => device.printers).length
  if (printers === 0) return { level: 'warn', parts: [{ words: paired.length ? 'saysNoPrinter' : 'saysEmpty', values: {} }] }
  return { level: 'good', parts: [{ words: printers === 1 ? 'saysFineOne' : 'saysFine', values: { n: printers } }] }
}

// One that the printer's computer will not print by itself any more (agent/src/press/freshness.rs).
const isStale = job => job.state === 'held' && Boolean(job.detail?.startsWith('stale'))

// What needs a person: tickets in doubt, held, long on their way or for a station where nobody prints, oldest first.
export function needs (jobs, stations, now, lateMs = 60_000) {
  const alone = new Set(stations.filter(station => !station.device).map(station => station.name))
  const onScreen = new Set(stations.filter(station => !station.device && station.screen).map(station => station.name))
  const late = job => !onScreen.has(job.station) && WAITING.has(job.state) && (alone.has(job.station) || now - Date.parse(job.createdAt) > lateMs)
  return jobs.filter(job => job.state === 'unconfirmed' || job.state === 'held' || late(job))
    .sort((one, other) => one.createdAt.localeCompare(other.createdAt))
}

const stationsOf = (device, stations) => stations.filter(station => station.device === device.id)

function waiting (stations, now) {
  const n = stations.reduce((sum, station) => sum + station.waiting, 0)
  const oldest = stations.map(station => station.oldest).filter(Boolean).sort()[0]
  return { n, minutes: oldest ? Math.max(0, Math.floor((now - Date.parse(oldest)) / 60_000)) : 0 }
}
