/** Hardware task switches: by far jump and call, by task gate, back by IRET. Intel SDM vol. 3, chapter 8. */
import { linear, load32, NoFault } from '../platform/hw'
import { code32, data, describe, descriptor, Selector, setDescriptor } from '../platform/descriptors'
import { attempt, readDr6, result, writeDr6 } from '../platform/instructions'
import { Legacy, Low, protectedStub, setProtectedGate } from '../platform/legacy'
import { registers } from '../platform/registers'
import { equal, equalOnProcessor, subject } from './report'
import { assemble, Ended, fresh, Mode, protectedTable, run, taskState, World } from './run'
import { buildTables, Kind } from './tables'

/** A 32-bit TSS. Intel SDM vol. 3, figure 8-2. */
namespace Task {
  export const Link: u32 = 0x00
  export const Esp0: u32 = 0x04
  export const Ss0: u32 = 0x08
  export const Cr3: u32 = 0x1C
  export const Eip: u32 = 0x20
  export const Eflags: u32 = 0x24
  export const Eax: u32 = 0x28
  export const Ecx: u32 = 0x2C
  export const Esp: u32 = 0x38
  export const Es: u32 = 0x48 // then CS, SS, DS, FS, GS
  export const Cs: u32 = 0x4C
  export const Ldt: u32 = 0x60
  export const Trap: u32 = 0x64
}

const other: usize = memory.data(0x68, 16)
const Size: u32 = 0x68
const Start: u32 = Low.Free // where the other task begins
const StackTop: u32 = Low.Free + 0x1000
@inline const Busy: u64 = 2 << 40
@inline const NestedTask: u64 = 1 << 14
const JumpThere: string = 'EA 00 00 00 00 68 00'
const CallThere: string = '9A 00 00 00 00 68 00'

function at(field: u32): usize { return other + field }

/** The other task, in a ring, with this code. */
function prepare(ring: u32, bytes: string): void {
  assemble(assemble(Start, bytes), 'CD 31')
  memory.fill(other, 0, Size)
  store<u32>(at(Task.Eip), Start)
  store<u32>(at(Task.Eflags), 2)
  store<u32>(at(Task.Eax), 0x1234)
  store<u32>(at(Task.Ecx), 0x5678)
  store<u32>(at(Task.Esp), StackTop)
  store<u32>(at(Task.Esp0), Low.InnerStack)
  store<u32>(at(Task.Ss0), Selector.Data)
  for (let field = Task.Es; field <= Task.Es + 20; field += 4) store<u32>(at(field), data(ring))
  store<u32>(at(Task.Cs), code32(ring))
  store<u32>(at(Task.Cr3), World.cr3)
  store<u16>(at(Task.Trap) + 2, u16(Size))
  describe(Selector.OtherTask, u32(linear(other)), Size - 1, 0x89 | ring << 5)
}

function task(): u32 { return load32(Low.Record + Legacy.EndTr) }
function saved(field: u32): u32 { return load<u32>(taskState() + field) }

/** Vector and error code of what runs in the first task. */
function outcome(ring: u32, bytes: string): u64 {
  registers.rdi = Low.Data
  const vector = run(Mode.Protected32, ring, bytes)
  return vector == NoFault ? NoFault : u64(vector) << 16 | Ended.error
}

function testJump(): void {
  subject('task switch by JMP')
  prepare(0, '')
  equal('  arrives', outcome(0, JumpThere), NoFault)
  equal('  TR', task(), Selector.OtherTask)
  equal('  instruction pointer', Ended.ip, Start + 2)
  equal('  registers', registers.rax << 16 | registers.rcx, 0x12345678)
  equal('  stack', Ended.sp, StackTop)
  equal('  CR0.TS', load32(Low.Record + Legacy.EndCr0) & 8, 8)
  equal('  the old task\'s instruction pointer', saved(Task.Eip), Low.Code + 7)
  equal('  the old task is free', descriptor(Selector.Task) & Busy, 0)
  equal('  the new task is busy', descriptor(Selector.OtherTask) & Busy, Busy)
  equal('  no nesting', Ended.flags & NestedTask, 0)
  prepare(3, '')
  equal('  from ring 3 to ring 3', outcome(3, JumpThere), NoFault)
  equal('  its code segment', Ended.cs, code32(3))
  prepare(0, '')
  equal('  from ring 3 to a task of ring 0 is #GP', outcome(3, JumpThere), 13 << 16 | Selector.OtherTask)
}

function testCall(): void {
  subject('task switch by CALL')
  prepare(0, '')
  equal('  arrives', outcome(0, CallThere), NoFault)
  equal('  nested', Ended.flags & NestedTask, NestedTask)
  equal('  link', load<u16>(other), Selector.Task)
  equal('  the old task stays busy', descriptor(Selector.Task) & Busy, Busy)
  prepare(0, 'CF')
  registers.rbx = 0xABCD
  equal('  IRET goes back', outcome(0, '9A 00 00 00 00 68 00 43'), NoFault) // CALL; INC EBX
  equal('  to the first task', task(), Selector.Task)
  equal('  after the call', registers.rbx, 0xABCE)
  equal('  nested no more', Ended.flags & NestedTask, 0)
  equal('  the other task is free', descriptor(Selector.OtherTask) & Busy, 0)
}

function testGates(): void {
  const table = protectedTable()
  subject('task gate')
  prepare(0, '')
  setProtectedGate(table, 0x20, Selector.OtherTask, 0, 0xE5)
  for (let ring: u32 = 0; ring < 4; ring += 3) {
    prepare(0, '')
    equal('  for INT n', outcome(ring, 'CD 20'), NoFault)
    equal('  TR', task(), Selector.OtherTask)
    equal('  the old task goes on after INT', saved(Task.Eip), Low.Code + 2)
  }
  prepare(0, 'CF')
  equal('  and back by IRET', outcome(3, 'CD 20 90'), NoFault)
  equal('  to the first task', task(), Selector.Task)
  prepare(0, '')
  World.flags = 2 | 3 << 12
  run(Mode.Virtual, 3, 'CD 20')
  World.flags = 2
  equal('  from virtual-8086 mode', task(), Selector.OtherTask)
  equal('  which is kept', saved(Task.Eflags) & 0x20000, 0x20000)
  setProtectedGate(table, 0x20, Selector.Code32, protectedStub(0x20), 0x8E)

  setProtectedGate(table, 13, Selector.OtherTask, 0, 0x85)
  prepare(0, '')
  registers.rax = 0x1238
  equal('  for #GP', outcome(3, '8E D8'), NoFault)
  equal('  TR', task(), Selector.OtherTask)
  equal('  error code on its stack', load32(StackTop - 4), 0x1238)
  equal('  the old task stays at its instruction', saved(Task.Eip), Low.Code)
  setProtectedGate(table, 13, Selector.Code32, protectedStub(13), 0x8E)

  setProtectedGate(table, 8, Selector.OtherTask, 0, 0x85)
  setProtectedGate(table, 14, 0, 0, 0)
  setProtectedGate(table, 13, 0, 0, 0)
  prepare(0, '')
  registers.rax = 0x1238
  equal('  for #DF', outcome(3, '8E D8'), NoFault)
  equal('  TR', task(), Selector.OtherTask)
  equal('  error code on its stack', load32(StackTop - 4), 0)
  for (let vector: u32 = 8; vector < 15; vector++) setProtectedGate(table, vector, Selector.Code32, protectedStub(vector), 0x8E)

  setDescriptor(Selector.Spare, u64(Selector.OtherTask) << 16 | u64(0xE5) << 40)
  prepare(0, '')
  equal('  for a far call', outcome(3, '9A 00 00 00 00 83 00'), NoFault)
  equal('  TR', task(), Selector.OtherTask)
}

function testRefused(): void {
  subject('task switch refused')
  prepare(0, '')
  describe(Selector.OtherTask, u32(linear(other)), 0x66, 0x89)
  equal('  #TS of a TSS too short', outcome(0, JumpThere), 10 << 16 | Selector.OtherTask)
  describe(Selector.OtherTask, u32(linear(other)), Size - 1, 0x09)
  equal('  #NP of one that is not present', outcome(0, JumpThere), 11 << 16 | Selector.OtherTask)
  describe(Selector.OtherTask, u32(linear(other)), Size - 1, 0x8B)
  equal('  #GP of a busy one', outcome(0, JumpThere), 13 << 16 | Selector.OtherTask)
  prepare(0, '')
  store<u32>(at(Task.Ldt), Selector.Data)
  equalOnProcessor('  #TS of an LDT that is none', outcome(0, JumpThere), 10 << 16 | Selector.Data)
  equal('  in the new task', task(), Selector.OtherTask)
  equalOnProcessor('  before its first instruction', Ended.ip, Start)
  prepare(0, '')
  store<u32>(at(Task.Cs), Selector.Data)
  equalOnProcessor('  #TS of code that is none', outcome(0, JumpThere), 10 << 16 | Selector.Data)
  prepare(0, '')
  World.flags = 2 | u32(NestedTask)
  store<u32>(taskState(), Selector.Data)
  equal('  #TS of IRET to a task that is none', outcome(0, 'CF'), 10 << 16 | Selector.Data)
  World.flags = 2
}

/** CR3 comes from the TSS, and the debug trap that it may ask for. */
function testMore(): void {
  subject('task switch')
  World.cr3 = u32(buildTables(Kind.TwoLevel))
  World.cr4 = 0x610
  World.cr0 = 0x80000031
  prepare(0, '0F 20 D8') // MOV EAX, CR3
  equal('  with paging', outcome(0, JumpThere), NoFault)
  equal('  CR3 is the TSS\'s', registers.rax, World.cr3)
  fresh()
  prepare(0, '90')
  store<u8>(at(Task.Trap), 1)
  attempt(writeDr6(), 0, 0xFFFF0FF0)
  equalOnProcessor('  #DB of the T flag', outcome(0, JumpThere), 1 << 16)
  attempt(readDr6())
  equalOnProcessor('  DR6.BT', result() & 0x8000, 0x8000)
  attempt(writeDr6(), 0, 0xFFFF0FF0)
}

export function testTasks(): void {
  fresh()
  testJump()
  testCall()
  testGates()
  testRefused()
  testMore()
}
