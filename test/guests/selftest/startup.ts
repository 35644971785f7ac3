/**
 * What another processor finds in itself after INIT and a startup interrupt: first as power-on left it, then after it has spoilt everything, of which
 * INIT undoes a part. See startup.asm for what is recorded. Intel SDM vol. 3, table 10-1, 9.4.4 and 11.4.7; AMD APM vol. 2, table 14-1.
 */
import { cpuid, load32, load64, load8, readMsr, readTsc, store16, store32, store64, store8 } from '../platform/hw'
import { ticksOf } from '../platform/clock'
import { Apic, ApicBase, enableApic, hasTscDeadline, Masked, readApic, TscDeadline, writeApic } from '../platform/localapic'
import { underHypervisor } from '../platform/processor'
import { equal, equalOnProcessor, holds, skip, subject } from './report'

@external('code', 'startupImage') declare function image(): u64
@external('code', 'startupSize') declare function imageSize(): u32
@external('code', 'startupStackFault') declare function stackFault(): u32
@external('code', 'startupProtection') declare function protection(): u32

const Page: u32 = 2 // where the code is copied to; startup.asm's BASE
const Base: u32 = 0x2000
const Record: u32 = 0x1000
const RecordSize: u32 = 0x2000 // with the code
const Vectors: u32 = 12 * 4 // real mode's, of #SS and #GP
const Init: u32 = 0x4500
const Startup: u32 = 0x4600
@inline const ApicPage: u32 = 0xFEE00000

/** Places in the record. */
namespace At {
  export const General: u32 = 0x00
  export const Flags: u32 = 0x20
  export const Selectors: u32 = 0x24
  export const Control: u32 = 0x30
  export const Debug: u32 = 0x40
  export const Gdtr: u32 = 0x58
  export const Idtr: u32 = 0x60
  export const X87: u32 = 0x68
  export const Mxcsr: u32 = 0x84
  export const Xcr0: u32 = 0x88
  export const Xmm: u32 = 0x90
  export const Ldtr: u32 = 0xB0
  export const Task: u32 = 0xB4
  export const Beyond: u32 = 0xC0
  export const Tsc: u32 = 0xD0
  export const Msrs: u32 = 0x200
  export const Apics: u32 = 0x600
  export const MsrNumbers: u32 = 0xC00
  export const ApicAddresses: u32 = 0xD00
  export const HasXcr0: u32 = 0xE00
  export const Done: u32 = 0xFF8
}

const kept: usize = memory.data(0x2000, 8)
let msrs: u32 = 0
let registers: u32 = 0

@inline function found(at: u32): u32 { return load32(Record + at) }
@inline function found64(at: u32): u64 { return load64(Record + at) }

function send(command: u32): void {
  writeApic(Apic.CommandHigh, 1 << 24)
  writeApic(Apic.CommandLow, command)
}

function waitUntil(end: u64): bool {
  while (readTsc() < end) if (found(At.Done)) return true
  return false
}

/** INIT, 10 ms, a startup interrupt; whether the other has recorded all and come to its end. 9.4.4.1. */
function start(): bool {
  for (let at: u32 = 0; at < At.MsrNumbers; at += 4) store32(Record + at, 0xEEEEEEEE)
  store32(Record + At.Done, 0)
  store64(Record + At.Beyond, 0)
  send(Init)
  waitUntil(readTsc() + ticksOf(10_000))
  send(Startup | Page)
  return waitUntil(readTsc() + ticksOf(2_000_000))
}

/** An MSR that is to be read there: it must have this value. */
function msr(name: string, number: u32, expected: u64): void {
  if (checking) equal(name, found64(At.Msrs + msrs * 8), expected)
  else store32(Record + At.MsrNumbers + msrs * 4, number)
  msrs++
}

/** A register of the local APIC. */
function apic(name: string, offset: u32, expected: u32): void {
  if (checking) equal(name, found(At.Apics + registers * 4), expected)
  else store32(Record + At.ApicAddresses + registers * 4, ApicPage + offset)
  registers++
}

let checking: bool = false

/** Either names what is to be read, or checks it. MSRs but EFER are left by INIT, and so have startup.asm's values the second time. */
function lists(check: bool, second: bool): void {
  checking = check
  msrs = registers = 0
  msr('  IA32_APIC_BASE', ApicBase, 0xFEE00800)
  msr('  SYSENTER_CS', 0x174, second ? 0x1234 : 0)
  msr('  SYSENTER_ESP', 0x175, 0)
  msr('  SYSENTER_EIP', 0x176, 0)
  msr('  PAT', 0x277, second ? 0x0606060606060606 : 0x0007040600070406)
  msr('  EFER', 0xC0000080, 0)
  msr('  STAR', 0xC0000081, second ? 0x0023100800000000 : 0)
  msr('  LSTAR', 0xC0000082, second ? 0x8765000 : 0)
  msr('  CSTAR', 0xC0000083, 0)
  msr('  SFMASK', 0xC0000084, second ? 0x4700 : 0)
  msr('  FS.base', 0xC0000100, 0)
  msr('  GS.base', 0xC0000101, 0)
  msr('  KernelGSBase', 0xC0000102, second ? 0x4321000 : 0)
  if (hasTscDeadline()) msr('  TSC_DEADLINE', TscDeadline, 0)
  if (check) equal('  MTRRdefType is the boot processor\'s', found64(At.Msrs + msrs * 8), readMsr(0x2FF))
  else store32(Record + At.MsrNumbers + msrs * 4, 0x2FF)
  msrs++
  apic('  APIC id', Apic.Id, 1 << 24)
  apic('  APIC version', Apic.Version, readApic(Apic.Version))
  apic('  TPR', Apic.TaskPriority, 0)
  apic('  PPR', Apic.ProcessorPriority, 0)
  apic('  LDR', Apic.LogicalDestination, 0)
  apic('  DFR', Apic.DestinationFormat, u32.MAX_VALUE)
  apic('  spurious vector', Apic.Spurious, 0xFF)
  apic('  ESR', Apic.ErrorStatus, 0)
  apic('  ICR, low', Apic.CommandLow, 0)
  apic('  ICR, high', Apic.CommandHigh, 0)
  apic('  LVT timer', Apic.Timer, Masked)
  apic('  LVT LINT0', Apic.Lint0, Masked)
  apic('  LVT LINT1', Apic.Lint1, Masked)
  apic('  LVT error', Apic.Error, Masked)
  apic('  timer, initial count', Apic.InitialCount, 0)
  apic('  timer, current count', Apic.CurrentCount, 0)
  apic('  timer, divide configuration', Apic.DivideConfiguration, 0)
  for (let word: u32 = 0; word < 8; word++) {
    apic('  ISR', Apic.InService + word * 16, 0)
    apic('  TMR', Apic.TriggerMode + word * 16, 0)
    apic('  IRR', Apic.Request + word * 16, 0)
  }
}

function hasXsave(): bool { return (cpuid(1, 0, 2) & (1 << 26)) != 0 }

function checkRegisters(): void {
  equal('  EAX', found(At.General), 0)
  equal('  ECX', found(At.General + 0x04), 0)
  equal('  EDX is CPUID 1 EAX', found(At.General + 0x08), cpuid(1, 0, 0))
  equal('  EBX', found(At.General + 0x0C), 0)
  equal('  ESP', found(At.General + 0x10), 0)
  equal('  EBP', found(At.General + 0x14), 0)
  equal('  ESI', found(At.General + 0x18), 0)
  equal('  EDI', found(At.General + 0x1C), 0)
  equal('  EFLAGS', found(At.Flags), 2)
  equal('  ES, CS', found(At.Selectors), Base << 12)
  equal('  SS, DS', found(At.Selectors + 4), 0)
  equal('  FS, GS', found(At.Selectors + 8), 0)
  equal('  LDTR', found(At.Ldtr), 0)
  equal('  TR', found(At.Task), 0)
  equal('  GDTR', found64(At.Gdtr) & 0xFFFFFFFFFFFF, 0xFFFF)
  equal('  IDTR', found64(At.Idtr) & 0xFFFFFFFFFFFF, 0xFFFF)
  for (let segment: u32 = 0; segment < 6; segment++) equalOnProcessor('  a segment\'s limit is 64 KiB', load8(Record + At.Beyond + segment), segment == 5 ? 12 : 13)
  equal('  CR2', found(At.Control + 4), 0)
  equal('  CR3', found(At.Control + 8), 0)
  equal('  CR4', found(At.Control + 12), 0)
  equal('  DR0, DR1', found64(At.Debug), 0)
  equal('  DR2, DR3', found64(At.Debug + 8), 0)
  equal('  DR6', found(At.Debug + 16), 0xFFFF0FF0)
  equal('  DR7', found(At.Debug + 20), 0x400)
}

function checkUnits(control: u32, tags: u32, mxcsr: u32, xcr0: u64, low: u64, high: u64): void {
  equal('  x87 control word', found(At.X87) & 0xFFFF, control)
  equal('  x87 status word', found(At.X87 + 4) & 0xFFFF, 0)
  equal('  x87 tag word', found(At.X87 + 8) & 0xFFFF, tags)
  equal('  MXCSR', found(At.Mxcsr), mxcsr)
  equal('  XMM0', found64(At.Xmm), low)
  equal('  XMM0, upper half', found64(At.Xmm + 8), high)
  equal('  XMM7', found64(At.Xmm + 16), low)
  equal('  XMM7, upper half', found64(At.Xmm + 24), high)
  if (hasXsave()) equal('  XCR0', found64(At.Xcr0), xcr0)
  else skip('  XCR0', 'the processor has no XSAVE')
}

function swap(): void {
  for (let at: u32 = 0; at < RecordSize; at += 8) {
    const value = load64(Record + at)
    store64(Record + at, load<u64>(kept + at))
    store<u64>(kept + at, value)
  }
}

function testRounds(): void {
  subject('after power-on, INIT and startup')
  const before = readTsc()
  if (!start()) return holds('  a second processor starts', false)
  holds('  the TSC is the boot processor\'s', found64(At.Tsc) > before && found64(At.Tsc) < readTsc())
  checkRegisters()
  equal('  CR0', found(At.Control), 0x60000010)
  checkUnits(0x40, 0x5555, 0x1F80, 1, 0, 0)
  lists(true, false)
  subject('spoilt, after INIT and startup')
  if (!start()) return holds('  a second processor starts again', false)
  checkRegisters()
  equal('  CR0', found(At.Control), 0x10)
  checkUnits(0x37F, 0xFFFF, 0x1FA0, 3, 0x0123456789ABCDEF, 0xFEDCBA9876543210)
  lists(true, true)
}

export function testStartup(): void {
  if (!underHypervisor() || (cpuid(1, 0, 1) >> 16 & 0xFF) < 2) return skip('startup of another processor', 'there is none')
  enableApic()
  swap()
  for (let at: u32 = 0; at < imageSize(); at++) store8(Base + at, load8(image() + at))
  const vectors = load64(Vectors)
  store16(Vectors, stackFault())
  store16(Vectors + 2, Base >> 4)
  store16(Vectors + 4, protection())
  store16(Vectors + 6, Base >> 4)
  store32(Record + At.HasXcr0, hasXsave() ? 1 : 0)
  lists(false, false)
  testRounds()
  send(Init)
  store64(Vectors, vectors)
  swap()
}
