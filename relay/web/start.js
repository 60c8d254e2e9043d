// The start page: where to go.
import { showTheme } from './lib/prefs.js'
import { fill, loadWords } from './lib/words.js'

showTheme('auto')
await loadWords()
fill()
// What names the outlet goes along.
for (const link of document.querySelectorAll('nav a')) link.search = location.search
