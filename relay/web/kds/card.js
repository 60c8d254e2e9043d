// One order as a card: built anew when the order changed, and only then.
import { h } from '../lib/dom.js'
import { t } from '../lib/words.js'
import { coursesOf, mayHold, nextStep } from './courses.js'
import { STAGES, isLive } from './kitchen.js'

const ICONS = { add: '+', change: '≠', void: '✕' }

// The part of an order's number that people say: `ORD-20261120-017` is 017.
export const shortNumber = order => order.orderNumber.split('-').at(-1)

// Where it goes: a table, or how it leaves the house.
export const whereOf = order => order.tableNumber ?? t(`type_${order.orderType}`)

// What the card shows; equal texts are equal cards.
export function fingerprint (card, seq) {
  return [seq, card.stage, card.isWaiting, card.isVoid, card.isRecalled, card.changes.map(({ kind, item }) => kind + item), card.items.map(({ status }) => status)].join('|')
}

export function build (card) {
  const { order, changes } = card
  const number = shortNumber(order)
  const whole = changes.filter(change => !change.item)
  return [
    h('header', { class: 'head' },
      h('span', { class: 'place', 'aria-hidden': 'true' }),
      h('h3', { class: 'number' }, number),
      h('span', { class: 'where' }, whereOf(order)),
      h('span', { class: 'age' }, h('span', { class: 'minutes' }), ' ', h('span', { class: 'word' }))),
    chips(card),
    whole.map(({ kind, was }) => h('p', { class: `banner ${kind}` },
      mark(kind), kind === 'change' ? `${t('table', { table: whereOf(order) })}, ${t('wasTable', { was })}` : order.cancelRequest?.reason)),
    h('ul', { class: 'items' }, lines(card)),
    order.cancelRequest && !card.isVoid && ask(order, number),
    h('footer', { class: 'foot' }, go(card, number),
      h('button', { class: 'more', 'data-act': 'details', 'aria-label': t('details', { number }) }, '⋯'))
  ].flat().filter(Boolean)
}

function chips ({ order, isWaiting, isRecalled, part }) {
  const list = [
    isRecalled && h('span', { class: 'chip recalled' }, '↩ ', t('recalled')),
    part && h('span', { class: 'chip part', title: t('partOf', { ...part, others: part.others.join(', ') }) },
      h('span', { 'aria-hidden': 'true' }, `${part.n}/${part.of}`), h('span', { class: 'unseen' }, t('partOf', { ...part, others: part.others.join(', ') }))),
    order.priority !== 'normal' && h('span', { class: `chip ${order.priority}` }, t(order.priority)),
    order.tableNumber && order.orderType !== 'dine-in' && h('span', { class: 'chip' }, t(`type_${order.orderType}`)),
    isWaiting && h('span', { class: 'chip waits' }, '🕓 ', t('waits'))
  ].filter(Boolean)
  return list.length > 0 && h('p', { class: 'chips' }, list)
}

// First course first, the order of the waiter within it; several courses have a heading each.
function lines ({ items, changes, stage, isVoid }) {
  const courses = coursesOf(items)
  const isOne = courses.length < 2
  return courses.flatMap(course => [
    !isOne && heading(course, stage, isVoid),
    ...course.items.map(item => line(item, changes.find(change => change.item === item.id), isOne))
  ]).filter(Boolean)
}

function heading (course, stage, isVoid) {
  const { n, state } = course
  const isOpen = stage < 2 && !isVoid
  const act = isOpen && (state === 'held' ? 'fire' : mayHold(course) && 'hold')
  return h('li', { class: 'course', 'data-state': state },
    h('strong', {}, t('course', { n })), ' ', isOpen && (stage > 0 || state !== 'fired') && h('span', { class: 'said' }, t(`course_is_${state}`)),
    act && h('button', { 'data-act': act, 'data-course': n, 'aria-label': t(`do_${act}_label`, { n }) }, t(`do_${act}`)))
}

function line (item, change, isOnly) {
  const kind = change?.kind
  const isDone = ['ready', 'served'].includes(item.status)
  return h('li', { class: ['item', kind, isDone && 'done', !isLive(item) && 'gone'].filter(Boolean).join(' '), 'data-item': item.id },
    h('span', { class: 'quantity' }, `${item.quantity}×`),
    h('span', { class: 'what' },
      kind && mark(kind),
      h(isLive(item) ? 'span' : 's', { class: 'name' }, item.name),
      isDone && h('span', { class: 'tick' }, ' ✓ ', t('itemDone')),
      isOnly && item.course > 1 && h('span', { class: 'chip course' }, t('course', { n: item.course })),
      kind === 'change' && change.was !== item.quantity && h('span', { class: 'was' }, t('wasQuantity', { was: change.was })),
      item.modifiers.map(({ name }) => h('span', { class: 'modifier' }, name)),
      item.notes && h('span', { class: 'note' }, item.notes),
      item.allergens.length > 0 && h('span', { class: 'allergy' }, '⚠ ', t('allergy'), ': ', item.allergens.join(', '))))
}

const mark = kind => h('strong', { class: 'mark' }, `${ICONS[kind]} ${t(`kind_${kind}`)}`)

function ask (order, number) {
  return h('div', { class: 'ask', role: 'group', 'aria-label': `${t('cancelAsked')} ${number}` },
    h('p', {}, h('strong', {}, t('cancelAsked')), ' ', order.cancelRequest.reason),
    h('div', { class: 'pair' },
      h('button', { class: 'yes', 'data-act': 'accept' }, t('cancelAccept')),
      h('button', { class: 'no', 'data-act': 'reject' }, t('cancelReject'))))
}

function go ({ changes, stage, items, isRecalled }, number) {
  if (isRecalled) return h('button', { class: 'go', 'data-act': 'go', 'aria-label': t('doing', { what: t('putAway'), number }) }, t('putAway'))
  if (changes.length > 0) {
    return h('button', { class: 'go see', 'data-act': 'go', 'aria-label': t('seenLabel', { number }) }, t('seen'))
  }
  const next = stage === 1 && nextStep(items)
  const what = next ? t(`go_${next.step}`, next) : t(`do_${STAGES[stage]}`)
  return h('button', { class: next?.step === 'fire' ? 'go fire' : 'go', 'data-act': 'go', 'aria-label': t('doing', { what, number }) }, what)
}
