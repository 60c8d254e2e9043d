// Plants the faults of MUTATIONS.md, one at a time, and sees each caught by the test that its row names.
//   cargo build -p relay --features planted
//   NODE_PATH=…/node_modules RELAY=target/debug/printrail-relay node tests/sockets/mutations/run.mjs [ID …]
// A row is `| ID | what is wrong | FILE: test | switch |`. Without a fault every named test must pass.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Tests wait mostly; more at once would make them late on two cores.
const AT_ONCE = 3
const LONGEST_MS = 240_000
const here = dirname(fileURLToPath(import.meta.url))

function table () {
  const rows = readFileSync(join(here, 'MUTATIONS.md'), 'utf8').split('\n').filter(line => /^\| W\d/.test(line))
  return rows.map(line => {
    const [, id, what, test, fault] = line.split('|').map(cell => cell.trim())
    const [file, name] = test.split(/: (.*)/)
    return { id, what, fault: fault.replaceAll('`', ''), file: `${file}.test.mjs`, name }
  })
}

// Runs one test by its name; what it came to.
function tried ({ fault, file, name }) {
  const pattern = `^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`
  const env = { ...process.env, PLANTED_FAULT: fault ?? '' }
  const child = spawn(process.execPath, ['--test', '--test-force-exit', '--test-reporter=tap', `--test-name-pattern=${pattern}`, join(here, '..', file)],
    { env, stdio: ['ignore', 'pipe', 'ignore'], timeout: LONGEST_MS })
  let said = ''
  child.stdout.on('data', chunk => { said += chunk })
  return new Promise(resolve => child.once('exit', () => {
    const lines = said.split('\n').map(line => line.trim())
    const of = verdict => lines.find(line => line.startsWith(verdict) && line.includes(`- ${name}`) && !line.includes('# SKIP'))
    const why = lines.find(line => /^error: /.test(line) && !/subtests? failed|test failed/.test(line))
    resolve({ passed: Boolean(of('ok')), failed: Boolean(of('not ok')), why: why?.slice(7, 150) })
  }))
}

async function each (list, act) {
  const waiting = [...list]
  const lane = async () => { for (let next = waiting.shift(); next; next = waiting.shift()) await act(next) }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}

const wanted = process.argv.slice(2)
const faults = table().filter(({ id }) => wanted.length === 0 || wanted.includes(id))
const sound = new Map(faults.map(({ file, name }) => [`${file}: ${name}`, { file, name }]))
let wrong = 0
await each(sound.values(), async test => {
  const { passed } = await tried(test)
  if (!passed) { wrong++; console.log(`${test.file}: ${test.name} does not pass without a fault`) }
})
await each(faults, async row => {
  const { failed, why } = await tried(row)
  if (!failed) wrong++
  console.log(`${row.id} ${failed ? 'caught' : 'NOT CAUGHT'}: ${row.what}${failed ? ` (${why})` : ''}`)
})
console.log(`${faults.length} faults planted, ${sound.size} tests, ${wrong} wrong`)
process.exitCode = wrong === 0 && faults.length > 0 ? 0 : 1
