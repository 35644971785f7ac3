/**
 * Measures with the TSC what an exit of each kind costs, prints `bench NAME ticks=N median=M` and switches off. Under `-icount shift=0` a tick
 * is an instruction. The cost of reading the TSC twice is taken off. It takes a second.
 */
import { initializePic } from '../platform/pic'
import { setGate } from '../platform/hw'
import { enableApic, enableX2apic, hasApic, hasTscDeadline, hasX2apic } from '../platform/localapic'
import { powerOff } from '../platform/power'
import { flush, initializeSerial, print, printField, printLine } from '../platform/serial'
import { x2apicHandler, timedHandler, xapicHandler } from './code'
import { hasTscAdjust, Kind, once, prepareDeadline, Vector } from './kinds'
import { median, Rounds, samples, smallest } from './samples'

const WarmUp: u32 = 32

export function interrupt(vector: u32, error: u64): bool { return false }

function measure(kind: u32): void {
  for (let round: u32 = 0; round < WarmUp; round++) once(kind)
  for (let round: u32 = 0; round < Rounds; round++) store<u64>(samples + (<usize>round << 3), once(kind))
}

let overhead: u64 = 0

function bench(name: string, kind: u32): void {
  measure(kind)
  print('bench ')
  print(name)
  const least = smallest()
  const middle = median()
  printField('ticks', least > overhead ? least - overhead : 0)
  printField('median', middle > overhead ? middle - overhead : 0)
  printLine('')
  flush()
}

function skip(name: string, reason: string): void {
  print('bench ')
  print(name)
  print(' skip: ')
  printLine(reason)
}

export function main(): void {
  initializeSerial()
  initializePic(0x20)
  measure(Kind.Nothing)
  overhead = smallest()
  print('bench overhead')
  printField('ticks', overhead)
  printLine('')

  bench('thousand', Kind.Thousand)
  bench('cpuid', Kind.Cpuid)
  bench('port-read', Kind.PortRead)
  bench('port-write', Kind.PortWrite)
  bench('port-unbacked', Kind.PortUnbacked)
  bench('mmio-read', Kind.MmioRead)
  bench('mmio-read-ioapic', Kind.MmioReadIoApic)
  bench('mmio-write', Kind.MmioWrite)
  bench('rdmsr-apic-base', Kind.ReadApicBase)
  if (hasTscAdjust()) bench('tsc-adjust-write', Kind.TscAdjust)
  else skip('tsc-adjust-write', 'CPUID has no TSC_ADJUST')

  if (!hasApic()) return finish('CPUID has no local APIC')
  enableApic()
  setGate(Vector.Ipi, xapicHandler())
  bench('apic-read', Kind.ApicRead)
  bench('xapic-self-ipi', Kind.XapicSelfIpi)
  setGate(Vector.Timer, timedHandler())
  bench('hlt-wake', Kind.HaltWake)
  if (hasTscDeadline()) {
    setGate(Vector.Timer, xapicHandler())
    prepareDeadline()
    bench('tsc-deadline', Kind.Deadline)
  } else skip('tsc-deadline', 'CPUID has no TSC-deadline timer')
  if (hasX2apic()) {
    enableX2apic()
    setGate(Vector.Ipi, x2apicHandler())
    bench('x2apic-self-ipi', Kind.X2apicSelfIpi)
  } else skip('x2apic-self-ipi', 'CPUID has no x2APIC')
  finish('')
}

function finish(reason: string): void {
  if (reason.length) skip('apic', reason)
  printLine('bench done')
  powerOff()
}
