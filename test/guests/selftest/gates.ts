/** Ways between rings: IRET, far calls, gates, SYSCALL, SYSENTER. Intel SDM vol. 3, 5.8 and 6.12; AMD APM vol. 2, 6.1. */
import { cpuid, linear, NoFault, readMsr, store16, store32, writeMsr } from '../platform/hw'
import { code32, code64, data, describe, Selector, setDescriptor } from '../platform/descriptors'
import { Low, protectedStub, setProtectedGate } from '../platform/legacy'
import { registers } from '../platform/registers'
import { equal, equalOnProcessor, skip, subject } from './report'
import { assemble, Ended, fresh, Mode, protectedTable, run, taskState, World } from './run'

const Target: u32 = Low.Free // where a gate leads

/** A frame for IRET at Low.Data, in doublewords or quadwords: IP, CS, flags, SP, SS. */
function frame(wide: bool, ip: u32, cs: u32, flags: u32, sp: u32, ss: u32): void {
  const step: u32 = wide ? 8 : 4
  for (let at: u32 = 0; at < 40; at += 4) store32(Low.Data + at, 0)
  store32(Low.Data, ip)
  store32(Low.Data + step, cs)
  store32(Low.Data + step * 2, flags)
  store32(Low.Data + step * 3, sp)
  store32(Low.Data + step * 4, ss)
}

/** The ring in which the code at Target ended, and whether its stack is the one given. */
function arrived(cs: u32): u64 { return Ended.vector == NoFault && Ended.cs == cs && Ended.sp == Low.Stack - 0x100 ? 1 : u64(Ended.vector) << 32 | Ended.error << 16 | Ended.cs }

function testReturns(): void {
  assemble(Target, '90 CD 31')
  subject('IRET')
  for (let ring: u32 = 1; ring < 4; ring++) {
    frame(false, Target, code32(ring), 2, Low.Stack - 0x100, data(ring))
    run(Mode.Protected32, 0, 'BC 00 40 06 00 CF') // MOV ESP, Low.Data; IRET
    equal('  from ring 0 outwards, protected mode', arrived(code32(ring)), 1)
    frame(true, Target, code64(ring), 2, Low.Stack - 0x100, data(ring))
    run(Mode.Long, 0, 'BC 00 40 06 00 48 CF')
    equal('  from ring 0 outwards, 64-bit code', arrived(code64(ring)), 1)
    frame(true, Target, code32(ring), 2, Low.Stack - 0x100, data(ring))
    run(Mode.Long, 0, 'BC 00 40 06 00 48 CF')
    equal('  from 64-bit code to 32-bit code', arrived(code32(ring)), 1)
  }
  frame(false, Target, code32(0), 2, Low.Stack - 0x100, data(0))
  run(Mode.Protected32, 3, 'BC 00 40 06 00 CF')
  equal('  inwards is #GP', u64(Ended.vector) << 16 | Ended.error, 13 << 16 | code32(0))
  frame(false, Target, 0, 2, Low.Stack - 0x100, data(0))
  run(Mode.Protected32, 0, 'BC 00 40 06 00 CF')
  equal('  to a null segment is #GP(0)', u64(Ended.vector) << 16 | Ended.error, 13 << 16)
  describe(Selector.Spare, 0, 0xFFFFF, 0x47B) // ring 3 code, not present
  frame(false, Target, Selector.Spare | 3, 2, Low.Stack - 0x100, data(3))
  run(Mode.Protected32, 0, 'BC 00 40 06 00 CF')
  equal('  to code that is not present is #NP', u64(Ended.vector) << 16 | Ended.error, 11 << 16 | Selector.Spare)
  frame(false, Target, code32(3), 0x3002 | 0x200, Low.Stack - 0x100, data(3))
  run(Mode.Protected32, 1, 'BC 00 40 06 00 CF')
  equal('  in ring 1 leaves IOPL and IF alone', Ended.flags & 0x3200, 0)
  frame(false, Target - Low.Base, Low.Segment, 0x20002 | 3 << 12, 0x5F00, Low.Segment)
  for (let at: u32 = 20; at < 36; at += 4) store32(Low.Data + at, Low.Segment)
  run(Mode.Protected32, 0, 'BC 00 40 06 00 CF')
  equal('  to virtual-8086 mode', u64(Ended.vector) << 32 | Ended.flags & 0x20000 | Ended.cs, u64(NoFault) << 32 | 0x20000 | Low.Segment)
}

/** INT n through gates of each kind and privilege level. */
function testSoftwareInterrupts(): void {
  const table = protectedTable()
  subject('INT n')
  for (let level: u32 = 0; level < 4; level++) {
    setProtectedGate(table, 0x20, Selector.Code32, protectedStub(0x20), 0x8E | level << 5)
    let wrong: u32 = 0
    for (let ring: u32 = 0; ring < 4; ring++) {
      run(Mode.Protected32, ring, 'CD 20')
      const expected: u64 = ring <= level ? 0x20 << 16 : 13 << 16 | 0x20 * 8 + 2
      if ((u64(Ended.vector) << 16 | Ended.error) != expected) wrong |= 1 << ring
    }
    equal('  the gate\'s privilege level decides', wrong, 0)
  }
  setProtectedGate(table, 0x20, Selector.Code32, protectedStub(0x20), 0xEF) // a trap gate
  World.flags = 0x202 | 3 << 12
  run(Mode.Protected32, 3, 'CD 20')
  equal('  through a trap gate', Ended.vector, 0x20)
  World.flags = 2
  setProtectedGate(table, 0x20, code32(1) & ~3, Target, 0xEE)
  assemble(Target, 'CD 31')
  store32(taskEsp1(), Low.InnerStack)
  store32(taskEsp1() + 4, data(1))
  run(Mode.Protected32, 3, 'CD 20')
  equal('  from ring 3 to ring 1', Ended.cs, code32(1))
  equal('  on the stack of ring 1', Ended.sp, Low.InnerStack - 20)
  run(Mode.Protected32, 0, 'CD 20')
  equal('  never outwards', u64(Ended.vector) << 16 | Ended.error, 13 << 16 | (code32(1) & ~3))
  setProtectedGate(table, 0x20, Selector.Code32, protectedStub(0x20), 0x8E)
  run(Mode.Protected32, 3, 'CD 50')
  equal('  past the table', u64(Ended.vector) << 16 | Ended.error, 13 << 16 | 0x50 * 8 + 2)
}

function taskEsp1(): u64 { return linear(taskState()) + 12 }

/** Far calls and jumps. A call gate of 32 bits: offset, selector, type. */
function testCalls(): void {
  subject('far call')
  assemble(Target, 'CD 31')
  const gate = u64(Target & 0xFFFF) | u64(code32(0)) << 16 | u64(0xEC) << 40 | u64(Target >> 16) << 48
  setDescriptor(Selector.Spare, gate)
  run(Mode.Protected32, 3, '9A 00 00 00 00 83 00')
  equal('  through a gate from ring 3 to ring 0', u64(Ended.vector) << 32 | Ended.cs, u64(NoFault) << 32 | code32(0))
  equal('  on the stack of ring 0', Ended.sp, Low.InnerStack - 16)
  setDescriptor(Selector.Spare, gate & ~(u64(0x60) << 40))
  run(Mode.Protected32, 3, '9A 00 00 00 00 83 00')
  equal('  through a gate of ring 0 is #GP', u64(Ended.vector) << 16 | Ended.error, 13 << 16 | Selector.Spare)
  setDescriptor(Selector.Spare, gate & ~(u64(0x80) << 40))
  run(Mode.Protected32, 3, '9A 00 00 00 00 83 00')
  equal('  through a gate that is not present is #NP', u64(Ended.vector) << 16 | Ended.error, 11 << 16 | Selector.Spare)
  store32(Low.Data, Target)
  store16(Low.Data + 4, code32(0))
  registers.rdi = Low.Data
  run(Mode.Protected32, 3, 'FF 1F') // CALL FAR [EDI]
  equal('  to an inner ring is #GP', u64(Ended.vector) << 16 | Ended.error, 13 << 16 | code32(0))
  describe(Selector.Spare, 0, 0xFFFFFFFF, 0x49F) // ring 0, conforming
  store16(Low.Data + 4, Selector.Spare | 3)
  registers.rdi = Low.Data
  run(Mode.Protected32, 3, 'FF 1F')
  equal('  to conforming code keeps the ring', u64(Ended.vector) << 32 | Ended.cs, u64(NoFault) << 32 | Selector.Spare | 3)
  // A 64-bit gate has 16 bytes.
  setDescriptor(Selector.Spare, u64(Target & 0xFFFF) | u64(Selector.Code64) << 16 | u64(0xEC) << 40 | u64(Target >> 16) << 48)
  setDescriptor(Selector.Spare + 8, 0)
  store16(Low.Data + 4, Selector.Spare | 3)
  registers.rdi = Low.Data
  run(Mode.Long, 3, 'FF 1F')
  equal('  through a gate to 64-bit ring 0', u64(Ended.vector) << 32 | Ended.cs, u64(NoFault) << 32 | Selector.Code64)
}

@inline const Efer: u32 = 0xC0000080
@inline const Star: u32 = 0xC0000081
@inline const LongStar: u32 = 0xC0000082
@inline const FlagMask: u32 = 0xC0000084

/** Selectors that SYSRET finds 8 and 16 above STAR's: the spare ones, made to fit. */
function testSystemCall(): void {
  const efer = readMsr(Efer)
  subject('SYSCALL')
  equal('  #UD without EFER.SCE', run(Mode.Long, 3, '0F 05'), 6)
  writeMsr(Efer, efer | 1)
  writeMsr(Star, u64(Selector.Spare - 8 | 3) << 48 | u64(Selector.Code64) << 32)
  writeMsr(LongStar, Target)
  writeMsr(FlagMask, 0x3D5)
  describe(Selector.Spare, 0, 0xFFFFFFFF, 0x4F3)
  describe(Selector.Spare + 8, 0, 0xFFFFFFFF, 0x2FB)
  assemble(Target, 'CD 31')
  World.flags = 0xAD7
  run(Mode.Long, 3, '0F 05')
  equal('  from ring 3 to ring 0', u64(Ended.vector) << 32 | Ended.cs, u64(NoFault) << 32 | Selector.Code64)
  equal('  RCX is the next instruction', registers.rcx, Low.Code + 2)
  equal('  R11 is RFLAGS', registers.r11, 0xAD7)
  equal('  RFLAGS is masked', Ended.flags & 0x7D7, 2)
  equalOnProcessor('  RFLAGS that is not masked', Ended.flags & 0x800, 0x800)
  World.flags = 2
  assemble(Target, '48 B9 20 30 06 00 00 00 00 00 49 BB 97 08 00 00 00 00 00 00 48 0F 07') // RCX Low.Code + 20h, R11 897h; SYSRET
  assemble(Low.Code + 0x20, 'CD 31')
  run(Mode.Long, 3, '0F 05')
  equal('SYSRET', u64(Ended.vector) << 32 | Ended.ip << 16 & 0xFFFF0000 | Ended.cs, u64(NoFault) << 32 | 0x30220000 | Selector.Spare + 8 | 3)
  equal('  RFLAGS is R11', Ended.flags & 0xFD7, 0x897)
  writeMsr(Efer, efer)
}

@inline const SysenterCs: u32 = 0x174

/** In protected mode, as every processor has it. */
function testSysenter(): void {
  if (!(cpuid(1, 0, 3) & (1 << 11))) return skip('SYSENTER', 'not in CPUID')
  subject('SYSENTER')
  writeMsr(SysenterCs, 0)
  equal('  #GP without SYSENTER_CS', run(Mode.Protected32, 3, '0F 34'), 13)
  // Flat code of ring 0, data of ring 0, code of ring 3, data of ring 3, one after the other.
  describe(Selector.Spare, 0, 0xFFFFFFFF, 0x49B)
  describe(Selector.Spare + 8, 0, 0xFFFFFFFF, 0x493)
  describe(Selector.Spare + 16, 0, 0xFFFFFFFF, 0x4FB)
  describe(Selector.Spare + 24, 0, 0xFFFFFFFF, 0x4F3)
  writeMsr(SysenterCs, Selector.Spare)
  writeMsr(SysenterCs + 1, Low.InnerStack)
  writeMsr(SysenterCs + 2, Target)
  assemble(Target, 'CD 31')
  run(Mode.Protected32, 3, '0F 34')
  equal('  from ring 3 to ring 0', u64(Ended.vector) << 32 | Ended.cs, u64(NoFault) << 32 | Selector.Spare)
  equal('  on SYSENTER_ESP', Ended.sp, Low.InnerStack)
  assemble(Target, 'BA 20 30 06 00 B9 00 5F 06 00 0F 35') // EDX Low.Code + 20h, ECX a stack; SYSEXIT
  assemble(Low.Code + 0x20, 'CD 31')
  run(Mode.Protected32, 3, '0F 34')
  equal('SYSEXIT', u64(Ended.vector) << 32 | Ended.ip << 16 & 0xFFFF0000 | Ended.cs, u64(NoFault) << 32 | 0x30220000 | Selector.Spare + 16 | 3)
  equal('  on ECX', Ended.sp, 0x65F00)
  writeMsr(SysenterCs, 0)
}

export function testGates(): void {
  fresh()
  testReturns()
  testSoftwareInterrupts()
  testCalls()
  testSystemCall()
  testSysenter()
}
