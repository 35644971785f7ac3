/**
 * Random reads of 4 KiB from the VM's disk, all of which is written first: from the notification, which exits, until the handler of the interrupt that tells of the
 * last of them begins. The guest waits in a loop, so that nothing sleeps, and what it executes there and in its handler is taken off.
 */
import { disableInterrupts, enableInterrupts, load64, setGate } from '../platform/hw'
import { enableApic } from '../platform/localapic'
import { below } from '../platform/random'
import { median, setSample } from '../platform/samples'
import { flush, print, printDecimal, printField, printLine } from '../platform/serial'
import { arrived, InstructionsOfHandler, InstructionsOfLook, taken, timedHandler } from './code'
import { begin, blockCount, carryOut, isWell, prepare, Slots, startDisk, Type } from './disk'
import { Vector } from './kinds'

const WarmUp: u32 = 32
const Rounds: u32 = 256

const ticks: usize = memory.data(Rounds * 8, 8)
const interrupts: usize = memory.data(Rounds * 8, 8)
let failures: u32 = 0

/** Prints `bench reads-N ticks=N interrupts=N failures=N` for N reads at once: medians, the ticks those of one read. */
export function measureReads(overhead: u64): void {
  enableApic()
  setGate(Vector.Disk, timedHandler())
  if (!startDisk(Vector.Disk)) return printLine('bench reads skip: there is no disk')
  enableInterrupts()
  fill()
  measure(1, overhead)
  measure(Slots, overhead)
  disableInterrupts()
}

/** Writes all of the disk, and has that survive a power cut. */
function fill(): void {
  for (let block: u32 = 0; block < blockCount; block += Slots) {
    const group = min(Slots, blockCount - block)
    for (let slot: u32 = 0; slot < group; slot++) prepare(slot, Type.Out, block + slot)
    finish(group)
  }
  prepare(0, Type.Flush, 0)
  finish(1)
}

function finish(count: u32): u64 {
  const looks = carryOut()
  for (let slot: u32 = 0; slot < count; slot++) if (!isWell(slot)) failures++
  return looks
}

function measure(depth: u32, overhead: u64): void {
  for (let round: u32 = 0; round < WarmUp; round++) once(depth, overhead, round)
  for (let round: u32 = 0; round < Rounds; round++) once(depth, overhead, round)
  print('bench reads-')
  printDecimal(depth)
  printField('ticks', median(ticks, Rounds) / depth)
  printField('interrupts', median(interrupts, Rounds))
  printField('failures', failures)
  printLine('')
  flush()
}

function once(depth: u32, overhead: u64, round: u32): void {
  for (let slot: u32 = 0; slot < depth; slot++) prepare(slot, Type.In, below(blockCount))
  const before = load64(taken())
  const looks = finish(depth)
  const came = load64(taken()) - before
  const own = overhead + looks * InstructionsOfLook + (came - 1) * InstructionsOfHandler
  setSample(ticks, round, load64(arrived()) - begin - own)
  setSample(interrupts, round, came)
}
