// The manager's dashboard: one sentence on top, and six views of the outlet.
import { $, h, set, write } from '../lib/dom.js'
import { prefs, showTheme } from '../lib/prefs.js'
import { forget, outlet, signIn, takeFromAddress } from '../lib/token.js'
import { LANGUAGES, currentLanguage, fill, loadWords, t } from '../lib/words.js'
import { House } from './house.js'
import { sentence } from './sentence.js'

// Proof older than that is told: what stands here may have changed.
const STALE_MS = 15_000
const OLD_MS = 40_000
const LOOKS = ['auto', 'light', 'dark', 'contrast']
const VIEWS = ['now', 'printers', 'stations', 'templates', 'people', 'settings']

showTheme('auto')
takeFromAddress()
await loadWords('manager')
fill()
document.title = `${outlet()} · Printrail`
write($('#outlet'), outlet())

const house = new House()
let provenAt = Date.now()
let view = null

house.addEventListener('proof', () => { provenAt = Date.now(); fresh() })
house.addEventListener('news', draw)
house.addEventListener('unauthorized', async () => { await signIn(); location.reload() })
addEventListener('hashchange', open)
setInterval(() => { fresh(); draw() }, 5_000)

choices($('#language'), Object.entries(LANGUAGES), currentLanguage(), value => { prefs.set('language', value); location.reload() })
choices($('#look'), LOOKS.map(look => [look, t(`look_${look}`)]), prefs.get('theme', 'auto'), value => { prefs.set('theme', value); showTheme() })
$('#leave').addEventListener('click', () => { forget(); location.reload() })
$('#to-kds').search = location.search
$('#to-pickup').search = location.search

$('#tabs').append(...VIEWS.map(one => h('a', { href: `#${one}` }, t(`view_${one}`))))
house.start()
await open()

// The view that the address names, loaded when it is first wanted.
async function open () {
  const [wanted] = location.hash.slice(1).split('&')
  const name = VIEWS.includes(wanted) ? wanted : 'now'
  for (const tab of $('#tabs').children) set(tab, 'aria-current', tab.hash === `#${name}` && 'page')
  const { View } = await import(`./${name}.js`)
  const root = h('div', { class: `view of-${name}` })
  view = new View(root, house)
  $('#view').replaceChildren(root)
  draw()
}

// Nothing is said before anything is known.
function draw () {
  if (!house.isKnown) return
  const { level, parts } = sentence(house, Date.now())
  const text = parts.map(({ words, values }) => {
    const waits = values.n > 0 && 'minutes' in values
    const how = `saysWaits${values.minutes > 0 ? '' : 'New'}${values.n === 1 ? 'One' : ''}`
    const said = waits ? t(words, values) + t(how, values) : t(words, values)
    return said.endsWith('.') ? said : `${said}.`
  }).join(' ')
  const heading = $('#sentence')
  set(heading, 'data-level', level)
  write(heading, text)
  document.title = `${level === 'good' ? '' : '● '}${outlet()} · Printrail`
  view?.draw()
}

function fresh () {
  const age = Date.now() - provenAt
  const level = age > OLD_MS ? 'bad' : age > STALE_MS ? 'warn' : 'good'
  set($('#fresh'), 'data-level', level)
  write($('#fresh'), t(`fresh_${level}`, { n: Math.round(age / 1000) }))
  if (level === 'bad') write($('#shout'), t('fresh_bad', { n: Math.round(age / 10_000) * 10 }))
}

function choices (select, options, chosen, then) {
  select.replaceChildren(...options.map(([value, text]) => h('option', { value, selected: value === chosen }, text)))
  select.addEventListener('change', () => then(select.value))
}
