/** The parameters of a control sequence, ECMA-48, 5.4.2: decimal numbers between semicolons, each of which may be left out. */

const capacity: u32 = 16
const largest: u32 = 9999

const values = memory.data(64) // u32 each; 0 for one left out
let count: u32 = 0 // the number that is being read is the last

/** Begins a sequence. */
export function clearParameters(): void {
  count = 0
  memory.fill(values, 0, capacity * 4)
}

/** Takes a digit. */
export function addDigit(digit: u32): void {
  if (!count) count = 1
  if (count > capacity) return
  const address = values + <usize>(count - 1) * 4
  store<u32>(address, min(load<u32>(address) * 10 + digit, largest))
}

/** Takes a semicolon. */
export function nextParameter(): void {
  count = min(max(count, 1) + 1, capacity + 1)
}

/** How many there are that fit. */
export function parameterCount(): u32 { return min(count, capacity) }

/** One parameter, or `fallback` where it is left out or 0. */
export function parameter(index: u32, fallback: u32): u32 {
  if (index >= parameterCount()) return fallback
  return load<u32>(values + <usize>index * 4) || fallback
}
