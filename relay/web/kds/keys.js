// The keyboard, and every bump bar that types like one.
import { prefs } from '../lib/prefs.js'
import * as panels from './panels.js'

// `acts` says what each key does; digits and arrows go to the board.
export function listen (board, acts) {
  const named = {
    Enter: acts.bump, Backspace: acts.recall, ' ': acts.item, a: acts.allDay, '/': acts.search, '?': acts.help, u: acts.undo, d: acts.details, f: acts.fire, h: acts.hold,
    ArrowLeft: () => board.step(forward(-1), 0),
    ArrowRight: () => board.step(forward(1), 0),
    ArrowUp: () => board.step(0, -1),
    ArrowDown: () => board.step(0, 1)
  }
  addEventListener('keydown', event => {
    if (!prefs.get('keys', true) || event.ctrlKey || event.metaKey || event.altKey || panels.open()) return
    if (event.target.closest('input, select, textarea')) return
    // A button that somebody reached by Tab is pressed by Enter and Space, as everywhere; a card's own are the board's.
    const onButton = event.target.closest('button, a') && !event.target.closest('.card [data-act=go]')
    if (onButton && (event.key === 'Enter' || event.key === ' ')) return
    const digit = /^[1-9]$/.test(event.key) ? Number(event.key) : 0
    const act = digit ? () => board.chooseNth(digit) : named[event.key.length === 1 ? event.key.toLowerCase() : event.key]
    if (!act || event.repeat) return
    event.preventDefault()
    act()
  })
}

// To the next column as one reads.
const forward = step => (document.documentElement.dir === 'rtl' ? -step : step)
