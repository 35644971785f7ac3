/** A list of what a PC must do, each line `ok`, `skip` or `FAIL`, and a last line that counts them. `only=NAME` runs one group. */
import { argumentIs, hasArgument } from '../platform/arguments'
import { initializePic } from '../platform/pic'
import { powerOff } from '../platform/power'
import { flush, initializeSerial, print, printLine } from '../platform/serial'
import { tscFrequency } from '../platform/clock'
import { testA20 } from './a20'
import { testApic } from './apic'
import { testDebug, testDebugKept } from './debug'
import { testExcursion } from './excursion'
import { findEmulator, testFaults } from './faults'
import { testErrors } from './ferr'
import { testForms } from './forms'
import { testControls } from './controls'
import { testMasking } from './masking'
import { testMmio } from './mmio'
import { testModified } from './modify'
import { testRealMode } from './realmode'
import { testGates } from './gates'
import { received } from './interrupts'
import { initializeRun } from './run'
import { testExceptions } from './exceptions'
import { testNesting } from './nesting'
import { testOffered } from './offered'
import { testPaging } from './paging'
import { testPrivileged } from './privileged'
import { testLines } from './lines'
import { testMachine } from './machine'
import { onBochsSvm, summary } from './report'
import { testShadows } from './shadow'
import { testStartup } from './startup'
import { testState } from './state'
import { testStepping } from './stepping'
import { testTasks } from './tasks'
import { testTasks16 } from './tasks16'
import { testTimers } from './timers'
import { testVirtio } from './virtio'
import { testWake } from './wake'

export function interrupt(vector: u32, error: u64): bool { return received(vector) }

/** Whether a group is to run; names it. */
function group(name: string): bool {
  if (hasArgument('only') && !argumentIs('only', name)) return false
  print('# ')
  printLine(name)
  flush()
  return true
}

export function main(): void {
  initializeSerial()
  initializePic(0x20)
  tscFrequency()
  findEmulator()
  initializeRun()
  if (group('machine')) testMachine()
  if (group('ferr')) testErrors() // before the 8259s are put to other uses
  if (group('a20')) testA20()
  if (group('timers')) testTimers()
  if (group('lines')) testLines()
  if (group('faults')) testFaults()
  if (group('privileged')) testPrivileged()
  if (group('offered')) testOffered()
  if (group('exceptions')) testExceptions()
  if (group('nesting')) testNesting()
  if (group('paging')) testPaging()
  if (!onBochsSvm() && group('stepping')) testStepping()
  if (!onBochsSvm() && group('shadow')) testShadows()
  if (group('gates')) testGates()
  if (group('tasks')) testTasks()
  if (group('tasks16')) testTasks16()
  if (group('controls')) testControls()
  if (group('debug')) testDebug() // what it leaves in the debug registers is looked for at the end
  if (group('mmio')) testMmio()
  if (group('masking')) testMasking()
  if (group('realmode')) testRealMode()
  if (group('modify')) testModified()
  if (group('forms')) testForms()
  if (group('virtio')) testVirtio()
  if (group('apic')) testApic()
  if (group('wake')) testWake()
  if (group('startup')) testStartup()
  if (group('state')) testState()
  if (group('excursion')) testExcursion()
  if (group('debug')) testDebugKept()
  summary()
  powerOff()
}
