// Which station makes an item: the outlet's own rules, read as the relay reads them (relay/src/routing/assign.rs).
// Pure.

const KITCHEN = 'kitchen'
const BAR = 'bar'
const OTHERS = '*'

// As DIALECTS.md says (D1, "Routing defaults"), until the outlet's settings are known.
export const DEFAULTS = {
  rules: [
    { workstation: ['kitchen'], to: ['kitchen'] },
    { workstation_begins: ['bar'], to: ['bar'] },
    { category_contains: ['beverage', 'minuman'], to: ['bar'] }
  ],
  areas: [{ areas: 'A-I', bar: 'bar_depan' }, { areas: OTHERS, bar: 'bar_belakang' }],
  default_bar: 'bar_depan'
}

// The stations of an item of an order in `area`: the first rule that matches, else the kitchen.
export function stationsOf (item, area, settings = DEFAULTS) {
  const rule = settings.rules.find(rule => rule.to?.length > 0 && matches(rule, item, area))
  if (!rule) return [KITCHEN]
  return [...new Set(rule.to.map(target => (target === BAR ? barOf(area, settings) : target)))]
}

// Every station that the settings can send an item to.
export function stationNames (settings = DEFAULTS) {
  const bars = [...settings.areas.map(({ bar }) => bar), settings.default_bar]
  const targets = settings.rules.flatMap(({ to = [] }) => to)
  return [...new Set([KITCHEN, ...targets.flatMap(target => (target === BAR ? bars : [target]))])]
}

function barOf (area, settings) {
  if (!area) return settings.default_bar
  return settings.areas.find(({ areas }) => covers(areas, area))?.bar ?? settings.default_bar
}

function matches (rule, item, area) {
  const workstation = (item.workstation ?? '').trim().toLowerCase()
  const category = (item.mainCategory ?? '').toLowerCase()
  const name = item.name.toLowerCase()
  return passes(rule.workstation, wanted => workstation === wanted.trim()) &&
    passes(rule.workstation_begins, wanted => begins(workstation, wanted)) &&
    passes(rule.category_contains, wanted => category.includes(wanted)) &&
    passes(rule.name_contains, wanted => name.includes(wanted)) &&
    passes(rule.area, wanted => Boolean(area) && covers(wanted, area))
}

const passes = (words = [], test) => words.length === 0 || words.some(word => test(word.toLowerCase()))

const begins = (text, wanted) => text.startsWith(wanted.trim()) &&
  ['', ' ', '_', '-'].includes(text.charAt(wanted.trim().length))

// `A`, `A-I`, `A,C-E`, or `*` for all.
function covers (ranges, area) {
  const wanted = area.trim().toUpperCase()
  return ranges.toUpperCase().split(',').map(range => range.trim()).some(range => {
    if (range === OTHERS || range === wanted) return true
    const [first, last] = range.split('-').map(part => part.trim())
    return last !== undefined && wanted.length === 1 && first <= wanted && wanted <= last
  })
}
