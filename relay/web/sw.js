// Lets a display open while the relay is away: the page comes from the relay where it can, else from what was kept.
// Data is never kept here.
const SHELF = 'printrail-pages'
const SHELL = ['/kds', '/pickup', '/client.js']
const isShell = ({ pathname }) => SHELL.includes(pathname) || pathname.startsWith('/web/')

self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', event => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', event => {
  const url = new URL(event.request.url)
  if (event.request.method === 'GET' && url.origin === location.origin && isShell(url)) event.respondWith(page(event.request, url))
})

async function page (request, url) {
  const shelf = await caches.open(SHELF)
  try {
    const answer = await fetch(request)
    if (answer.ok) await shelf.put(url.pathname, answer.clone())
    return answer
  } catch (error) {
    const known = await shelf.match(url.pathname)
    if (known) return known
    throw error
  }
}
