/** Task switches to and from 16-bit TSSs, which an 80286's system software has. Intel SDM vol. 3, 8.6 and figure 8-10; AMD APM vol. 2, 12.2.4. */
import { linear, load32, NoFault } from '../platform/hw'
import { code16, data16, describe, descriptor, Selector } from '../platform/descriptors'
import { Legacy, Low } from '../platform/legacy'
import { registers } from '../platform/registers'
import { equal, subject } from './report'
import { assemble, Ended, fresh, Mode, run, taskState, World } from './run'
import { buildTables, Kind } from './tables'

/** A 16-bit TSS: every field is two bytes. */
namespace Task {
  export const Ip: u32 = 0x0E
  export const Flags: u32 = 0x10
  export const Ax: u32 = 0x12 // then CX, DX, BX, SP, BP, SI, DI
  export const Sp: u32 = 0x1A
  export const Di: u32 = 0x20
  export const Es: u32 = 0x22 // then CS, SS, DS
  export const Cs: u32 = 0x24
  export const Ldt: u32 = 0x2A
}

const other: usize = memory.data(0x2C, 16)
const third: usize = memory.data(0x2C, 16)
const Size: u32 = 0x2C
const Available: u32 = 0x81
const Start: u32 = Low.Free // where the other task begins, and the third 100h further on
@inline const Busy: u64 = 2 << 40
@inline const NestedTask: u64 = 1 << 14
const Ip32: u32 = 0x20 // of the 32-bit TSS that all begin with
const Ecx32: u32 = 0x2C
// In 16-bit code, far pointers have 16-bit offsets.
const JumpThere: string = 'EA 00 00 00 00 68 00'
const CallThere: string = '9A 00 00 00 00 68 00'
// MOVZX ESP, SP: what a 16-bit TSS leaves in the upper half differs, and whoever ends the code uses it.
const Narrow: string = '66 0F B7 E4'
const JumpOn: string = 'EA 00 00 70 00'

function prepare(tss: usize, selector: u32, start: u32, bytes: string): void {
  assemble(assemble(assemble(start, Narrow), bytes), 'CD 31')
  memory.fill(tss, 0, Size)
  store<u16>(tss + Task.Ip, u16(start - Low.Base))
  store<u16>(tss + Task.Flags, 2)
  for (let index: u32 = 0; index < 8; index++) store<u16>(tss + Task.Ax + index * 2, u16(0x1111 * (index + 1)))
  store<u16>(tss + Task.Sp, u16(start - Low.Base + 0x1000))
  for (let field = Task.Es; field <= Task.Es + 6; field += 2) store<u16>(tss + field, u16(data16(0)))
  store<u16>(tss + Task.Cs, u16(code16(0)))
  describe(selector, u32(linear(tss)), Size - 1, Available)
}

function there(bytes: string): void { prepare(other, Selector.OtherTask, Start, bytes) }
function task(): u32 { return load32(Low.Record + Legacy.EndTr) }

/** Vector and error code of what runs in the first task, which is a 32-bit one. */
function outcome(bytes: string): u64 {
  registers.rcx = 0xABCD
  const vector = run(Mode.Protected32, 0, bytes)
  return vector == NoFault ? NoFault : u64(vector) << 16 | Ended.error
}

function testJump(): void {
  subject('task switch by JMP to a 16-bit TSS')
  there('')
  equal('  arrives', outcome(JumpThere), NoFault)
  equal('  TR', task(), Selector.OtherTask)
  equal('  in 16-bit code', Ended.cs, code16(0))
  equal('  instruction pointer', Ended.ip, Start - Low.Base + 6)
  equal('  AX and CX', (registers.rax & 0xFFFF) << 16 | registers.rcx & 0xFFFF, 0x11112222)
  equal('  SI and DI', (registers.rsi & 0xFFFF) << 16 | registers.rdi & 0xFFFF, 0x77778888)
  equal('  SS and SP', u64(Ended.ss) << 16 | Ended.sp & 0xFFFF, u64(data16(0)) << 16 | Start - Low.Base + 0x1000)
  equal('  CR0.TS', load32(Low.Record + Legacy.EndCr0) & 8, 8)
  equal('  the old task\'s instruction pointer', load<u32>(taskState() + Ip32), Low.Code + 7)
  equal('  the old task\'s registers', load<u32>(taskState() + Ecx32), 0xABCD)
  equal('  the old task is free', descriptor(Selector.Task) & Busy, 0)
  equal('  the new task is busy', descriptor(Selector.OtherTask) & Busy, Busy)
}

function testBack(): void {
  subject('task switch by CALL to a 16-bit TSS')
  there('')
  equal('  arrives', outcome(CallThere), NoFault)
  equal('  nested, with a link', (Ended.flags & NestedTask) | load<u16>(other), NestedTask | Selector.Task)
  there('41 CF') // INC CX; IRET
  equal('  IRET goes back', outcome(CallThere), NoFault)
  equal('  to the first task', task(), Selector.Task)
  equal('  at the instruction after the call', Ended.ip, Low.Code + 9)
  equal('  with its own registers', registers.rcx, 0xABCD)
  equal('  the 16-bit TSS has what its task left', u32(load<u16>(other, Task.Ax + 2)) << 16 | load<u16>(other, Task.Ip), 0x2223 << 16 | Start - Low.Base + 6)
  equal('  and is free', descriptor(Selector.OtherTask) & Busy, 0)
}

function testOn(): void {
  subject('task switch from one 16-bit TSS to another')
  there(JumpOn)
  prepare(third, Selector.ThirdTask, Start + 0x100, '')
  equal('  arrives', outcome(JumpThere), NoFault)
  equal('  TR', task(), Selector.ThirdTask)
  equal('  the first one has its segments', u32(load<u16>(other, Task.Es)) << 16 | load<u16>(other, Task.Cs), u32(data16(0)) << 16 | code16(0))
  equal('  and its instruction pointer', load<u16>(other, Task.Ip), Start - Low.Base + 9)
  equal('  and its registers', load<u16>(other, Task.Di), 0x8888)
  // The static fields stay as they are: the LDT is not saved.
  equal('  and no more', load<u16>(other, Task.Ldt), 0)
}

function testRefused(): void {
  subject('task switch to a 16-bit TSS refused')
  there('')
  describe(Selector.OtherTask, u32(linear(other)), 0x2A, Available)
  equal('  #TS of one too short', outcome(JumpThere), 10 << 16 | Selector.OtherTask)
  describe(Selector.OtherTask, u32(linear(other)), Size - 1, 0x83)
  equal('  #GP of a busy one', outcome(JumpThere), 13 << 16 | Selector.OtherTask)
  describe(Selector.OtherTask, u32(linear(other)), Size - 1, 0x01)
  equal('  #NP of one that is not present', outcome(JumpThere), 11 << 16 | Selector.OtherTask)
}

/** It has no CR3: the page tables are those of before. */
function testPaging(): void {
  subject('task switch to a 16-bit TSS with paging')
  World.cr3 = u32(buildTables(Kind.TwoLevel))
  World.cr4 = 0x610
  World.cr0 = 0x80000031
  there('0F 20 DA') // MOV EDX, CR3
  equal('  arrives', outcome(JumpThere), NoFault)
  equal('  CR3 stays', registers.rdx, World.cr3)
  fresh()
}

export function testTasks16(): void {
  fresh()
  testJump()
  testBack()
  testOn()
  testRefused()
  testPaging()
}
