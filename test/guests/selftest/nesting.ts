/** Faults in the delivery of faults. Intel SDM vol. 3, 6.15, interrupt 8, and table 6-5. */
import { linear, load64, NoFault, store64 } from '../platform/hw'
import { code32, describe, Selector } from '../platform/descriptors'
import { Low, protectedStub, setProtectedGate } from '../platform/legacy'
import { attempt } from '../platform/instructions'
import { registers } from '../platform/registers'
import { storeInterruptTable } from './code'
import { equal, equalOnProcessor, subject } from './report'
import { Ended, fresh, Mode, pointAtData, protectedTable, run, taskState } from './run'

const pointer: usize = memory.data(16, 8)

/** Address of long mode's gate for a vector. */
function gate(vector: u32): u64 {
  attempt(storeInterruptTable(), linear(pointer))
  return load<u64>(pointer, 2) + vector * 16
}

@inline const Present: u64 = 1 << 47

/** Takes a gate of long mode away or gives it back. */
function present(vector: u32, yes: bool): void {
  const at = gate(vector)
  store64(at, yes ? load64(at) | Present : load64(at) & ~Present)
}

/** Vector and error code. */
function outcome(mode: u32, ring: u32, bytes: string): u64 {
  pointAtData(mode)
  registers.rcx = 0
  registers.rdx = 0
  registers.rax = 0x1238
  const vector = run(mode, ring, bytes)
  return vector == NoFault ? NoFault : u64(vector) << 16 | Ended.error
}

/** In 64-bit mode, from ring 0 and ring 3. */
function testLong(): void {
  for (let ring: u32 = 0; ring < 4; ring += 3) {
    subject(ring ? 'nested faults in 64-bit ring 3' : 'nested faults in 64-bit ring 0')
    present(13, false)
    equal('  #GP without a gate is #DF', outcome(Mode.Long, ring, '8E D8'), 8 << 16)
    present(13, true)
    present(6, false)
    // EXT is set, since #UD is no INT n; QEMU's processor counts gates of 8 bytes times two.
    equal('  #UD without a gate is #NP', outcome(Mode.Long, ring, '0F 0B') >> 16, 11)
    equalOnProcessor('  its error code', Ended.error, 6 * 8 + 3)
    present(6, true)
    present(0, false)
    equal('  #DE without a gate is #DF', outcome(Mode.Long, ring, 'F7 F1'), 8 << 16)
    present(0, true)
    present(14, false)
    equal('  #PF without a gate is #DF', outcome(Mode.Long, ring, '48 B8 00 00 00 00 02 00 00 00 48 8B 00'), 8 << 16)
    present(14, true)
    present(0x20, false)
    equal('  INT n without a gate', outcome(Mode.Long, ring, 'CD 20') >> 16, ring ? 13 : 11)
    equalOnProcessor('  its error code', Ended.error, 0x20 * 8 + 2)
    present(0x20, true)
  }
}

/** The same where gates have eight bytes. */
function testProtected(): void {
  const table = protectedTable()
  for (let ring: u32 = 0; ring < 4; ring++) {
    subject('nested faults in protected mode')
    setProtectedGate(table, 13, 0, 0, 0)
    equal('  #GP without a gate is #DF', outcome(Mode.Protected32, ring, '8E D8'), 8 << 16)
    setProtectedGate(table, 13, Selector.Code32, protectedStub(13), 0x8E)
    setProtectedGate(table, 6, Selector.Code32, protectedStub(6), 0x0E)
    equal('  #UD without a gate is #NP', outcome(Mode.Protected32, ring, '0F 0B') >> 16, 11)
    equalOnProcessor('  its error code', Ended.error, 6 * 8 + 3)
    setProtectedGate(table, 6, Selector.Code32, protectedStub(6), 0x8E)
    setProtectedGate(table, 0, 0x1238, protectedStub(0), 0x8E)
    equal('  #DE through a gate to no segment is #DF', outcome(Mode.Protected32, ring, 'F7 F1'), 8 << 16)
    setProtectedGate(table, 0, Selector.Code32, protectedStub(0), 0x8E)
  }
}

/** A stack for the inner ring that is none. Intel SDM vol. 3, 6.12.1. */
function testInnerStack(): void {
  const table = protectedTable()
  const task = taskState()
  subject('a stack of ring 1 that is none')
  setProtectedGate(table, 0x20, code32(1) & ~3, Low.Code, 0xEE)
  store<u32>(task, Low.InnerStack, 12) // ESP1
  store<u32>(task, 0, 16) // SS1
  equal('  null is #TS', outcome(Mode.Protected32, 3, 'CD 20'), 10 << 16)
  store<u32>(task, Selector.Data, 16)
  equal('  one of ring 0 is #TS', outcome(Mode.Protected32, 3, 'CD 20'), 10 << 16 | Selector.Data)
  describe(Selector.Spare, 0, 0xFFFFF, 0x433) // ring 1, not present
  store<u32>(task, Selector.Spare | 1, 16)
  equalOnProcessor('  one that is not present is #SS', outcome(Mode.Protected32, 3, 'CD 20'), 12 << 16 | Selector.Spare)
  describe(Selector.Spare, 0, 0xFFFFF, 0x4B1) // ring 1, read-only
  equal('  one that cannot be written is #TS', outcome(Mode.Protected32, 3, 'CD 20'), 10 << 16 | Selector.Spare)
  setProtectedGate(table, 0x20, Selector.Code32, protectedStub(0x20), 0x8E)
}

export function testNesting(): void {
  fresh()
  testLong()
  testProtected()
  testInnerStack()
}
