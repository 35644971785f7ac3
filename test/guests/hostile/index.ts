/**
 * A guest that does its machine all the harm it can. Command line: `seconds=` (60), `seed=` (0: another one each time), `keep=1` to leave out what would only end itself,
 * `only=` ports | msrs | mmio | controls | instructions. A heartbeat every second says how much was done and how much of it faulted.
 */
import { numberArgument } from '../platform/arguments'
import { tscFrequency } from '../platform/clock'
import { disableInterrupts, enableInterrupts, readTsc, writeControl } from '../platform/hw'
import { attempt, writeDr7 } from '../platform/instructions'
import { initializePic } from '../platform/pic'
import { powerOff } from '../platform/power'
import { seed, below } from '../platform/random'
import { initializeSerial, print, printField, printLine } from '../platform/serial'
import { findForbidden } from './forbidden'
import { faultCount, operationCount } from './outcome'
import { chooseKinds, pokeSomething } from './pokes'

/** Whatever arrives is swallowed: most of it is the guest's own doing. */
export function interrupt(vector: u32, error: u64): bool { return vector >= 32 || vector == 1 || vector == 2 || vector == 3 }

function heartbeat(beat: u64): void {
  initializeSerial() // it may have been poked
  print('hostile')
  printField('beat', beat)
  printField('operations', operationCount())
  printField('faults', faultCount())
  printLine('')
}

export function main(): void {
  initializeSerial()
  initializePic(0x20)
  const second = tscFrequency()
  const seconds = numberArgument('seconds', 60)
  const given = numberArgument('seed', 0)
  const chosen = given ? given : readTsc()
  seed(chosen)
  print('hostile')
  printField('seed', chosen)
  printLine('')
  findForbidden(numberArgument('keep', 1) != 0)
  chooseKinds()
  heartbeat(0)
  let next = readTsc() + second
  for (let beat: u64 = 1; beat <= seconds; beat++) {
    while (readTsc() < next) pokeSomething()
    next += second
    attempt(writeDr7(), 0, 0x400)
    writeControl(8, 0)
    if (below(2)) enableInterrupts()
    else disableInterrupts()
    heartbeat(beat)
  }
  disableInterrupts()
  printLine('hostile done')
  powerOff()
}
