// What is different from what the cook has seen: ADD, CHANGE and VOID, line by line. Pure.

// What there is to be seen of an order, small enough to keep for hundreds of them.
export function seenOf (order) {
  const items = {}
  for (const item of order.items) items[item.id] = { line: line(item), quantity: item.quantity, gone: item.status === 'cancelled' }
  return { table: order.tableNumber ?? null, items, gone: order.status === 'cancelled' }
}

// The differences: `{kind: add | change | void, item?, was?}`; without an item it is about the whole order.
export function changesOf (seen, order, items) {
  if (order.status === 'cancelled') return seen.gone ? [] : [{ kind: 'void' }]
  const changes = []
  if ((order.tableNumber ?? null) !== seen.table) changes.push({ kind: 'change', was: seen.table ?? '–' })
  for (const item of items) {
    const known = seen.items[item.id]
    const isGone = item.status === 'cancelled'
    if (!known) {
      if (!isGone) changes.push({ kind: 'add', item: item.id })
    } else if (isGone && !known.gone) changes.push({ kind: 'void', item: item.id })
    else if (!isGone && (known.quantity !== item.quantity || known.line !== line(item))) {
      changes.push({ kind: 'change', item: item.id, was: known.quantity })
    }
  }
  return changes
}

const line = item => [item.name, item.notes ?? '', ...item.modifiers.map(({ name }) => name), ...item.allergens].join('\n')
