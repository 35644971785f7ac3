/** The lines that a test prints: `ok NAME`, `skip NAME: WHY`, or `FAIL NAME: expected …, got …`. */
import { argumentIs } from '../platform/arguments'
import { cpuid } from '../platform/hw'
import { print, printDecimal, printHex, printLine, put } from '../platform/serial'

let emulated: bool = false

/** Says that the processor is QEMU's, found out by something that only it gets wrong. */
export function setEmulated(yes: bool): void { emulated = yes }

export function processorEmulated(): bool { return emulated }

let passed: u32 = 0
let failed: u32 = 0
let skipped: u32 = 0

/** Whether this is QEMU's own emulation with no hypervisor in between: it leaves out checks that processors make. */
export function onEmulator(): bool { return cpuid(0x40000000, 0, 1) == 0x54474354 } // 'TCGT'

/** Whether this is a guest of Bochs' SVM, which some of it ends: the command line says so. */
export function onBochsSvm(): bool { return argumentIs('processor', 'bochs-svm') }

let current: string = ''

/** Says what the following indented names are about, until a name that is not indented. */
export function subject(name: string): void { current = name }

/** Prints a name; one that is indented goes on about the last that was not. */
function printName(name: string): void {
  const continues = name.charCodeAt(0) == 0x20
  if (!continues) current = name
  print(current)
  if (!continues) return
  put(0x3A)
  for (let i = 1; i < name.length; i++) put(name.charCodeAt(i))
}

function ok(name: string): void {
  passed++
  print('ok ')
  printName(name)
  printLine('')
}

function fail(name: string, got: u64, expected: u64): void {
  failed++
  print('FAIL ')
  printName(name)
  print(': expected ')
  printHex(expected)
  print(', got ')
  printHex(got)
  printLine(' (hexadecimal)')
}

/** The value must be this one. */
export function equal(name: string, got: u64, expected: u64): void {
  if (got == expected) return ok(name)
  fail(name, got, expected)
}

/** The value must lie between two others, both included. */
export function between(name: string, got: u64, low: u64, high: u64): void {
  if (got >= low && got <= high) return ok(name)
  failed++
  print('FAIL ')
  printName(name)
  print(': expected ')
  printDecimal(low)
  print(' to ')
  printDecimal(high)
  print(', got ')
  printDecimal(got)
  printLine('')
}

/** The condition must hold. */
export function holds(name: string, condition: bool): void { equal(name, condition, 1) }

/** This cannot be tested here. */
export function skip(name: string, reason: string): void {
  skipped++
  print('skip ')
  printName(name)
  print(': ')
  printLine(reason)
}

/** As `equal`, for what a processor itself checks: skipped where the processor is emulated and does not. */
export function equalOnProcessor(name: string, got: u64, expected: u64): void {
  if (got != expected && emulated) return skip(name, 'the emulator does not check')
  equal(name, got, expected)
}

/** As `equal`, for what a hypervisor must check although the emulator alone does not. */
export function equalUnderHypervisor(name: string, got: u64, expected: u64): void {
  if (got != expected && onEmulator()) return skip(name, 'the emulator does not check')
  equal(name, got, expected)
}

/** The last line: `selftest: N ok, M failed, K skipped`. */
export function summary(): void {
  print('selftest: ')
  printDecimal(passed)
  print(' ok, ')
  printDecimal(failed)
  print(' failed, ')
  printDecimal(skipped)
  printLine(' skipped')
}
