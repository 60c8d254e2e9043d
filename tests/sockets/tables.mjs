// The tables of DIALECTS.md as data: which rooms there are, which event goes where with which fields,
// and what each change emits.

export const OUTLET = 'rows'
export const TABLE = '12'
export const OTHER_TABLE = '13'

// A room: how it is joined, on which dialect's terms.
export const ROOMS = {
  d2_kitchen: ['join:kitchen'],
  d2_waiters: ['join:waiters'],
  d2_table: ['join:table', TABLE],
  d2_order: ['join:order', 'o-1'],
  d3_restaurant: ['join:restaurant', OUTLET],
  d3_session: ['join:session', { session: true }],
  d4_orders: ['subscribe:orders'],
  d4_kds: ['subscribe:kds'],
  d4_tables: ['subscribe:tables'],
  d4_table: ['subscribe:table', TABLE],
  // Rooms that the order is not in, until it moves.
  d2_other_table: ['join:table', OTHER_TABLE],
  d2_other_order: ['join:order', 'o-2'],
  d4_other_table: ['subscribe:table', OTHER_TABLE]
}
export const PLAIN_ROOMS = ['kitchen_room', 'bar_depan', 'bar_belakang', 'cashier_room', 'area_C', 'area_D', `outlet_${OUTLET}`, 'order_o-1', 'order_o-2']

const all = ['d2_kitchen', 'd2_waiters', 'd2_table', 'd2_order']
const printed = ['order_id', 'table_number', 'area_code', 'order_items', 'source', 'order_type', 'timestamp', 'print_trigger', 'payment_method', 'is_open_bill']
const created1 = ['order_id', 'table_number', 'area_code', 'source', 'payment_method', 'timestamp', 'message']
const status1 = ['order_id', 'order_status', 'payment_status', 'message', 'timestamp']
const kitchenOrder = ['kitchenOrderId', 'orderId', 'tableId']
const whole = ['id', 'orderNumber', 'status', 'items', 'totalAmount', 'paymentStatus', 'customer', 'createdAt', 'updatedAt']
const created2 = ['orderId', 'tableId', 'orderNumber', 'status', 'totalAmount', 'finalAmount', 'items']

// The items of a ticket.
export const PRINTED_ITEM = ['name', 'quantity', 'workstation', 'main_category', 'notes']
// What D3 says of an order and its visit.
export const SESSION_ORDER = ['id', 'items', 'totalAmount', 'status', 'tableNumber', 'customerName', 'createdAt']
export const SESSION_VISIT = ['id', 'tableNumber']

// A field of an event and what it is of the order as HTTP shows it.
export const FROM_ORDER = {
  id: 'id',
  orderId: 'id',
  order_id: 'id',
  kitchenOrderId: 'id',
  orderNumber: 'orderNumber',
  tableId: 'tableId',
  tableNumber: 'tableNumber',
  table_number: 'tableNumber',
  area_code: 'areaCode',
  status: 'status',
  order_status: 'status',
  payment_status: 'paymentStatus',
  paymentStatus: 'paymentStatus',
  totalAmount: 'totalAmount',
  newTotalAmount: 'totalAmount',
  finalAmount: 'finalAmount',
  newFinalAmount: 'finalAmount',
  confirmedAt: 'confirmedAt',
  createdAt: 'createdAt',
  source: 'source',
  order_type: 'orderType',
  payment_method: 'paymentMethod',
  is_open_bill: 'isOpenBill',
  priority: 'priority'
}

// name: rooms and fields, dialect by dialect.
export const EVENTS = {
  d1: {
    kitchen_immediate_print: [['kitchen_room'], printed],
    beverage_immediate_print: [['bar_depan'], printed],
    new_order: [['cashier_room', 'area_C'], created1],
    new_order_in_area: [['area_C'], created1],
    order_status_update: [['order_o-1'], status1],
    order_confirmed: [['order_o-1', `outlet_${OUTLET}`], status1]
  },
  d2: {
    'order:new': [['d2_kitchen'], created2],
    'order:created': [['d2_kitchen', 'd2_waiters', 'd2_table'], created2],
    'order:confirmed': [['d2_kitchen', 'd2_waiters', 'd2_table'], ['orderId', 'tableId', 'orderNumber', 'confirmedAt']],
    'order:status_changed': [all, ['orderId', 'tableId', 'status']],
    'order:status': [['d2_table'], ['orderId', 'tableId', 'status']],
    'order:items_added': [['d2_kitchen', 'd2_table', 'd2_order'], ['orderId', 'tableId', 'items', 'newTotalAmount', 'newFinalAmount']],
    'order:item_status_changed': [['d2_waiters', 'd2_table', 'd2_order'], ['orderId', 'itemId', 'status']],
    'order:cancel_request': [['d2_kitchen', 'd2_order'], ['orderId', 'tableId', 'reason', 'staffId']],
    'order:cancelled': [all, ['orderId', 'tableId', 'reason']],
    'kitchen:order_acknowledged': [['d2_kitchen', 'd2_waiters', 'd2_order'], ['kitchenOrderId', 'orderId', 'chefId', 'chefName']],
    'kitchen:acknowledged': [['d2_order'], ['kitchenOrderId', 'orderId', 'chefId', 'chefName']],
    'kitchen:order_preparing': [['d2_kitchen', 'd2_waiters', 'd2_table'], kitchenOrder],
    'kitchen:preparing': [['d2_table'], kitchenOrder],
    'kitchen:order_ready': [all, kitchenOrder],
    'kitchen:ready': [['d2_table', 'd2_order'], kitchenOrder],
    'kitchen:order_completed': [['d2_kitchen', 'd2_waiters', 'd2_table'], [...kitchenOrder, 'prepTime']],
    'kitchen:cancel_accepted': [['d2_kitchen', 'd2_waiters', 'd2_order'], kitchenOrder],
    'kitchen:cancel_rejected': [['d2_kitchen', 'd2_waiters', 'd2_order'], [...kitchenOrder, 'reason']],
    'kitchen:priority_changed': [['d2_kitchen'], ['kitchenOrderId', 'orderId', 'priority']],
    'kitchen:station_assigned': [['d2_kitchen'], ['kitchenOrderId', 'orderId', 'stationId', 'stationName']]
  },
  d3: {
    'order:created': [['d3_restaurant'], ['order', 'session']],
    'order:status:updated': [['d3_restaurant', 'd3_session'], ['orderId', 'status'], { d3_restaurant: ['tableNumber'] }]
  },
  d4: {
    'order:created': [['d4_orders', 'd4_kds', 'd4_table'], whole],
    'order:updated': [['d4_orders', 'd4_kds', 'd4_table'], whole],
    'order:cancelled': [['d4_orders', 'd4_kds', 'd4_table'], whole],
    'table:updated': [['d4_tables', 'd4_table'], ['id', 'number', 'area', 'status']],
    'menu:updated': [['d4_orders', 'd4_kds', 'd4_tables', 'd4_table', 'd4_other_table'], ['id', 'name', 'price', 'available']],
    'payment:completed': [['d4_orders', 'd4_table'], ['orderId', 'amount', 'method', 'paidAt']]
  },
  d5: {
    order_created: [['d5'], ['order', 'kitchenOrder']],
    order_status_update: [['d5'], ['orderId', 'orderNumber', 'status', 'updatedBy']]
  }
}

const PATCH = body => ['PATCH', '/api/orders/o-1', body]
const POST = (verb, body = {}) => ['POST', `/api/orders/o-1/${verb}`, body]
const food = { id: 'a', name: 'Soto', quantity: 2, unitPrice: 5, workstation: 'kitchen' }
const tea = { id: 'b', name: 'Tea', quantity: 1, unitPrice: 2, mainCategory: 'beverage' }
const create = (more = {}) => ['POST', '/api/orders', { id: 'o-1', tableId: TABLE, tableNumber: 'C4', paymentMethod: 'cash', source: 'web', customer: { name: 'Ayu' }, items: [food, tea], ...more }]
const moved = ['order:status_changed', 'order:status']

// What a change emits, in the order in which the changes are made; a name's dialects stand before it.
// `before` are requests that bring the order where the change can be made and are not looked at.
export const CHANGES = [
  { what: 'created', prints: { kitchen: ['2 Soto'], bar: ['1 Tea'] }, request: create(), trigger: 'immediate', d1: ['new_order', 'new_order_in_area', 'kitchen_immediate_print', 'beverage_immediate_print'], d2: ['order:new', 'order:created'], d3: ['order:created'], d4: ['order:created'], d5: ['order_created'] },
  { what: 'to confirmed', request: PATCH({ status: 'confirmed' }), d1: ['order_confirmed', 'order_status_update'], d2: ['order:confirmed', ...moved], d3: ['order:status:updated'], d4: ['order:updated'], d5: ['order_status_update'] },
  { what: 'to the same status', request: PATCH({ status: 'confirmed' }) },
  { what: 'acknowledged', says: { chefId: 'c1', chefName: 'Budi' }, request: POST('acknowledge', { chefId: 'c1', chefName: 'Budi' }), d2: ['kitchen:order_acknowledged', 'kitchen:acknowledged'], d4: ['order:updated'] },
  { what: 'priority', request: PATCH({ priority: 'vip' }), d2: ['kitchen:priority_changed'], d4: ['order:updated'] },
  { what: 'station', says: { stationId: 's1', stationName: 'Wok' }, request: POST('station', { stationId: 's1', stationName: 'Wok' }), d2: ['kitchen:station_assigned'], d4: ['order:updated'] },
  { what: 'to preparing', request: PATCH({ status: 'cooking' }), d1: ['order_status_update'], d2: ['kitchen:order_preparing', 'kitchen:preparing', ...moved], d3: ['order:status:updated'], d4: ['order:updated'], d5: ['order_status_update'] },
  { what: 'to the same status by its other name', request: PATCH({ status: 'preparing' }) },
  { what: 'item status', says: { itemId: 'a', status: 'ready' }, request: ['PATCH', '/api/orders/o-1/items/a', { status: 'ready' }], d2: ['order:item_status_changed'], d4: ['order:updated'] },
  { what: 'items added', prints: { kitchen: ['1 Nasi'] }, tells: ['1 Nasi'], trigger: 'added', request: POST('items', { items: [{ id: 'c', name: 'Nasi', quantity: 1, unitPrice: 3, workstation: 'kitchen' }] }), d1: ['kitchen_immediate_print'], d2: ['order:items_added'], d4: ['order:updated'] },
  { what: 'more of an item', prints: { kitchen: ['1 Nasi'] }, tells: ['2 Nasi'], trigger: 'added', request: ['PATCH', '/api/orders/o-1/items/c', { quantity: 2 }], d1: ['kitchen_immediate_print'], d2: ['order:items_added'], d4: ['order:updated'] },
  { what: 'less of an item', prints: { kitchen: ['1 Nasi'] }, tells: ['1 Nasi'], trigger: 'void', request: ['PATCH', '/api/orders/o-1/items/c', { quantity: 1 }], d1: ['kitchen_immediate_print'], d2: ['order:items_added'], d4: ['order:updated'] },
  { what: 'item cancelled', prints: { kitchen: ['1 Nasi'] }, says: { itemId: 'c', status: 'cancelled' }, trigger: 'void', request: ['PATCH', '/api/orders/o-1/items/c', { status: 'cancelled' }], d1: ['kitchen_immediate_print'], d2: ['order:item_status_changed'], d4: ['order:updated'] },
  { what: 'asked to cancel', says: { reason: 'late', staffId: 'w1' }, request: POST('cancel-request', { reason: 'late', staffId: 'w1' }), d2: ['order:cancel_request'], d4: ['order:updated'] },
  { what: 'rejected', says: { reason: 'cooked' }, request: POST('cancel-reject', { reason: 'cooked' }), d2: ['kitchen:cancel_rejected'], d4: ['order:updated'] },
  { what: 'to ready', request: PATCH({ status: 'ready' }), d1: ['order_status_update'], d2: ['kitchen:order_ready', 'kitchen:ready', ...moved], d3: ['order:status:updated'], d4: ['order:updated'], d5: ['order_status_update'] },
  { what: 'one step back', request: PATCH({ status: 'preparing' }), d1: ['order_status_update'], d2: moved, d3: ['order:status:updated'], d4: ['order:updated'], d5: ['order_status_update'] },
  { what: 'to served', before: [PATCH({ status: 'ready' })], request: PATCH({ status: 'served' }), d1: ['order_status_update'], d2: moved, d3: ['order:status:updated'], d4: ['order:updated'], d5: ['order_status_update'] },
  { what: 'printed again', prints: { kitchen: ['2 Soto'] }, trigger: 'reprint', request: POST('reprint', { station: 'kitchen' }), d1: ['kitchen_immediate_print'] },
  { what: 'paid in part', request: POST('payments', { amount: 2, method: 'cash' }), d1: ['order_status_update'], d4: ['order:updated'] },
  { what: 'paid in full', says: { amount: 12, method: 'cash' }, request: POST('payments', { amount: 10, method: 'cash' }), d1: ['order_status_update'], d4: ['order:updated', 'payment:completed'] },
  { what: 'to completed', says: { prepTime: 0 }, request: PATCH({ status: 'done' }), d1: ['order_status_update'], d2: ['kitchen:order_completed', ...moved], d3: ['order:status:updated'], d4: ['order:updated'], d5: ['order_status_update'] },
  { what: 'table', says: { id: TABLE, number: 'C4', area: 'C', seats: 4, status: 'occupied' }, request: ['PUT', `/api/tables/${TABLE}`, { number: 'C4', area: 'C', seats: 4, status: 'occupied' }], d4: ['table:updated'] },
  { what: 'menu item', says: { id: 'soto', name: 'Soto', price: 5, available: false }, request: ['PUT', '/api/menu/soto', { name: 'Soto', price: 5, available: false }], d4: ['menu:updated'] }
]

const dineIn = { d1: ['kitchen_immediate_print', 'beverage_immediate_print'] }
const statuses = { d1: ['order_status_update'], d3: ['order:status:updated'], d4: ['order:updated'], d5: ['order_status_update'] }

// Rows that begin with an order of its own: ends, and moves that skip what lies between.
export const CANCELLATIONS = [
  { what: 'moved to another table', prints: { kitchen: ['2 Soto'], bar: ['1 Tea'] }, trigger: 'changed', before: [create()], request: PATCH({ tableNumber: 'C9', tableId: OTHER_TABLE }), d1: dineIn.d1, d4: { 'order:updated': ['d4_orders', 'd4_kds', 'd4_table', 'd4_other_table'] } },
  { what: 'confirmed where printing waits for it', prints: { kitchen: ['2 Soto'], bar: ['1 Tea'] }, trigger: 'confirmed', before: [create({ paymentMethod: 'online' })], request: PATCH({ status: 'confirmed' }), ...statuses, d1: ['order_confirmed', 'order_status_update', ...dineIn.d1], d2: ['order:confirmed', ...moved] },
  { what: 'from pending to preparing', before: [create()], request: PATCH({ status: 'preparing' }), ...statuses, d1: ['order_confirmed', 'order_status_update'], d2: ['order:confirmed', 'kitchen:order_preparing', 'kitchen:preparing', ...moved] },
  { what: 'from pending to completed', says: { prepTime: 0 }, before: [create()], request: PATCH({ status: 'completed' }), ...statuses, d1: ['order_confirmed', 'order_status_update'], d2: ['order:confirmed', 'kitchen:order_completed', ...moved] },
  { what: 'back out of completed', before: [create(), PATCH({ status: 'served' }), PATCH({ status: 'completed' })], request: PATCH({ status: 'served' }), ...statuses, d2: moved },
  { what: 'cancelled while a request waits', prints: { kitchen: ['2 Soto'], bar: ['1 Tea'] }, says: { reason: 'gone' }, trigger: 'void', before: [create(), POST('cancel-request', { reason: 'late' })], request: POST('cancel', { reason: 'gone' }), ...statuses, d1: ['order_status_update', ...dineIn.d1], d2: ['order:cancelled', ...moved], d4: ['order:cancelled'] },
  { what: 'cancelled before anything was printed', says: { reason: 'gone' }, before: [create({ paymentMethod: 'online' })], request: POST('cancel', { reason: 'gone' }), ...statuses, d2: ['order:cancelled', ...moved], d4: ['order:cancelled'] },
  { what: 'created where printing waits', request: create({ paymentMethod: 'online' }), d1: ['new_order', 'new_order_in_area'], d2: ['order:new', 'order:created'], d3: ['order:created'], d4: ['order:created'], d5: ['order_created'] },
  { what: 'created with an open bill', prints: { kitchen: ['2 Soto'], bar: ['1 Tea'] }, trigger: 'immediate', request: create({ paymentMethod: 'online', isOpenBill: true }), d1: ['new_order', 'new_order_in_area', ...dineIn.d1], d2: ['order:new', 'order:created'], d3: ['order:created'], d4: ['order:created'], d5: ['order_created'] },
  { what: 'refused', before: [create(), PATCH({ status: 'served' })], request: PATCH({ status: 'preparing' }), status: 409 },
  { what: 'cancelled', prints: { kitchen: ['2 Soto'], bar: ['1 Tea'] }, says: { reason: 'gone' }, trigger: 'void', before: [create()], request: POST('cancel', { reason: 'gone' }), d1: ['order_status_update', 'kitchen_immediate_print', 'beverage_immediate_print'], d2: ['order:cancelled', ...moved], d3: ['order:status:updated'], d4: ['order:cancelled'], d5: ['order_status_update'] },
  { what: 'accepted', prints: { kitchen: ['2 Soto'], bar: ['1 Tea'] }, says: { reason: 'late' }, trigger: 'void', before: [create(), POST('cancel-request', { reason: 'late' })], request: POST('cancel-accept'), d1: ['order_status_update', 'kitchen_immediate_print', 'beverage_immediate_print'], d2: ['kitchen:cancel_accepted', 'order:cancelled', ...moved], d3: ['order:status:updated'], d4: ['order:cancelled'], d5: ['order_status_update'] },
  { what: 'paid at once', prints: { kitchen: ['2 Soto'], bar: ['1 Tea'] }, says: { amount: 12, method: 'online' }, trigger: 'paid', before: [create({ paymentMethod: 'online' })], request: POST('payments', { amount: 12, method: 'online' }), d1: ['order_confirmed', 'order_status_update', 'kitchen_immediate_print', 'beverage_immediate_print'], d2: ['order:confirmed', ...moved], d3: ['order:status:updated'], d4: ['order:updated', 'payment:completed'], d5: ['order_status_update'] }
]
