/**
 * A guest that wants all the processor it can get, and says how much it got. Command line: `name=`, `period=` milliseconds between
 * lines (1000), `lines=` after which it switches off (0: never), `interrupts=off`: it keeps interrupts out, of which there are none (Bochs then
 * keeps out the host's too, test/harness/platform.ts).
 */
import { argumentIs, numberArgument, printArgument } from '../platform/arguments'
import { microsecondsOf, ticksOf } from '../platform/clock'
import { enableInterrupts, readTsc } from '../platform/hw'
import { maskPic } from '../platform/pic'
import { powerOff } from '../platform/power'
import { initializeSerial, print, printField, printLine } from '../platform/serial'

/** Rounds of work between two looks at the clock. */
const Batch: u32 = 10000

let state: u64 = 0x9E3779B97F4A7C15

export function interrupt(vector: u32, error: u64): bool { return false }

/** Marsaglia's xorshift64: work that no compiler can skip. */
function work(): void {
  for (let round: u32 = 0; round < Batch; round++) {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
  }
}

/** But for those of the 8259s, which on a PC without a hypervisor there may be: nobody is here to take them. */
function letInterruptsIn(): void {
  maskPic(0xFFFF)
  enableInterrupts()
}

export function main(): void {
  initializeSerial()
  if (!argumentIs('interrupts', 'off')) letInterruptsIn()
  const period = ticksOf(numberArgument('period', 1000) * 1000)
  const limit = numberArgument('lines', 0)
  let count: u64 = 0
  let begin = readTsc()
  let next = begin + period
  for (let lines: u64 = 1; ; lines++) {
    const before = count
    while (readTsc() < next) {
      work()
      count++
    }
    const now = readTsc()
    const microseconds = microsecondsOf(now - begin)
    print('spin ')
    printArgument('name', 'spin')
    printField('count', count)
    printField('tsc', now)
    printField('rate', microseconds ? (count - before) * 1000000 / microseconds : 0) // batches per second
    printField('state', state & 0xFFFF)
    printLine('')
    begin = now
    next = now + period
    if (lines == limit) powerOff()
  }
}
