/** The lines that a test prints: `ok NAME`, `skip NAME: WHY`, or `FAIL NAME: got …, expected …`. */
import { cpuid } from '../platform/hw'
import { print, printDecimal, printHex, printLine } from '../platform/serial'

let passed: u32 = 0
let failed: u32 = 0
let skipped: u32 = 0

/** Whether this is QEMU's own emulation with no hypervisor in between: it leaves out checks that processors make. */
export function onEmulator(): bool { return cpuid(0x40000000, 0, 1) == 0x54474354 } // 'TCGT'

function ok(name: string): void {
  passed++
  print('ok ')
  printLine(name)
}

function fail(name: string, got: u64): void {
  failed++
  print('FAIL ')
  print(name)
  print(': got ')
  printHex(got)
}

/** The value must be this one. */
export function equal(name: string, got: u64, expected: u64): void {
  if (got == expected) return ok(name)
  fail(name, got)
  print(', expected ')
  printHex(expected)
  printLine(' (hexadecimal)')
}

/** The value must lie between two others, both included. */
export function between(name: string, got: u64, low: u64, high: u64): void {
  if (got >= low && got <= high) return ok(name)
  failed++
  print('FAIL ')
  print(name)
  print(': got ')
  printDecimal(got)
  print(', expected ')
  printDecimal(low)
  print(' to ')
  printDecimal(high)
  printLine('')
}

/** The condition must hold. */
export function holds(name: string, condition: bool): void { equal(name, condition, 1) }

/** This cannot be tested here. */
export function skip(name: string, reason: string): void {
  skipped++
  print('skip ')
  print(name)
  print(': ')
  printLine(reason)
}

/** As `equal`, but skipped on an emulator that is known not to check. */
export function equalOnProcessor(name: string, got: u64, expected: u64): void {
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
