// Elements made of text alone: nothing that a guest typed is ever read as markup.

// An element with its attributes and children. `on` holds listeners; an attribute of false or null is left out,
// one of true stands without a value; children may be text, elements or nothing.
export function h (tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  const { on = {}, ...rest } = attributes
  for (const [name, value] of Object.entries(rest)) set(element, name, value)
  for (const [event, listener] of Object.entries(on)) element.addEventListener(event, listener)
  element.append(...children.flat(Infinity).filter(child => child != null && child !== false))
  return element
}

// Sets an attribute, or takes it away.
export function set (element, name, value) {
  if (value == null || value === false) element.removeAttribute(name)
  else if (element.getAttribute(name) !== String(value === true ? '' : value)) {
    element.setAttribute(name, value === true ? '' : value)
  }
}

// Writes a text where it is another one: a screen reader and the layout hear of changes alone.
export function write (element, text) {
  if (element.textContent !== text) element.textContent = text
}

export const $ = (selector, root = document) => root.querySelector(selector)

// Puts `elements` into `parent` in this order, moving only what stands elsewhere.
export function arrange (parent, elements) {
  let here = parent.firstChild
  for (const element of elements) {
    if (element === here) here = here.nextSibling
    else parent.insertBefore(element, here)
  }
  while (here) {
    const gone = here
    here = here.nextSibling
    gone.remove()
  }
}
