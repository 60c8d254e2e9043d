// Courses of one order: the first is made with the order, the others wait until somebody fires them. Pure: what a
// display knows of it is the items' own statuses, so every display of the house agrees.

const isLive = item => item.status !== 'cancelled'
const isDone = item => item.status === 'ready' || item.status === 'served'
export const courseOf = item => item.course ?? 1

// The courses of these items, first one first: `{n, items, isFirst, state: fired | held | done}`. With one course there is
// nothing to hold.
export function coursesOf (items) {
  const numbers = [...new Set(items.map(courseOf))].sort((a, b) => a - b)
  const first = Math.min(...items.filter(isLive).map(courseOf))
  return numbers.map(n => {
    const own = items.filter(item => courseOf(item) === n)
    return { n, items: own, isFirst: n <= first, state: stateOf(own.filter(isLive), n <= first) }
  })
}

function stateOf (items, isFirst) {
  if (items.every(isDone)) return 'done'
  return isFirst || items.some(item => item.status !== 'pending') ? 'fired' : 'held'
}

// Whether an item waits for its course to be fired.
export function isHeld (item, courses) {
  return courses.some(({ n, state }) => n === courseOf(item) && state === 'held')
}

// What the large button does while courses wait: those on the stove are done, else the next one is fired; nothing
// where none waits.
export function nextStep (items) {
  const courses = coursesOf(items)
  const held = courses.find(({ state }) => state === 'held')
  if (!held) return null
  const onStove = courses.filter(({ n, state }) => state === 'fired' && n < held.n).at(-1)
  return onStove ? { step: 'done', n: onStove.n } : { step: 'fire', n: held.n }
}

// Which items get another status by a step, as `[{item, from, to}]`: whoever fires a course fires those before it.
export function changesBy (items, { step, n }) {
  const live = items.filter(isLive)
  const move = (wanted, to) => live.filter(wanted).map(item => ({ item, from: item.status, to }))
  if (step === 'hold') return move(item => courseOf(item) === n && item.status === 'preparing', 'pending')
  const upTo = move(item => courseOf(item) <= n && item.status === 'pending', 'preparing')
  if (step === 'fire') return upTo
  return move(item => courseOf(item) <= n && (item.status === 'pending' || item.status === 'preparing'), 'ready')
}

// Whether a fired course may wait again: not the first one, and nothing of it is done.
export function mayHold ({ state, isFirst, items }) {
  return state === 'fired' && !isFirst && !items.some(isDone)
}
