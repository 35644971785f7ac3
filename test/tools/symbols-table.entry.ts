import { describe as describeAddress, open as openTable } from '../../kernel/debug/symbols'

const buffer = memory.data(256)

export function open(hpa: u64, size: u32): bool { return openTable(hpa, size) }

/** The text's bytes follow the returned address; `described` says how many. */
export function describe(address: u64, capacity: u32): usize {
  memory.fill(buffer, 0xcc, 256)
  described = describeAddress(address, buffer, capacity)
  return buffer
}

export let described: u32 = 0
