// The difference of two texts, line by line. Pure.

// Lines that stay around a change, so that one sees where it is.
const AROUND = 2
// More lines than that are no template; they are shown as all gone and all new.
const MOST = 600

// `[{kind: same | gone | added, text}]`; stretches far from any change are left out, an ellipsis in their place.
export function diff (before, after) {
  const [a, b] = [before, after].map(text => text.replace(/\n$/, '').split('\n'))
  const lines = a.length > MOST || b.length > MOST ? [...a.map(gone), ...b.map(added)] : steps(a, b)
  return shorten(lines)
}

const gone = text => ({ kind: 'gone', text })
const added = text => ({ kind: 'added', text })

// The longest common subsequence, from the end.
function steps (a, b) {
  const most = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) most[i][j] = a[i] === b[j] ? most[i + 1][j + 1] + 1 : Math.max(most[i + 1][j], most[i][j + 1])
  }
  const found = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { found.push({ kind: 'same', text: a[i] }); i++; j++ }
    else if (j >= b.length || (i < a.length && most[i + 1][j] >= most[i][j + 1])) found.push(gone(a[i++]))
    else found.push(added(b[j++]))
  }
  return found
}

function shorten (lines) {
  const near = lines.map((_, n) => lines.slice(Math.max(0, n - AROUND), n + AROUND + 1).some(({ kind }) => kind !== 'same'))
  return lines.flatMap((line, n) => (near[n] ? [line] : near[n - 1] ? [{ kind: 'same', text: '\u2026' }] : []))
}
