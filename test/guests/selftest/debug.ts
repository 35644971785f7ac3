/** Debug registers: breakpoints, watchpoints and single steps, and that nobody else's values show. Intel SDM vol. 3, chapter 17. */
import { faultInstruction, linear, NoFault, readControl, writeControl } from '../platform/hw'
import {
  attempt, readDr0, readDr1, readDr2, readDr3, readDr4, readDr6, readDr7, result, writeDr0, writeDr1, writeDr2, writeDr3, writeDr6, writeDr7,
} from '../platform/instructions'
import { debugRead, debugTarget, debugWrite, faultIcebp, moveToSs, singleStep } from './code'
import { equal, equalOnProcessor, holds, subject } from './report'

@inline const Debug: u32 = 1 // #DB
@inline const Quiet: u64 = 0x400 // DR7 at reset

const watched: usize = memory.data(16, 16)

function value(code: u64): u64 {
  attempt(code)
  return result()
}

/** The watchpoint's registers are set up, the code runs, and DR6's low bits are returned when #DB came. */
function trap(code: u64, rdi: u64): u64 {
  attempt(writeDr6(), 0, 0xFFFF0FF0)
  const vector = attempt(code, rdi)
  return vector == Debug ? value(readDr6()) & 0xE00F : 0x10000 + u64(vector)
}

export function testDebug(): void {
  subject('debug registers')
  equal('  DR7 at the start', value(readDr7()), Quiet)
  attempt(writeDr0(), 0, 0x1111111111111111 & 0x7FFFFFFFFFFF)
  attempt(writeDr1(), 0, 0x2222)
  attempt(writeDr2(), 0, 0x3333)
  attempt(writeDr3(), 0, 0x4444)
  equal('  DR0 is kept', value(readDr0()), 0x1111111111111111 & 0x7FFFFFFFFFFF)
  equal('  DR1 is kept', value(readDr1()), 0x2222)
  equal('  DR2 is kept', value(readDr2()), 0x3333)
  equal('  DR3 is kept', value(readDr3()), 0x4444)
  attempt(writeDr6(), 0, 0)
  equalOnProcessor('  DR6 has ones where they are fixed', value(readDr6()) & 0xFFFF0FF0, 0xFFFF0FF0)
  equalOnProcessor('  DR7 takes no upper half', attempt(writeDr7(), 0, u64(1) << 32), 13)
  attempt(writeDr7(), 0, Quiet)

  const target = linear(watched)
  attempt(writeDr0(), 0, debugTarget())
  attempt(writeDr7(), 0, Quiet | 2)
  equal('instruction breakpoint', trap(debugTarget(), 0), 1)
  equal('  before the instruction', faultInstruction(), debugTarget())
  attempt(writeDr7(), 0, Quiet)
  equal('  off again', attempt(debugTarget()), NoFault)

  attempt(writeDr1(), 0, target)
  attempt(writeDr7(), 0, Quiet | 8 | 0xD << 20) // DR1: global, 4 bytes, writes
  equal('watchpoint on writes', trap(debugWrite(), target), 2)
  holds('  after the instruction', faultInstruction() > debugWrite())
  equal('  silent on reads', attempt(debugRead(), target), NoFault)
  equal('  silent beside it', attempt(debugWrite(), target + 8), NoFault)
  attempt(writeDr7(), 0, Quiet | 8 | 0xF << 20) // reads and writes
  equal('watchpoint on reads', trap(debugRead(), target), 2)
  attempt(writeDr7(), 0, Quiet)

  equal('single step', trap(singleStep(), 0), 0x4000)
  equalOnProcessor('ICEBP', attempt(faultIcebp()), Debug)
  equalOnProcessor('  after the instruction', faultInstruction(), faultIcebp() + 1)
  equal('single step over MOV to SS', trap(moveToSs(), 0), 0x4000)

  attempt(writeDr7(), 0, Quiet | 1 << 13) // GD
  equalOnProcessor('general detect', attempt(readDr0()), Debug)
  attempt(writeDr7(), 0, Quiet)
  equalOnProcessor('  says so in DR6', value(readDr6()) & 0x2000, 0x2000)
  const control = readControl(4)
  writeControl(4, control | 8) // DE
  equal('DR4 with debug extensions', attempt(readDr4()), 6)
  writeControl(4, control & ~8)
  equal('DR4 without is DR6', value(readDr4()), value(readDr6()))
  writeControl(4, control)
  attempt(writeDr0(), 0, 0x5A5A0000)
  attempt(writeDr1(), 0, 0x5A5A1000)
  attempt(writeDr2(), 0, 0x5A5A2000)
  attempt(writeDr3(), 0, 0x5A5A3000)
}

/** At the end: what was set above must not have been anybody else's to change. */
export function testDebugKept(): void {
  subject('debug registers at the end')
  equal('  DR0', value(readDr0()), 0x5A5A0000)
  equal('  DR1', value(readDr1()), 0x5A5A1000)
  equal('  DR2', value(readDr2()), 0x5A5A2000)
  equal('  DR3', value(readDr3()), 0x5A5A3000)
  equal('  DR7', value(readDr7()), Quiet)
}
