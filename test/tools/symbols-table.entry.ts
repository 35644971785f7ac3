import { appendPlace, open as openTable } from '../../kernel/debug/symbols'
import { address, clear, size } from '../../kernel/log/text'

export function open(hpa: u64, size: u32): bool { return openTable(hpa, size) }

/** The text's bytes follow the returned address; `described` says how many. */
export function describe(place: u64): usize {
  clear()
  appendPlace(place)
  described = size()
  return address()
}

export let described: u32 = 0
