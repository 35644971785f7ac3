/** Finds what was probably meant. */

const longest: i32 = 32 // characters; nothing that can be meant is longer

/** The candidate most like `word`, or '' when none is alike enough to be meant. Upper and lower case count as alike. */
export function nearest(word: string, candidates: string[]): string {
  if (word.length > longest) return ''
  const wanted = word.toLowerCase()
  let best = ''
  let least = wanted.length <= 3 ? 1 : wanted.length <= 6 ? 2 : 3
  for (let i = 0; i < candidates.length; i++) {
    const candidate = candidates[i]
    const difference = distance(wanted, candidate.toLowerCase())
    if (difference > least || (difference == least && best.length > 0)) continue
    if (difference >= candidate.length) continue // nothing in common
    best = candidate
    least = difference
  }
  if (best.length == 0 && wanted.length > 0) {
    for (let i = 0; i < candidates.length; i++) if (candidates[i].toLowerCase().startsWith(wanted)) return candidates[i]
  }
  return best
}

/** How many characters must be inserted, removed, replaced or swapped with a neighbour (optimal string alignment). */
export function distance(a: string, b: string): i32 {
  if (a.length > longest || b.length > longest) return i32.MAX_VALUE
  const width = b.length + 1
  const table = new StaticArray<i32>((a.length + 1) * width)
  for (let j = 0; j < width; j++) table[j] = j
  for (let i = 1; i <= a.length; i++) {
    table[i * width] = i
    for (let j = 1; j < width; j++) {
      const differs = a.charCodeAt(i - 1) != b.charCodeAt(j - 1)
      const at = i * width + j
      let least = min(table[at - width] + 1, table[at - 1] + 1)
      least = min(least, table[at - width - 1] + i32(differs))
      const swapped = i > 1 && j > 1 && a.charCodeAt(i - 1) == b.charCodeAt(j - 2) && a.charCodeAt(i - 2) == b.charCodeAt(j - 1)
      if (swapped) least = min(least, table[at - 2 * width - 2] + 1)
      table[at] = least
    }
  }
  return table[a.length * width + b.length]
}
