/**
 * A guest that runs all its clocks side by side for a while and says what each counted, and how many TSC ticks went by meanwhile. Command line:
 * `seconds=` of the real-time clock (10).
 */
import { numberArgument } from '../platform/arguments'
import { wait } from '../platform/hw'
import { maskAllPins } from '../platform/ioapic'
import { enableApic } from '../platform/localapic'
import { initializePic } from '../platform/pic'
import { PitFrequency } from '../platform/pit'
import { PmTimerFrequency } from '../platform/clock'
import { powerOff } from '../platform/power'
import { initializeSerial, print, printField, printLine } from '../platform/serial'
import { count, hpetElapsed, hpetPeriod, hpetTicks, pmElapsed, pmTicks, startCounting } from './counting'
import { ApicCount, elapsed, forgetTicks, periods, PitCount, startTicking, tick, ticks, Vector } from './ticking'

export function interrupt(vector: u32, error: u64): bool { return tick(vector) }

function report(name: string, counted: u64, tsc: u64): void {
  print('clock ')
  print(name)
  printField('ticks', counted)
  printField('tsc', tsc)
}

export function main(): void {
  initializeSerial()
  initializePic(0x20)
  maskAllPins()
  enableApic()
  const seconds = numberArgument('seconds', 10)
  startTicking()
  // The first second is left out: what the host still does for the start of its guests delays ticks, and the delayed ones come in a row.
  while (ticks(Vector.Rtc) == 0) wait()
  forgetTicks()
  startCounting()
  while (ticks(Vector.Rtc) <= seconds) {
    wait()
    count()
  }
  report('pit', periods(Vector.Pit) * PitCount, elapsed(Vector.Pit))
  printField('frequency', PitFrequency)
  printLine('')
  report('rtc', periods(Vector.Rtc), elapsed(Vector.Rtc))
  printField('frequency', 1)
  printLine('')
  report('pm', pmTicks, pmElapsed)
  printField('frequency', PmTimerFrequency)
  printLine('')
  report('hpet', hpetTicks, hpetElapsed)
  printField('femtoseconds', hpetPeriod())
  printLine('')
  report('apic', periods(Vector.ApicTimer) * ApicCount, elapsed(Vector.ApicTimer))
  printLine(' of the TSC')
  powerOff()
}
