/**
 * Instructions on device memory against the same instructions on RAM, where the processor itself carries them out: registers, flags and memory
 * must come out alike, in every mode that reaches the device and in ring 0 and ring 3. The device is the HPET's main counter, halted.
 */
import { load32, load64, NoFault, readMsr, store32, store64 } from '../platform/hw'
import { EventTimer, findTable } from '../platform/acpi'
import { Low } from '../platform/legacy'
import { Apic, ApicBase, enableApic, hasApic, readApic, SelfShorthand, writeApic } from '../platform/localapic'
import { registers } from '../platform/registers'
import { forget, Vector, waitFor } from './interrupts'
import { equal, skip, subject } from './report'
import { Ended, fresh, Mode, modeName, run, World } from './run'

@inline const Configuration: u64 = 0xFED00010
@inline const Counter: u64 = 0xFED000F0
@inline const Before: u64 = 0x8122334489ABCDEF
@inline const ArithmeticFlags: u64 = 0x8D5

/** One run: what it left in one number that differs whenever anything does. */
function trace(mode: u32, ring: u32, bytes: string, address: u64, accumulator: u64, flags: u32): u64 {
  store64(Low.Data, 0)
  store64(address, Before)
  registers.rdi = address
  registers.rsi = address
  registers.rax = accumulator
  registers.rcx = 37
  registers.rdx = 0x11111111
  registers.rbx = 0x22222222
  World.flags = 2 | flags
  if (run(mode, ring, bytes) != NoFault) return u64(0xBAD0000) | Ended.vector
  let hash = load64(address)
  hash = hash * 31 + registers.rax
  hash = hash * 31 + registers.rcx
  hash = hash * 31 + registers.rdx
  hash = hash * 31 + (registers.rdi - address)
  hash = hash * 31 + (registers.rsi - address)
  return hash * 31 + (Ended.flags & ArithmeticFlags)
}

/** With two accumulators, carry clear and set. */
function form(name: string, bytes: string, to: u32 = Mode.Protected32): void {
  subject(name)
  for (let mode = Mode.Long; mode <= to; mode++) {
    if (mode == Mode.Compatibility16) continue
    let wrong: u32 = 0
    for (let choice: u32 = 0; choice < 8; choice++) {
      const ring: u32 = choice & 1 ? 3 : 0
      const accumulator: u64 = choice & 2 ? 0x89ABCDEF : 0x7FFFFFF1
      const flags = choice & 4 ? <u32>1 : 0x8D4
      if (trace(mode, ring, bytes, Counter, accumulator, flags) != trace(mode, ring, bytes, Low.Data + 0x800, accumulator, flags)) wrong |= 1 << choice
    }
    equal(modeName(mode, false), wrong, 0)
  }
}

function testMoves(): void {
  form('mov eax, m', '8B 07')
  form('mov m, eax', '89 07')
  form('mov m, imm', 'C7 07 78 56 34 12')
  form('mov m, r and back', '89 17 8B 07')
  form('mov with a displacement', '8B 87 00 00 00 00')
  form('xchg m, eax', '87 07')
  form('lock cmpxchg m, edx', 'F0 0F B1 17')
  form('lock xadd m, eax', 'F0 0F C1 07')
  form('cmovc edx, m', '0F 42 17')
  form('push m, pop eax', 'FF 37 58')
  form('push eax, pop m', '50 8F 07')
}

function testArithmetic(): void {
  form('add m, eax', '01 07')
  form('add eax, m', '03 07')
  form('adc m, eax', '11 07')
  form('adc eax, m', '13 07')
  form('sub m, eax', '29 07')
  form('sub eax, m', '2B 07')
  form('sbb m, eax', '19 07')
  form('and m, eax', '21 07')
  form('or m, eax', '09 07')
  form('lock or m, eax', 'F0 09 07')
  form('xor m, eax', '31 07')
  form('cmp m, eax', '39 07')
  form('cmp eax, m', '3B 07')
  form('cmp m, imm', '81 3F EF CD AB 89')
  form('add m, imm8', '83 07 F0')
  form('test m, eax', '85 07')
  form('test m, imm', 'F7 07 00 00 00 80')
  form('inc m', 'FF 07')
  form('dec m', 'FF 0F')
  form('not m', 'F7 17')
  form('neg m', 'F7 1F')
  form('bt m, imm', '0F BA 27 1F')
  form('bts m, imm', '0F BA 2F 04')
  form('btr m, imm', '0F BA 37 00')
  form('btc m, imm', '0F BA 3F 1E')
  form('bt m, ecx beyond the operand', '0F A3 0F')
  form('bts m, ecx beyond the operand', '0F AB 0F')
  form('btr m, ecx beyond the operand', '0F B3 0F')
}

function testStrings(): void {
  form('stosd', 'AB')
  form('lodsd', 'AD')
  form('scasd', 'AF')
  form('cmpsd, a place with itself', 'A7')
  form('std; stosd; cld', 'FD AB FC')
  form('rep stosd, 2', 'B9 02 00 00 00 F3 AB')
  form('rep lodsd, 2', 'B9 02 00 00 00 F3 AD')
  form('rep movsd, a place on itself', 'B9 02 00 00 00 F3 A5')
  form('repne scasd', 'B9 02 00 00 00 F2 AF')
  form('repe cmpsd', 'B9 02 00 00 00 F3 A7')
  form('rep stosd, none', '31 C9 F3 AB')
}

function testWide(): void {
  form('mov rax, m', '48 8B 07', Mode.Long)
  form('mov m, rax', '48 89 07', Mode.Long)
  form('add m, rax', '48 01 07', Mode.Long)
  form('movsxd rax, m', '48 63 07', Mode.Long)
  form('bts m, rcx', '48 0F AB 0F', Mode.Long)
  form('stosq', '48 AB', Mode.Long)
  form('inc m, 64 bits', '48 FF 07', Mode.Long)
  form('mov rax, m at rip', '48 8B 05 00 00 00 00', Mode.Long)
  form('mov eax, [edi]', '67 8B 07', Mode.Long)
}

/** Executes code with RDI at a register of the local APIC, and RAX. */
export function onApic(register: u32, bytes: string, accumulator: u32): void {
  registers.rdi = (readMsr(ApicBase) & 0xFFFFFF000) + register
  registers.rax = accumulator
  World.flags = 2
  equal(bytes, run(Mode.Long, 0, bytes), NoFault)
}

/** What is stored there takes effect, whatever stores it. */
function testApicRegisters(): void {
  if (!hasApic()) return skip('instructions on the local APIC', 'not in CPUID')
  enableApic()
  subject('the local APIC')
  onApic(Apic.TaskPriority, '81 0F 20 00 00 00', 0)
  equal('  or m, imm', readApic(Apic.TaskPriority), 0x20)
  onApic(Apic.TaskPriority, '87 07', 0x40)
  equal('  xchg m, eax', readApic(Apic.TaskPriority), 0x40)
  equal('  and what was there', registers.rax, 0x20)
  onApic(Apic.TaskPriority, 'B9 04 00 00 00 F3 AB', 0x50)
  equal('  rep stosd, 4', readApic(Apic.TaskPriority), 0x50)
  equal('  all of them', registers.rcx, 0)
  writeApic(Apic.TaskPriority, 0)
  forget()
  onApic(Apic.CommandLow, '87 07', SelfShorthand | Vector.Ipi)
  equal('  a command by xchg', waitFor(Vector.Ipi, 1, 100000), 1)
}

export function testMmio(): void {
  testApicRegisters()
  if (!findTable(EventTimer)) return skip('instructions on a device', 'no HPET')
  const configuration = load32(Configuration)
  store32(Configuration, configuration & ~1)
  fresh()
  testMoves()
  testArithmetic()
  testStrings()
  testWide()
  store64(Counter, 0)
  store32(Configuration, configuration)
  fresh()
}
