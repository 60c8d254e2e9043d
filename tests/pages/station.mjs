// A station's computer with its printer: a real agent, and a virtual printer whose paper, power and cover a test takes.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from './house.mjs'

// `code` is a pairing code, where the relay asks for tokens.
export async function openStation (house, { station = 'kitchen', printer: name = 'grill', code } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'printrail-station-'))
  const paper = join(folder, 'paper')
  const printer = spawn(process.env.PRINTER, ['--listen', '127.0.0.1:0', '--control', '127.0.0.1:0', '--out', paper], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  printer.stdout.on('data', chunk => { said += chunk })
  const [address, control] = await until(() => { const found = [...said.matchAll(/127\.0\.0\.1:\d+/g)].map(String); return found.length >= 2 && found }, 'a printer')
  const relay = house.url.replace('http', 'ws')
  writeFileSync(join(folder, 'agent.toml'), `[relay]
url = "${relay}"
${code ? '' : 'outlet = "demo"'}
[[station]]
name = "${station}"
printer = "${name}"
on_unconfirmed = "hold"
[[printer]]
name = "${name}"
address = "tcp://${address}"
`)
  if (code) execFileSync(process.env.AGENT, ['pair', '--data', folder, '--relay', relay, '--name', `${station}-pc`, '--quiet', code], { stdio: ['ignore', 'ignore', 'inherit'] })
  const agent = spawn(process.env.AGENT, ['run', '--data', folder, '--quiet'], { stdio: ['ignore', 'ignore', 'inherit'] })
  return {
    papers: () => { try { return readdirSync(paper).filter(name => name.endsWith('.txt')).map(name => readFileSync(join(paper, name), 'utf8')) } catch { return [] } },
    tell: line => new Promise((resolve, reject) => spawn(process.env.PRINTER, ['--tell', control, line], { stdio: 'ignore' }).once('exit', code => (code === 0 ? resolve() : reject(new Error(line))))),
    async close () {
      for (const child of [agent, printer]) await new Promise(resolve => { child.once('exit', resolve); child.kill('SIGTERM') })
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
