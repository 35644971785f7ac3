/**
 * A guest that sleeps until a time and wakes, over and over, and says how late it was. Command line: `period=` microseconds that it sleeps at most (2000),
 * half of it at least; `times=` (256) after which it says so and begins anew; `runs=` of that after which it switches off (0: never).
 */
import { numberArgument } from '../platform/arguments'
import { microsecondsOf, ticksOf } from '../platform/clock'
import { readTsc, wait, writeMsr } from '../platform/hw'
import { Apic, DeadlineMode, enableApic, endOfInterrupt, TscDeadline, writeApic } from '../platform/localapic'
import { initializePic } from '../platform/pic'
import { powerOff } from '../platform/power'
import { random } from '../platform/random'
import { sample, setSample, sort } from '../platform/samples'
import { initializeSerial, print, printField, printLine } from '../platform/serial'

const Vector: u32 = 0x40
const Most: u32 = 4096

const late: usize = memory.data(Most * 8, 8)
let deadline: u64 = 0
/** The TSC as the last interrupt's handler found it; 0 before it came. */
let woken: u64 = 0

export function interrupt(vector: u32, error: u64): bool {
  if (vector != Vector) return false
  const now = readTsc()
  if (woken == 0 && now >= deadline) woken = now // QEMU's TCG may deliver one twice: test/guests/clocks/ticking.ts
  endOfInterrupt()
  return true
}

/** Sleeps for half of `period` TSC ticks to all of it; how many ticks late it is awake. */
function sleep(period: u64): u64 {
  woken = 0
  deadline = readTsc() + period / 2 + random() % (period / 2)
  writeMsr(TscDeadline, deadline)
  while (woken == 0) wait()
  return woken - deadline
}

/** The least time that only one in a hundred exceeds, of a sorted row. */
function ninetyNinth(count: u32): u64 { return sample(late, count - 1 - count / 100) }

export function main(): void {
  initializeSerial()
  initializePic(0x20)
  enableApic()
  writeApic(Apic.Timer, Vector | DeadlineMode)
  const period = ticksOf(numberArgument('period', 2000))
  const times = <u32>min(numberArgument('times', 256), Most)
  const runs = numberArgument('runs', 0)
  for (let run: u64 = 1; ; run++) {
    for (let index: u32 = 0; index < times; index++) setSample(late, index, sleep(period))
    sort(late, times)
    print('sleeper')
    printField('times', times)
    printField('median', microsecondsOf(sample(late, times / 2)))
    printField('ninetyninth', microsecondsOf(ninetyNinth(times)))
    printField('greatest', microsecondsOf(sample(late, times - 1)))
    printLine(' microseconds late')
    if (run == runs) powerOff()
  }
}
