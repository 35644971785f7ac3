/** Why a sandbox's call was ended. */
import * as hw from '../hw'
import { Exception } from '../../capability/exception'
import { ExceptionFrame, exceptionName } from '../debug/exception'
import { appendAddress } from '../debug/backtrace'
import * as words from '../log/text'
import { Capabilities } from '../security/capabilities'
import { inStackGuard } from './stack'

/** Gate status: 1–15 are wasm2c's traps (boot/wasm-rt.h), 64 + n is exception n. */
export namespace TrapReason {
  export const Watchdog: u32 = 32
  export const MissingExport: u32 = 33
  export const Exception: u32 = 64
}

const Unreachable: u32 = 5
/** Page 0 of a sandbox is never mapped. */
const NullPageBytes: u64 = 4096

let reason: u32 = 0
let address: u64 = 0
let faultAddress: u64 = 0
// What AssemblyScript's abort said, ahead of the trap that follows it, and which sandbox it was.
const abortText: usize = memory.data(192)
let abortLength: u32 = 0
let aborted: u32 = 0

export function recordTrap(why: u32, at: u64): void {
  reason = why
  address = at
}

export function recordException(frame: ExceptionFrame): void {
  recordTrap(TrapReason.Exception + <u32>frame.vector, frame.rip)
  faultAddress = hw.readCr2()
}

/** A call of what the module does not export. */
export function recordMissingExport(): void { recordTrap(TrapReason.MissingExport, 0) }

/** Text of an abort of the sandbox `subject`. It may go on instead, so another's trap must not be given these words. */
export function recordAbort(subject: u32, text: usize, length: u32): void {
  aborted = subject
  abortLength = min(length, 192)
  memory.copy(abortText, text, abortLength)
}

/** Writes the last trap, of the sandbox `box`, in words to `target`; returns the length. */
export function describeTrap(target: usize, capacity: u32, box: Capabilities): u32 {
  if (reason == Unreachable && abortLength > 0 && aborted == box.subject) {
    words.text('abort: ')
    words.bytes(abortText, abortLength)
  } else if (reason == TrapReason.Exception + Exception.PageFault) appendPageFault(faultAddress, box.linear)
  else words.text(reason >= TrapReason.Exception ? exceptionName(reason - TrapReason.Exception) : trapName(reason))
  if (address != 0) {
    words.text(' in ')
    appendAddress(address)
  }
  if (aborted == box.subject) abortLength = 0
  return words.take(target, capacity)
}

function appendPageFault(at: u64, linear: u64): void {
  if (inStackGuard(at)) {
    words.text('call stack exhausted')
    return
  }
  const index = at - linear
  words.text(index < NullPageBytes ? 'null reference: access at ' : 'access outside its memory, at ')
  words.hex(index)
  words.byte(0x68)
}

function trapName(why: u32): string {
  switch (why) {
    case 1: return 'access out of bounds'
    case 2: return 'integer overflow'
    case 3: return 'division by zero'
    case 4: return 'invalid conversion'
    case Unreachable: return 'unreachable code reached'
    case 6: return 'indirect call of a wrong function'
    case 8: return 'unaligned access'
    case 9: return 'null reference'
    case 10: return 'call stack exhausted'
    case TrapReason.Watchdog: return 'the watchdog stopped a call that did not return'
    case TrapReason.MissingExport: return 'it does not export what is called'
  }
  return 'trap'
}
