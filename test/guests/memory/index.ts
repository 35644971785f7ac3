/**
 * A guest that watches its memory. Command line: `seek=N` counts the quadwords whose upper half is N's before anything else is written,
 * `hold=N` then fills all RAM that is free with N and its address, and looks every `period=` milliseconds (1000) whether it is still so.
 */
import { numberArgument } from '../platform/arguments'
import { regionBase, regionCount, regionLength, regionType } from '../platform/boot'
import { ticksOf } from '../platform/clock'
import { load64, readTsc, store64, wait } from '../platform/hw'
import { enableApic, hasApic, startTimer, DivideBy16, endOfInterrupt, Periodic } from '../platform/localapic'
import { initializePic } from '../platform/pic'
import { initializeSerial, print, printField, printLine } from '../platform/serial'

const Timer: u32 = 0x40

/** The guest itself and what the boot loader left lie below; nothing under it is touched. */
@inline const Lowest: u64 = 4 << 20
/** What is mapped one to one. */
@inline const Highest: u64 = 0xC0000000

export function interrupt(vector: u32, error: u64): bool {
  if (vector < 32) return false
  if (vector == Timer) endOfInterrupt()
  return true
}

@inline const Fill: u32 = 0
@inline const Seek: u32 = 1
@inline const Check: u32 = 2

/** Goes over all free RAM once; returns how many quadwords are found, or wrong. */
function sweep(action: u32, value: u64): u64 {
  let count: u64 = 0
  const regions = regionCount()
  for (let region: u32 = 0; region < regions; region++) {
    if (regionType(region) != 1) continue
    const begin = max(regionBase(region), Lowest)
    const end = min(regionBase(region) + regionLength(region), Highest)
    for (let at = (begin + 7) & ~7; at + 8 <= end; at += 8) {
      if (action == Fill) store64(at, value ^ at)
      // Where the frame was in its former guest is not known, so that only the upper half of the pattern is sought.
      else if (action == Seek ? load64(at) >> 32 == value >> 32 : load64(at) != (value ^ at)) count++
    }
  }
  return count
}

function report(name: string, round: u64, count: u64): void {
  print('memory')
  printField('round', round)
  printField(name, count)
  printLine('')
}

export function main(): void {
  initializeSerial()
  initializePic(0x20)
  const sought = numberArgument('seek', 0)
  if (sought) report('found', 0, sweep(Seek, sought))
  const held = numberArgument('hold', 0)
  const period = numberArgument('period', 1000)
  if (held) sweep(Fill, held)
  if (hasApic()) enableApic()
  for (let round: u64 = 1; ; round++) {
    if (held) report('changed', round, sweep(Check, held))
    else report('idle', round, 0)
    const next = readTsc() + ticksOf(period * 1000)
    startTimer(Timer, Periodic, 1000000, DivideBy16)
    while (readTsc() < next) wait()
  }
}
