/**
 * What STI and MOV to SS hold back for one instruction: interrupts, NMIs and debug traps, over instructions that a hypervisor carries out. Intel
 * SDM vol. 3, 6.8.3 and 18.3.1.4; AMD APM vol. 2, 8.1.4 and 15.21.5.
 */
import { linear } from '../platform/hw'
import { Apic, DeliverNmi, enableApic, endOfInterrupt, hasApic, readApic, writeApic } from '../platform/localapic'
import { attempt, readDr6, result, writeDr0, writeDr6, writeDr7 } from '../platform/instructions'
import { data, data16 } from '../platform/descriptors'
import { Low } from '../platform/legacy'
import { registers } from '../platform/registers'
import { forget, taken, Vector, waitFor } from './interrupts'
import { equal, equalOnProcessor, skip, subject } from './report'
import { Ended, fresh, isNarrow, Mode, modeName, run, World } from './run'

@inline const Hpet: u64 = 0xFED00000
@inline const CommandRegister: u64 = 0xFEE00300
@inline const Quiet: u64 = 0x400 // DR7
@inline const Step: u64 = 0x4000 // DR6.BS
@inline const First: u64 = 1 // DR6.B0
const LegacyVector: u32 = 0x23
const StoreCommand: string = '89 06' // MOV [RSI], EAX: to the interrupt command register

const operand: usize = memory.data(16, 16)

/** What SS holds in ring 0 of a mode, and in virtual-8086 mode. */
function stackSelector(mode: u32): u32 { return mode >= Mode.Real ? Low.Segment : isNarrow(mode) ? data16(0) : data(0) }

function at(mode: u32): u64 { return Ended.ip - (isNarrow(mode) ? Low.Code - Low.Base : Low.Code) }

/** Interrupts that the code itself sends with `command`: how often it was taken before the code's own CLI. */
function takenOf(bytes: string, vector: u32): u32 {
  forget()
  writeApic(Apic.CommandHigh, readApic(Apic.Id) & 0xFF000000)
  registers.rsi = CommandRegister
  registers.rax = vector
  registers.rbx = data(0)
  run(Mode.Long, 0, bytes)
  const count = taken(vector)
  waitFor(vector, 1, 10000)
  return count
}

function testInterrupts(): void {
  subject('interrupt that an instruction in a shadow raises')
  equal('  after STI, a store to the local APIC', takenOf('FB ' + StoreCommand + ' FA', Vector.Ipi), 1)
  equal('  not where the store is before STI and CLI follows', takenOf(StoreCommand + ' FB FA', Vector.Ipi), 0)
  World.flags = 0x202
  equal('  after MOV to SS, a store to the local APIC', takenOf('8E D3 ' + StoreCommand + ' FA', Vector.Ipi), 1)
  World.flags = 2
  // Of a row of such instructions only the first is sure to hold it back.
  equal('  once after STI, MOV to SS and another', takenOf(StoreCommand + ' FB 8E D3 90 FA', Vector.Ipi), 1)
}

/** Where the instruction pointer is when the code's own NMI or interrupt comes, in protected mode, whose table ends the code. */
function comesAt(bytes: string, command: u32, flags: u32): u64 {
  writeApic(Apic.CommandHigh, readApic(Apic.Id) & 0xFF000000)
  registers.rsi = CommandRegister
  registers.rax = command
  registers.rbx = data(0)
  World.flags = flags
  const vector = run(Mode.Protected32, 0, bytes)
  World.flags = 2
  return at(Mode.Protected32) << 8 | vector
}

function testPlaces(): void {
  subject('NMI')
  equal('  that a store raises comes after it', comesAt(StoreCommand + ' 90 90', DeliverNmi, 2), 2 << 8 | 2)
  equal('  raised in the shadow of MOV to SS comes when that is over', comesAt('8E D3 ' + StoreCommand + ' 90 90', DeliverNmi, 2), 4 << 8 | 2)
  subject('interrupt')
  equal('  that a store raises comes after it', comesAt(StoreCommand + ' 90 90', LegacyVector, 0x202), 2 << 8 | LegacyVector)
  endOfInterrupt()
  equal('  raised in the shadow of MOV to SS comes when that is over', comesAt('8E D3 ' + StoreCommand + ' 90 90', LegacyVector, 0x202), 4 << 8 | LegacyVector)
  endOfInterrupt()
  equal('  waits for STI and one instruction more', comesAt(StoreCommand + ' 90 FB 90 90', LegacyVector, 2), 5 << 8 | LegacyVector)
  endOfInterrupt()
  equal('  waits for STI and CPUID', comesAt(StoreCommand + ' FB 0F A2 90', LegacyVector, 2), 5 << 8 | LegacyVector)
  endOfInterrupt()
}

function status(): u64 {
  attempt(readDr6())
  return result() & 0xE00F
}

/** #DB at `length` with `cause`, after code that begins with MOV to SS. */
function traps(mode: u32, bytes: string, length: u64, cause: u64, watched: u64 = 0, onProcessor: bool = false): void {
  attempt(writeDr0(), 0, watched)
  attempt(writeDr6(), 0, 0xFFFF0FF0)
  attempt(writeDr7(), 0, watched ? Quiet | 2 | 7 << 16 : Quiet) // two bytes, written or read
  registers.rax = stackSelector(mode)
  registers.rcx = 0x10
  registers.rdx = 0x3FF // the UART's scratch register
  registers.rsi = watched ? watched : Hpet
  const vector = run(mode, mode == Mode.Virtual ? 3 : 0, bytes)
  attempt(writeDr7(), 0, Quiet)
  const got = at(mode) << 32 | u64(vector) << 16 | status(), expected = length << 32 | 1 << 16 | cause
  if (onProcessor) equalOnProcessor(modeName(mode, false), got, expected)
  else equal(modeName(mode, false), got, expected)
}

function steps(name: string, bytes: string, length: u64, to: u32, onProcessor: bool = false): void {
  subject(name)
  World.flags = 0x102
  for (let mode = Mode.Long; mode <= to; mode++) traps(mode, bytes, length, Step, 0, onProcessor)
  World.flags = 2
}

function testTraps(): void {
  steps('single step over MOV to SS and NOP', '8E D0 90 90', 3, Mode.Virtual)
  steps('single step over MOV to SS and CPUID', '8E D0 0F A2 90', 4, Mode.Virtual)
  steps('single step over MOV to SS and IN', '8E D0 EC 90', 3, Mode.Real)
  steps('single step over MOV to SS and RDMSR', '8E D0 0F 32 90', 4, Mode.Real)
  // STI holds interrupts back and no traps. QEMU has it hold back both, and a watchpoint's trap come before the shadow is over.
  steps('single step over STI', 'FB 90 90', 1, Mode.Real, true)
  subject('single step over MOV to SS and a load from a device')
  World.flags = 0x102
  traps(Mode.Long, '8E D0 8B 06 90', 4, Step)
  traps(Mode.Protected32, '8E D0 8B 06 90', 4, Step)
  World.flags = 2
  store<u16>(operand, u16(data(0)))
  subject('watchpoint on the operand of MOV to SS and NOP')
  traps(Mode.Long, '8E 16 90 90', 3, First, linear(operand), true)
  traps(Mode.Protected32, '8E 16 90 90', 3, First, linear(operand), true)
  subject('watchpoint on the operand of MOV to SS and CPUID')
  traps(Mode.Long, '8E 16 0F A2 90', 4, First, linear(operand), true)
  traps(Mode.Protected32, '8E 16 0F A2 90', 4, First, linear(operand), true)
}

export function testShadows(): void {
  if (!hasApic()) return skip('shadows', 'no local APIC')
  enableApic()
  fresh()
  testInterrupts()
  testPlaces()
  testTraps()
  fresh()
}
