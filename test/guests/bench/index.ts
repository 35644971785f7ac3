/**
 * Measures with the TSC what an exit of each kind costs, prints `bench NAME ticks=N median=M` and switches off. Under `-icount shift=0` a tick
 * is an instruction. The cost of reading the TSC twice is taken off. It takes a second. Command line: `measure=` exits | ipis, for which it needs a second
 * processor | turns, for which it needs another VM that does the same | reads, for which it needs a disk | frames, for which it needs two
 * interfaces to one network | balloon, for which it needs memory that can change: 128 MiB at most, of which it is to keep 64.
 */
import { argumentIs } from '../platform/arguments'
import { initializePic } from '../platform/pic'
import { setGate } from '../platform/hw'
import { enableApic, enableX2apic, hasApic, hasTscDeadline, hasX2apic } from '../platform/localapic'
import { powerOff } from '../platform/power'
import { median, setSample, smallest } from '../platform/samples'
import { flush, initializeSerial, print, printField, printLine } from '../platform/serial'
import { x2apicHandler, timedHandler, xapicHandler } from './code'
import { hasTscAdjust, Kind, once, prepareDeadline, Vector } from './kinds'
import { measureBalloon } from './balloon'
import { measureFrames } from './frames'
import { measureReads } from './reads'
import { answer, Answering, setAnswering, startSecond } from './second'
import { takeTurns } from './turns'

const WarmUp: u32 = 32
const Rounds: u32 = 256

const samples: usize = memory.data(Rounds * 8, 8)

export function interrupt(vector: u32, error: u64): bool { return false }
export function processor(id: u32): void { answer() }

function measure(kind: u32): void {
  for (let round: u32 = 0; round < WarmUp; round++) once(kind)
  for (let round: u32 = 0; round < Rounds; round++) setSample(samples, round, once(kind))
}

let overhead: u64 = 0

function bench(name: string, kind: u32): void {
  measure(kind)
  print('bench ')
  print(name)
  const least = smallest(samples, Rounds)
  const middle = median(samples, Rounds)
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
  overhead = smallest(samples, Rounds)
  print('bench overhead')
  printField('ticks', overhead)
  printLine('')

  if (argumentIs('measure', 'ipis')) measureIpis()
  else if (argumentIs('measure', 'turns')) takeTurns()
  else if (argumentIs('measure', 'reads')) measureReads(overhead)
  else if (argumentIs('measure', 'frames')) measureFrames(overhead)
  else if (argumentIs('measure', 'balloon')) measureBalloon(overhead)
  else measureExits()
  printLine('bench done')
  powerOff()
}

function measureExits(): void {
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

  if (!hasApic()) return skip('apic', 'CPUID has no local APIC')
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
}

function measureIpis(): void {
  enableApic()
  setGate(Vector.Ipi, xapicHandler())
  startSecond()
  bench('ipi', Kind.Ipi)
  setAnswering(Answering.Halted)
  bench('ipi-halted', Kind.Ipi)
}
