// A relay as `init --behind-proxy` sets it up, behind a real nginx that reads packaging/examples/nginx.conf.
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const example = join(dirname(fileURLToPath(import.meta.url)), '../../packaging/examples/nginx.conf')
export const DOMAIN = 'orders.bistro.example'
// Where nginx calls from. It is not where the tests call from, so that trust in the proxy is seen to be trust in it alone.
const PROXY = '127.0.0.2'

const freePort = () => new Promise((resolve, reject) => {
  const server = createServer().once('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = server.address()
    server.close(() => resolve(port))
  })
})
const ended = (child, signal) => new Promise(resolve => { child.once('exit', resolve); child.kill(signal) })

// The example as it stands but for ports, the certificate's path and the address that nginx calls from.
const adapted = (folder, port, relayPort) => {
  const replace = (text, from, to) => {
    if (!text.includes(from)) throw new Error(`the example has no \`${from}\``)
    return text.replace(from, to)
  }
  let text = readFileSync(example, 'utf8')
  text = replace(text, 'listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
  text = replace(text, 'server 127.0.0.1:8080', `server 127.0.0.1:${relayPort}`)
  text = replace(text, `/etc/letsencrypt/live/${DOMAIN}/fullchain.pem`, join(folder, 'cert.pem'))
  text = replace(text, `/etc/letsencrypt/live/${DOMAIN}/privkey.pem`, join(folder, 'key.pem'))
  return replace(text, 'proxy_pass http://printrail;', `proxy_pass http://printrail; proxy_bind ${PROXY};`)
}

const startNginx = async folder => {
  const child = spawn('nginx', ['-c', join(folder, 'nginx.conf'), '-p', folder, '-e', join(folder, 'error.log')], { stdio: 'inherit' })
  child.once('exit', code => { if (code) console.error(readFileSync(join(folder, 'error.log'), 'utf8')) })
  return child
}

export async function startBehindProxy () {
  const folder = mkdtempSync(join(tmpdir(), 'printrail-proxy-'))
  const data = join(folder, 'data')
  const [port, relayPort] = [await freePort(), await freePort()]
  const relay = (...args) => execFileSync(process.env.RELAY, [...args, '--data', data], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
  relay('init', '--outlet', 'bistro', '--domain', DOMAIN, '--behind-proxy', '--proxy', PROXY, '--listen', `127.0.0.1:${relayPort}`)
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', `/CN=${DOMAIN}`,
    '-addext', `subjectAltName=DNS:${DOMAIN}`, '-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')], { stdio: 'ignore' })
  writeFileSync(join(folder, 'printrail.conf'), adapted(folder, port, relayPort))
  writeFileSync(join(folder, 'nginx.conf'), `daemon off; user root; pid ${folder}/pid; worker_processes 1; error_log ${folder}/error.log;
events { worker_connections 256; }
http { access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  include ${folder}/printrail.conf; }\n`)
  const serve = async () => {
    const child = spawn(process.env.RELAY, ['serve', '--data', data], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PRINTRAIL_RELAY_LOG: 'warn' } })
    await new Promise((resolve, reject) => {
      child.stdout.once('data', resolve)
      child.once('exit', code => reject(new Error(`the relay ended with ${code}`)))
    })
    return child
  }
  let serving = await serve()
  const nginx = await startNginx(folder)
  return {
    port,
    url: `https://127.0.0.1:${port}`,
    direct: relayPort,
    token: role => relay('token', 'create', '--outlet', 'bistro', '--role', role),
    async restart () { await ended(serving, 'SIGTERM'); serving = await serve() },
    async stop () {
      await ended(nginx, 'SIGQUIT')
      await ended(serving, 'SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    }
  }
}
