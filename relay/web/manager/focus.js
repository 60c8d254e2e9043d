// Where the focus goes when what had it is built anew or goes away: nobody who works by keyboard starts at the top again.

const CAN_FOCUS = 'button, a[href], input, select, textarea, [tabindex]'
const successors = new WeakMap()

const within = element => [...element.querySelectorAll(CAN_FOCUS)]

// Says that one element stands where another stood.
export const succeeds = (old, now) => successors.set(old, now)

// What stands where `element` stood, itself where it still stands; nothing where its list has lost it.
export function standing (element) {
  if (element?.isConnected) return element
  for (let old = element?.parentElement; old; old = old.parentElement) {
    const place = within(old).indexOf(element)
    for (let now = successors.get(old); now; now = successors.get(now)) {
      if (now.isConnected) return within(now)[place] ?? within(now)[0]
    }
  }
  return null
}

// Gives the focus back to `element`, else to the heading of `section`, else to the view.
export function giveBack (element, section) {
  const found = standing(element)
  if (found) return found.focus()
  const heading = section?.isConnected ? section.querySelector('h2') : null
  const place = heading ?? document.querySelector('#view')
  if (heading) heading.tabIndex = -1
  place?.focus()
}

// Runs `change`, which may replace or remove what has the focus under `parent`, and mends it.
export function keeping (parent, change) {
  const active = document.activeElement
  const had = parent.contains(active) && active !== parent
  const section = parent.closest('section')
  change()
  if (had && !active.isConnected) giveBack(active, section)
}
