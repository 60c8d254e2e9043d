// What a person chose on this screen: language, look, loudness. Kept here alone.

const KEY = 'printrail:screen'

let kept = read()

export const prefs = {
  get: (name, otherwise) => kept[name] ?? otherwise,
  set (name, value) {
    // Another tab may have chosen something meanwhile.
    kept = { ...read(), [name]: value }
    try { localStorage.setItem(KEY, JSON.stringify(kept)) } catch { /* chosen until the page is closed */ }
  }
}

// Shows the look that was chosen: `auto` follows the machine, else dark, light or contrast.
export function showTheme (otherwise = 'auto') {
  document.documentElement.dataset.theme = prefs.get('theme', otherwise)
}

function read () {
  try { return JSON.parse(localStorage.getItem(KEY)) ?? {} } catch { return {} }
}
