/** The host's MC146818 clock, read once at boot: the ports granted are 70h and 71h. Data sheet: registers 0–9, A (update in progress), B (format). */
import { read8, write8 } from '../../capability/port'

/** The granted ports. */
namespace Port {
  export const Index: u32 = 0
  export const Data: u32 = 1
}

const PollLimit: u32 = 100_000

function register(index: u32): u32 {
  write8(Port.Index, index | 0x80) // bit 7 keeps NMIs off while the index is set
  return read8(Port.Data)
}

function waitForUpdate(): void {
  for (let i: u32 = 0; i < PollLimit; i++) if ((register(0x0A) & 0x80) == 0) return
}

function decode(value: u32, binary: bool): u32 { return binary ? value : (value >> 4) * 10 + (value & 15) }

/** Days from 1970-01-01 to a date of the Gregorian calendar. */
function daysTo(year: u32, month: u32, day: u32): u64 {
  const y = month <= 2 ? year - 1 : year
  const shifted = (month + 9) % 12 // March is 0
  return <u64>365 * y + y / 4 - y / 100 + y / 400 + (153 * shifted + 2) / 5 + day - 1 - 719468
}

/** Seconds since 1970-01-01 00:00 UTC; the clock is taken to show UTC. 0 where there is none. */
export function readRtc(): u64 {
  waitForUpdate()
  const format = register(0x0B)
  const binary = (format & 4) != 0
  const second = decode(register(0), binary)
  const minute = decode(register(2), binary)
  const rawHour = register(4)
  let hour = decode(rawHour & 0x7F, binary)
  if ((format & 2) == 0) hour = hour % 12 + ((rawHour & 0x80) != 0 ? 12 : 0)
  const day = decode(register(7), binary)
  const month = decode(register(8), binary)
  const year = 2000 + decode(register(9), binary)
  write8(Port.Index, 0x0D) // and NMIs are on again
  read8(Port.Data)
  if (month < 1 || month > 12 || day < 1 || day > 31) return 0
  return ((daysTo(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
}
