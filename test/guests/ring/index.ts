/**
 * A guest that starts all its processors and has interrupts go round among them: each waits halted for the one that the processor before it sends, and
 * sends the next. Then the first one sends all others one at once. Command line: `rounds=` (8). It says how many answered and switches off.
 */
import { processorCount } from '../platform/acpi'
import { numberArgument } from '../platform/arguments'
import { ticksOf } from '../platform/clock'
import { linear, load32, pause, readTsc, store32, wait } from '../platform/hw'
import { initializePic } from '../platform/pic'
import { Apic, DivideBy1, enableApic, endOfInterrupt, OthersShorthand, readApic, sendTo, startTimer, writeApic } from '../platform/localapic'
import { startProcessor } from '../platform/processors'
import { powerOff } from '../platform/power'
import { initializeSerial, print, printField, printLine } from '../platform/serial'

namespace Vector {
  export const Round: u32 = 0x50
  export const Together: u32 = 0x51
  export const Look: u32 = 0x52 // the first one's timer: nothing is waited for without an end
}
const Limit: u32 = 32

// What each processor counts, by its APIC id; each writes its own only.
const arrived: usize = memory.data(Limit * 4, 8)
const rounds: usize = memory.data(Limit * 4, 8)
const together: usize = memory.data(Limit * 4, 8)

let count: u32 = 0

function at(counts: usize, id: u32): u64 { return linear(counts + (<usize>id << 2)) }
function increase(counts: usize, id: u32): void { store32(at(counts, id), load32(at(counts, id)) + 1) }
function sum(counts: usize): u32 {
  let total: u32 = 0
  for (let id: u32 = 0; id < count; id++) total += load32(at(counts, id))
  return total
}

export function interrupt(vector: u32, error: u64): bool {
  const id = readApic(Apic.Id) >> 24
  if (vector == Vector.Round) {
    increase(rounds, id)
    if (id != 0) sendTo((id + 1) % count, Vector.Round)
  } else if (vector == Vector.Together) increase(together, id)
  else if (vector != Vector.Look) return false
  endOfInterrupt()
  return true
}

export function processor(id: u32): void {
  enableApic()
  increase(arrived, id)
  while (true) wait()
}

/** Spins until so many have been counted; false when they have not been after ten seconds. */
function reaches(counts: usize, total: u32): bool {
  for (const end = readTsc() + ticksOf(10_000_000); sum(counts) < total;) {
    if (readTsc() > end) return false
    pause()
  }
  return true
}

/** Sends one round after the other, halted until each is back; false when one is not, after ten seconds. */
function goRound(times: u32): bool {
  const end = readTsc() + ticksOf(10_000_000)
  for (let round: u32 = 0; round < times; round++) {
    sendTo(1 % count, Vector.Round)
    while (load32(at(rounds, 0)) == round) {
      if (readTsc() > end) return false
      startTimer(Vector.Look, 0, 1_000_000_000, DivideBy1)
      wait()
    }
  }
  return true
}

export function main(): void {
  initializeSerial()
  initializePic(0x20)
  enableApic()
  count = min(processorCount(), Limit)
  const times = <u32>numberArgument('rounds', 8)
  for (let id: u32 = 1; id < count; id++) startProcessor(id)
  const passed = reaches(arrived, count - 1) && goRound(times)
  if (passed) {
    writeApic(Apic.CommandLow, Vector.Together | OthersShorthand)
    reaches(together, count - 1)
  }
  print('ring')
  printField('processors', count)
  printField('started', sum(arrived))
  printField('passed', sum(rounds))
  printField('together', sum(together))
  printLine('')
  powerOff()
}
