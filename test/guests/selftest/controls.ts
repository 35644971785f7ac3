/** Control registers and EFER: what may be written, what may not, and what it does. Intel SDM vol. 3, 2.5; AMD APM vol. 2, 3.1. */
import { NoFault, readControl, readMsr, writeControl, writeMsr } from '../platform/hw'
import { attempt, tryReadMsr, tryWriteMsr, wideResult, writeCr0, writeCr3, writeCr4, writeCr8 } from '../platform/instructions'
import { underHypervisor } from '../platform/processor'
import { registers } from '../platform/registers'
import { equal, equalOnProcessor, equalUnderHypervisor, onEmulator, processorEmulated, skip, subject } from './report'
import { fresh, Mode, modeName, run, World } from './run'
import { buildTables, Kind } from './tables'

@inline const Efer: u32 = 0xC0000080
const Protection: u32 = 13
const WriteCr0: string = '0F 22 C0'

function testCr0(): void {
  const cr0 = readControl(0)
  subject('CR0')
  for (let bit: u64 = 1; bit <= 18; bit++) {
    if (bit != 1 && bit != 2 && bit != 3 && bit != 18) continue // MP, EM, TS, AM
    writeControl(0, cr0 ^ 1 << bit)
    equal('  a bit reads back', readControl(0), cr0 ^ 1 << bit)
  }
  writeControl(0, cr0 & ~0x10)
  equal('  ET stays', readControl(0) & 0x10, 0x10)
  writeControl(0, cr0 | 1 << 30)
  equal('  CD reads back', readControl(0) & 0x60000000, 0x40000000)
  writeControl(0, cr0 | 3 << 29)
  equal('  CD and NW read back', readControl(0) & 0x60000000, 0x60000000)
  writeControl(0, cr0)
  equal('  and are clear again', readControl(0) & 0x60000000, 0)
  writeControl(0, cr0 & ~0x20)
  equal('  NE reads back', readControl(0) & 0x20, 0)
  writeControl(0, cr0)
  if (processorEmulated()) return skip('CR0: what no processor takes', 'the emulator does not check')
  equal('  NW without CD is #GP', attempt(writeCr0(), 0, cr0 | 1 << 29), Protection)
  equal('  no PG in 64-bit code is #GP', attempt(writeCr0(), 0, cr0 & ~(1 << 31)), Protection)
  equal('  no PE is #GP', attempt(writeCr0(), 0, cr0 & ~1), Protection)
  equal('  upper half is #GP', attempt(writeCr0(), 0, cr0 | u64(1) << 32), Protection)
  registers.rax = 0x20000031
  equal('  NW without CD is #GP in protected mode', run(Mode.Protected32, 0, WriteCr0), Protection)
  registers.rax = 0x80000010
  equal('  PG without PE is #GP in real mode', run(Mode.Real, 0, WriteCr0), Protection)
  World.efer = 0x100 // LME
  registers.rax = 0x80000031
  equal('  long mode without PAE is #GP', run(Mode.Protected32, 0, WriteCr0), Protection)
  World.efer = 0
}

/** LMSW writes the low four bits, but never clears PE. */
function testMachineStatus(): void {
  const cr0 = readControl(0)
  subject('LMSW sets MP and TS, clears EM, keeps PE')
  for (let mode = Mode.Long; mode < Mode.Real; mode++) {
    World.cr0 = 0x35
    writeControl(0, cr0 | 4)
    registers.rax = 0xA
    run(mode, 0, '0F 01 F0 0F 20 C0')
    equal(modeName(mode, false), registers.rax & 0xF, 0xB)
  }
  writeControl(0, cr0)
  World.cr0 = 0x31
  registers.rax = 0xFFF1
  registers.rbx = 0
  // LMSW AX; MOV EBX, CR0; MOV EAX, EBX; AND AL, FEh; MOV CR0, EAX; all as 16-bit code
  equal('LMSW sets PE', run(Mode.Real, 0, '0F 01 F0 0F 20 C3 66 8B C3 24 FE 0F 22 C0'), NoFault)
  equal('  and ET stays', registers.rbx & 0x1F, 0x11)
  registers.rax = 0
  run(Mode.Long, 0, '0F 01 E0') // SMSW EAX
  equal('SMSW shows CR0', registers.rax, cr0)
}

function testCr3(): void {
  const cr3 = readControl(3)
  subject('CR3')
  writeControl(3, cr3 | 0x18) // PWT, PCD
  equal('  PWT and PCD read back', readControl(3), cr3 | 0x18)
  writeControl(3, cr3)
  writeControl(2, 0x123456789ABC)
  equal('CR2 reads back', readControl(2), 0x123456789ABC)
  if (!onEmulator()) equal('CR3: bits beyond physical addresses are #GP', attempt(writeCr3(), 0, cr3 | u64(1) << 52), Protection)
  // Outside long mode, 32-bit paging, what is read is what was written.
  const root = buildTables(Kind.TwoLevel)
  World.cr3 = u32(root)
  World.cr4 = 0x610
  World.cr0 = 0x80000031
  registers.rax = root | 0x18
  run(Mode.Protected32, 0, '0F 22 D8 31 C0 0F 20 D8')
  equal('CR3 in 32-bit paging', registers.rax, root | 0x18)
  fresh()
}

function testCr4(): void {
  const cr4 = readControl(4)
  subject('CR4')
  for (let bit: u64 = 0; bit < 11; bit++) {
    if (bit == 5) continue // PAE
    equal('  a bit can be changed', attempt(writeCr4(), 0, cr4 ^ 1 << bit), NoFault)
    equal('  and reads back', readControl(4), cr4 ^ 1 << bit)
    writeControl(4, cr4)
  }
  if (onEmulator()) return skip('CR4: what no processor takes', 'the emulator does not check')
  equal('  no PAE in 64-bit code is #GP', attempt(writeCr4(), 0, cr4 & ~0x20), Protection)
  for (let bit: u64 = 24; bit < 64; bit += 13) equal('  reserved bit is #GP', attempt(writeCr4(), 0, cr4 | u64(1) << bit), Protection)
  if (underHypervisor()) equal('  VMXE is #GP, since there is no VMX', attempt(writeCr4(), 0, cr4 | 1 << 13), Protection)
  equal('  and it is as it was', readControl(4), cr4)
  registers.rax = 0x80000600
  equal('  reserved bit is #GP in protected mode', run(Mode.Protected32, 0, '0F 22 E0'), Protection)
  registers.rax = 0x80000600
  equal('  reserved bit is #GP in real mode', run(Mode.Real, 0, '0F 22 E0'), Protection)
  registers.rax = 0x690
  equal('  written in protected mode', run(Mode.Protected32, 0, '0F 22 E0 31 C0 0F 20 E0'), NoFault)
  equal('  and read back', registers.rax, 0x690)
  registers.rax = 0x690
  equal('  written in real mode', run(Mode.Real, 0, '0F 22 E0 66 31 C0 0F 20 E0'), NoFault)
  equal('  and read back', registers.rax, 0x690)
}

function testCr8(): void {
  subject('CR8')
  for (let value: u64 = 0; value < 16; value += 5) {
    writeControl(8, value)
    equal('  reads back', readControl(8), value)
  }
  writeControl(8, 0)
  equalOnProcessor('  reserved bits are #GP', attempt(writeCr8(), 0, 0x10), Protection)
}

function testEfer(): void {
  const efer = readMsr(Efer)
  subject('EFER')
  equal('  LME and LMA in 64-bit code', efer & 0x500, 0x500)
  equal('  SCE can be set', tryWriteMsr(Efer, efer | 1), NoFault)
  equal('  and reads back', readMsr(Efer) & 1, 1)
  writeMsr(Efer, efer)
  equalUnderHypervisor('  LME off while paging is #GP', tryWriteMsr(Efer, efer & ~0x100), Protection)
  if (underHypervisor() && !onEmulator()) equal('  SVME is #GP, since there is no SVM', tryWriteMsr(Efer, efer | 1 << 12), Protection)
  equalUnderHypervisor('  reserved bit is #GP', tryWriteMsr(Efer, efer | 1 << 1), Protection)
  equal('  is as it was', readMsr(Efer), efer)
  // LME by itself does nothing: LMA comes with paging.
  registers.rcx = Efer
  registers.rdx = 0
  registers.rax = 0x100
  equal('  LME without paging', run(Mode.Protected32, 0, '0F 30 0F 32'), NoFault)
  equal('  leaves LMA clear', registers.rax & 0x500, 0x100)
}

/** What nobody has is #GP(0), in whatever mode. */
function testMsrs(): void {
  subject('MSR that nobody has')
  for (let mode = Mode.Long; mode <= Mode.Real; mode++) {
    registers.rcx = 0x40001234
    equalUnderHypervisor(modeName(mode, false), run(mode, 0, '0F 32'), Protection)
  }
  keeps('SYSENTER_ESP', 0x175, 0x12345678)
  keeps('SYSENTER_EIP', 0x176, 0x23456789)
  keeps('LSTAR', 0xC0000082, 0x7FFF12345678)
  keeps('KernelGSBase', 0xC0000102, 0xFFFF800012345678)
  keeps('GS base', 0xC0000101, 0xFFFF800087654321)
  keeps('PAT', 0x277, 0x0007010600070406)
  keeps('MTRRdefType', 0x2FF, 0xC06)
  keeps('MTRR, 64 KiB ranges', 0x250, 0x0606060606060606)
  keeps('MTRR, a base', 0x200, 0x80000006)
  keeps('MTRR, a mask', 0x201, 0xFF80000800)
}

function keeps(name: string, index: u32, value: u64): void {
  if (tryReadMsr(index) != NoFault) return equal(name, 0, 1)
  const before = wideResult()
  equal(name, tryWriteMsr(index, value), NoFault)
  tryReadMsr(index)
  equal('  reads back', wideResult(), value)
  tryWriteMsr(index, before)
}

export function testControls(): void {
  fresh()
  testCr0()
  testMachineStatus()
  testCr3()
  testCr4()
  testCr8()
  testEfer()
  testMsrs()
}
