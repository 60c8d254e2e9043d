// One order as the relay keeps it: all of its fields, and a way to take it back.
import { t } from '../lib/words.js'
import { ask } from './house.js'
import { act, h, sheet } from './parts.js'

const OVER = new Set(['completed', 'cancelled'])

// What is on paper already gets a VOID ticket, at every station that has it.
export async function whole ({ id, orderNumber }, again) {
  const path = `/api/orders/${encodeURIComponent(id)}`
  const order = await ask('GET', path)
  const dialog = sheet(orderNumber,
    !OVER.has(order.status) && h('div', { class: 'pair' },
      act(t('voidOrder'), () => ask('POST', `${path}/cancel`, {}), { confirm: t('voidSure', { number: orderNumber }), then: () => { dialog.close(); again() } })),
    h('pre', { tabindex: 0, dir: 'ltr' }, JSON.stringify(order, null, 2)))
}
