// How old an order is, as a colour, a word and a border. Pure.
import { prefs } from '../lib/prefs.js'

const MINUTE = 60_000

// When an order is slow, and when it is late, in minutes (PRODUCT.md); each screen may choose its own.
export const limits = () => ({ slow: prefs.get('slowAfter', 5), late: prefs.get('lateAfter', 8) })

export function ageOf (createdAt, now, { slow, late } = limits()) {
  const minutes = Math.max(0, Math.floor((now - Date.parse(createdAt)) / MINUTE))
  return { minutes, level: minutes >= late ? 'late' : minutes >= slow ? 'slow' : 'fine' }
}
