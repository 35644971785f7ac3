/** The command line's words, as `name=value`. */
import { commandLine } from './boot'
import { load8 } from './hw'
import { put } from './serial'

/** Address of what follows `name=` in the command line, or 0. */
function find(name: string): u64 {
  const line = commandLine()
  if (!line) return 0
  for (let at = line; load8(at); at++) {
    if (at != line && load8(at - 1) != 0x20) continue
    let matched = 0
    while (matched < name.length && load8(at + matched) == <u32>name.charCodeAt(matched)) matched++
    if (matched == name.length && load8(at + matched) == 0x3D) return at + matched + 1
  }
  return 0
}

function digit(character: u32): u32 {
  if (character >= 0x30 && character <= 0x39) return character - 0x30
  const letter = character | 0x20
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : 16
}

/** The number that the command line gives `name`, decimal or 0x…, or `otherwise`. */
export function numberArgument(name: string, otherwise: u64): u64 {
  let at = find(name)
  if (!at) return otherwise
  let base: u32 = 10
  if (load8(at) == 0x30 && (load8(at + 1) | 0x20) == 0x78) {
    base = 16
    at += 2
  }
  let value: u64 = 0
  for (let next = digit(load8(at)); next < base; next = digit(load8(++at))) value = value * base + next
  return value
}

/** Whether the command line gives `name` any value. */
export function hasArgument(name: string): bool { return find(name) != 0 }

/** Whether the command line gives `name` this very value. */
export function argumentIs(name: string, value: string): bool {
  const at = find(name)
  if (!at) return false
  for (let i = 0; i < value.length; i++) {
    if (load8(at + i) != <u32>value.charCodeAt(i)) return false
  }
  const end = load8(at + value.length)
  return end == 0 || end == 0x20
}

/** Prints the value that the command line gives `name`, or `otherwise`. */
export function printArgument(name: string, otherwise: string): void {
  let at = find(name)
  if (!at) {
    for (let i = 0; i < otherwise.length; i++) put(otherwise.charCodeAt(i))
    return
  }
  for (; load8(at) > 0x20; at++) put(load8(at))
}

/** Prints zero-terminated text at a physical address; nothing when it is 0. */
export function printText(address: u64): void {
  if (!address) return
  for (let at = address; load8(at); at++) put(load8(at))
}
