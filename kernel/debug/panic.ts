/** The nucleus's end: what broke, the registers, a backtrace with TypeScript lines; then the machine stops. */
import { expectNobody } from '../cpu/cpu'
import { stopOthers } from '../cpu/kick'
import * as hw from '../hw'
import { commit, logRing, say, startEarly } from '../log/log'
import * as words from '../log/text'
import { backtrace } from './backtrace'
import { exceptionName, ExceptionFrame } from './exception'

let panicking = false
let position: u64 = 0 // where in the log the report begins
let lastWords: (position: u64) => void = (position: u64): void => {}

/** Has `show` bring the log from a position on to where the console's own words no longer come. */
export function setLastWords(show: (position: u64) => void): void { lastWords = show }

/** Starts the report; a panic within a panic stops at once, since what it needs is broken. */
function begin(): void {
  stopOthers()
  expectNobody()
  startEarly()
  if (panicking) {
    say('panic: once more while reporting; stopped')
    hw.stop()
  }
  panicking = true
  position = logRing().end
}

function end(): void {
  say('panic: the machine is stopped; please report the lines above')
  lastWords(position)
  hw.stop()
}

/** A broken invariant, with the frame pointer and the address it was noticed at. */
export function panic(what: string, address: u64, framePointer: u64): void {
  begin()
  words.text('panic: ')
  say(what)
  backtrace(address, framePointer)
  end()
}

/** The same, with UTF-16 text of an AssemblyScript abort. */
export function panicAbort(message: string | null, file: string | null, line: u32): void {
  begin()
  words.text('panic: ')
  words.text(message !== null ? message : 'abort')
  words.text(' at ')
  words.text(file !== null ? file : '?')
  words.byte(0x3A)
  words.decimal(line)
  commit()
  end()
}

/** A CPU exception in the nucleus. */
export function panicException(frame: ExceptionFrame): void {
  begin()
  words.text('panic: ')
  words.text(exceptionName(<u32>frame.vector))
  words.text(' error=')
  words.hex(frame.error)
  words.text(' cr2=')
  words.hex(hw.readCr2(), 16)
  commit()
  register('rip', frame.rip); register('rsp', frame.rsp); register('rflags', frame.rflags); register('cr3', hw.readCr3())
  commit()
  register('rax', frame.rax); register('rbx', frame.rbx); register('rcx', frame.rcx); register('rdx', frame.rdx)
  commit()
  register('rsi', frame.rsi); register('rdi', frame.rdi); register('rbp', frame.rbp); register('r8', frame.r8)
  commit()
  register('r9', frame.r9); register('r10', frame.r10); register('r11', frame.r11); register('r12', frame.r12)
  commit()
  register('r13', frame.r13); register('r14', frame.r14); register('r15', frame.r15)
  commit()
  backtrace(frame.rip, frame.rbp)
  end()
}

function register(name: string, value: u64): void {
  words.byte(0x20)
  words.text(name)
  words.byte(0x3D)
  words.hex(value, 16)
}
