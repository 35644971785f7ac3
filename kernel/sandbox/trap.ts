/** Why a sandbox's call was ended. */
import * as hw from '../hw'
import { ExceptionFrame, exceptionName } from '../debug/exception'
import { appendAddress } from '../debug/backtrace'
import * as words from '../log/text'

/** Gate status: 1–15 are wasm2c's traps (boot/wasm-rt.h), 64 + n is exception n. */
export namespace TrapReason {
  export const Watchdog: u32 = 32
  export const Requested: u32 = 33 // an administrator's fault injection
  export const Exception: u32 = 64
}

let reason: u32 = 0
let address: u64 = 0
let faultAddress: u64 = 0
// What AssemblyScript's abort said, ahead of the trap that follows it.
const abortText: usize = memory.data(192)
let abortLength: u32 = 0

export function recordTrap(why: u32, at: u64): void {
  reason = why
  address = at
}

export function recordException(frame: ExceptionFrame): void {
  recordTrap(TrapReason.Exception + <u32>frame.vector, frame.rip)
  faultAddress = hw.readCr2()
}

/** UTF-16 text of an abort, made ASCII. */
export function recordAbort(text: usize, length: u32): void {
  abortLength = min(length, 192)
  memory.copy(abortText, text, abortLength)
}

/** Writes the last trap in words to `target`; returns the length. */
export function describeTrap(target: usize, capacity: u32): u32 {
  words.clear()
  if (abortLength > 0) {
    words.text('abort: ')
    words.bytes(abortText, abortLength)
  } else if (reason >= TrapReason.Exception) {
    words.text(exceptionName(reason - TrapReason.Exception))
    if (reason == TrapReason.Exception + 14) {
      words.text(' (memory access outside the sandbox, or stack exhausted) at ')
      words.hex(faultAddress, 16)
    }
  } else words.text(trapName(reason))
  words.text(' in ')
  appendAddress(address)
  abortLength = 0
  const length = min(words.copyTo(target, capacity), capacity)
  words.clear()
  return length
}

function trapName(why: u32): string {
  switch (why) {
    case 1: return 'access out of bounds'
    case 2: return 'integer overflow'
    case 3: return 'division by zero'
    case 4: return 'invalid conversion'
    case 5: return 'unreachable code reached'
    case 6: return 'indirect call of a wrong function'
    case 8: return 'unaligned access'
    case 9: return 'null reference'
    case 10: return 'call stack exhausted'
    case TrapReason.Watchdog: return 'the watchdog stopped a call that did not return'
    case TrapReason.Requested: return 'stopped by the administrator'
  }
  return 'trap'
}
