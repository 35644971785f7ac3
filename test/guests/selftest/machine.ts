/** The rest of the machine: PCI, ACPI, what nobody answers, the keyboard controller, CPUID. */
import { checksumHolds, EventTimer, findTable, Fixed, fixed16, fixed32, FixedDescription, MemoryMappedConfiguration, MultipleApic, softOffType } from '../platform/acpi'
import { cpuid, in16, in32, in8, load16, load32, load64, load8, out16, out32, out8, readControl, store16, store32, store8, writeControl } from '../platform/hw'
import { rootPointer, usableMemory } from '../platform/boot'
import { mapWindow, closeWindow } from '../platform/window'
import { attempt, result } from '../platform/instructions'
import { formMovLoad16, formMovLoad8, formMovLoadHigh8, formMovsxByte, formMovsxWord, formMovzxByte, formMovzxWord } from './code'
import { between, equal, equalUnderHypervisor, holds, skip, subject } from './report'

function readConfiguration(bus: u32, device: u32, register: u32): u32 {
  out32(0xCF8, 0x80000000 | bus << 16 | device << 11 | register)
  return in32(0xCFC)
}

function testPci(): void {
  const host = readConfiguration(0, 0, 0)
  holds('PCI device 00:00.0', host != 0xFFFFFFFF && host != 0)
  equal('  is a host bridge', readConfiguration(0, 0, 8) >> 16, 0x0600)
  readConfiguration(0, 0, 0)
  equal('  words of the data port', in16(0xCFE), host >> 16)
  equal('  bytes of the data port', in8(0xCFD), (host >> 8) & 0xFF)
  equal('  address reads back', in32(0xCF8), 0x80000000)
  let ghosts: u32 = 0
  for (let device: u32 = 0; device < 32; device++) {
    const id = readConfiguration(255, device, 0)
    if (id != 0xFFFFFFFF) ghosts++
  }
  equal('  nobody on bus 255', ghosts, 0)
  out32(0xCF8, 0)
  equal('  disabled data port', in32(0xCFC), 0xFFFFFFFF)

  const table = findTable(MemoryMappedConfiguration)
  if (!table) return skip('PCI memory-mapped configuration', 'no MCFG')
  const base = load64(table + 44)
  equal('PCI memory-mapped configuration', load32(base), host)
  const identity = load32(base)
  attempt(formMovLoad8(), base, 0x11223344)
  equal('  mov r8, m', result(), 0x11223300 | (identity & 0xFF))
  attempt(formMovLoadHigh8(), base, 0x11223344)
  equal('  mov high r8, m', result(), 0x11220044 | ((identity & 0xFF) << 8))
  attempt(formMovLoad16(), base, 0x11223344)
  equal('  mov r16, m', result(), 0x11220000 | (identity & 0xFFFF))
  attempt(formMovzxByte(), base + 1)
  equal('  movzx of a byte', result(), (identity >> 8) & 0xFF)
  attempt(formMovzxWord(), base + 2)
  equal('  movzx of a word', result(), identity >> 16)
  attempt(formMovsxByte(), base)
  equal('  movsx of a byte', result(), u64(i64(i8(identity))))
  attempt(formMovsxWord(), base)
  equal('  movsx of a word', result(), u64(u32(i32(i16(identity)))))
  equal('  nobody at 00:1e.7', load32(base + (0x1E << 15) + (7 << 12)), 0xFFFFFFFF)
}

function testAcpi(): void {
  const root = rootPointer()
  if (!root) return skip('ACPI', 'no root pointer')
  let sum: u32 = 0
  for (let i: u64 = 0; i < 20; i++) sum += load8(root + i)
  equal('ACPI root pointer checksum', sum & 0xFF, 0)
  holds('  FADT', findTable(FixedDescription) != 0)
  holds('  MADT', findTable(MultipleApic) != 0)
  holds('  HPET', findTable(EventTimer) != 0)
  holds('  DSDT checksum', checksumHolds(fixed32(Fixed.Dsdt)))
  holds('  soft-off type', softOffType() >= 0)
  holds('  SCI', fixed16(Fixed.SciInterrupt) != 0)
  holds('  SCI enabled or no way to', (in16(fixed32(Fixed.Pm1aControlBlock)) & 1) != 0 || fixed32(Fixed.SmiCommand) != 0)
}

@inline const Nobody: u32 = 0x9F0 // no device of a PC has this port
@inline const Nowhere: u64 = 0x300000000000 // above any RAM, below 2^46

function testUnbacked(): void {
  subject('unbacked')
  equal('  port, byte', in8(Nobody), 0xFF)
  equal('  port, word', in16(Nobody), 0xFFFF)
  equal('  port, doubleword', in32(Nobody), 0xFFFFFFFF)
  out8(Nobody, 0)
  out16(Nobody, 0)
  out32(Nobody, 0)
  const high = physicalBits() > 46 ? Nowhere : u64(0x300000000) // 12 GiB where addresses are short
  const at = mapWindow(high)
  equalUnderHypervisor('  memory, byte', load8(at + 1), 0xFF)
  equalUnderHypervisor('  memory, word', load16(at + 2), 0xFFFF)
  equalUnderHypervisor('  memory, doubleword', load32(at + 4), 0xFFFFFFFF)
  equalUnderHypervisor('  memory, quadword', load64(at + 8), u64.MAX_VALUE)
  store8(at, 0)
  store16(at, 0)
  store32(at, 0)
  equalUnderHypervisor('  memory, after a write', load32(at), 0xFFFFFFFF)
  closeWindow()
  equalUnderHypervisor('  memory below 4 GiB', load32(0xFE000000), 0xFFFFFFFF)
}

function physicalBits(): u32 { return cpuid(0x80000000, 0, 0) >= 0x80000008 ? cpuid(0x80000008, 0, 0) & 0xFF : 36 }

/** The 8042: status, self test. IBM PS/2 technical reference. */
function testKeyboardController(): void {
  for (let i = 0; i < 1000 && in8(0x64) & 1; i++) in8(0x60)
  out8(0x64, 0xAA)
  for (let i = 0; i < 100000 && !(in8(0x64) & 1); i++) {}
  equal('keyboard controller self test', in8(0x60), 0x55)
  out8(0x64, 0x20)
  for (let i = 0; i < 100000 && !(in8(0x64) & 1); i++) {}
  between('  command byte', in8(0x60), 0, 0x7F)
  equal('  then empty', in8(0x64) & 1, 0)
  equal('A20 open in port 92h', in8(0x92) & 2, 2)
  equal('debug port E9h', in8(0xE9) == 0xE9 || in8(0xE9) == 0xFF, 1)
}

function testCpuid(): void {
  subject('CPUID')
  holds('  highest leaf', cpuid(0, 0, 0) >= 1)
  const features = cpuid(1, 0, 3)
  equal('  FPU, TSC, MSR, PAE, CX8, APIC, SSE, SSE2', features & 0x06000371, 0x06000371)
  holds('  long mode', (cpuid(0x80000001, 0, 3) & (1 << 29)) != 0)
  between('  physical address bits', physicalBits(), 36, 52)
  equal('  initial APIC ID', cpuid(1, 0, 1) >> 24, 0)
  const control = readControl(4)
  writeControl(4, control & ~(1 << 18))
  equal('  OSXSAVE follows CR4', cpuid(1, 0, 2) & (1 << 27), 0)
  writeControl(4, control)
  let differs: u32 = 0
  for (let leaf: u32 = 0; leaf < 16; leaf++) {
    for (let register: u32 = 0; register < 4; register++) {
      if (leaf == 1 && register == 2) continue
      if (cpuid(leaf, 0, register) != cpuid(leaf, 0, register)) differs++
    }
  }
  equal('  says the same twice', differs, 0)
  holds('memory map has RAM', usableMemory() >= 8 << 20)
}

export function testMachine(): void {
  testCpuid()
  testPci()
  testAcpi()
  testUnbacked()
  testKeyboardController()
}
