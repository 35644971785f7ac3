/** One measurement of each kind: the TSC before, what is measured, the TSC after. */
import { cpuid, disableInterrupts, enableInterrupts, in8, load32, load64, out8, pause, readMsr, readTsc, store32, wait, writeMsr } from '../platform/hw'
import { Apic, ApicBase, DeadlineMode, DivideBy1, SelfShorthand, sendTo, startTimer, TscDeadline, writeApic } from '../platform/localapic'
import { arrived, taken, thousand } from './code'

export namespace Kind {
  export const Nothing: u32 = 0
  export const Cpuid: u32 = 1
  export const PortRead: u32 = 2
  export const PortWrite: u32 = 3
  export const PortUnbacked: u32 = 4
  export const MmioRead: u32 = 5
  export const MmioReadIoApic: u32 = 6
  export const MmioWrite: u32 = 7
  export const ReadApicBase: u32 = 8
  export const TscAdjust: u32 = 9
  export const ApicRead: u32 = 10
  export const XapicSelfIpi: u32 = 11
  export const HaltWake: u32 = 12
  export const Deadline: u32 = 13
  export const X2apicSelfIpi: u32 = 14
  export const Thousand: u32 = 15
  export const Ipi: u32 = 16
}

export namespace Vector {
  export const Ipi: u32 = 0x50
  export const Timer: u32 = 0x51
  export const Disk: u32 = 0x52
}

@inline const TscAdjustMsr: u32 = 0x3B // Intel SDM vol. 4, IA32_TSC_ADJUST
@inline const LineStatus: u32 = 0x3FD
@inline const Scratch: u32 = 0x3FF
@inline const Unbacked: u32 = 0x9F0 // no device of a PC has it
@inline const HpetCounter: u64 = 0xFED000F0
@inline const IoApicSelect: u64 = 0xFEC00000
@inline const ApicPage: u64 = 0xFEE00000

/** CPUID 7.0 EBX bit 1. */
export function hasTscAdjust(): bool { return cpuid(0, 0, 0) >= 7 && (cpuid(7, 0, 1) & 2) != 0 }

/** Puts the timer into TSC-deadline mode. */
export function prepareDeadline(): void { writeApic(Apic.Timer, Vector.Timer | DeadlineMode) }

export function once(kind: u32): u64 {
  let begin: u64 = 0
  switch (kind) {
    case Kind.Nothing:
      begin = readTsc()
      return readTsc() - begin
    case Kind.Cpuid:
      begin = readTsc()
      cpuid(0, 0, 0)
      return readTsc() - begin
    case Kind.PortRead:
      begin = readTsc()
      in8(LineStatus)
      return readTsc() - begin
    case Kind.PortWrite:
      begin = readTsc()
      out8(Scratch, 0x5A)
      return readTsc() - begin
    case Kind.PortUnbacked:
      begin = readTsc()
      in8(Unbacked)
      return readTsc() - begin
    case Kind.MmioRead:
      begin = readTsc()
      load32(HpetCounter)
      return readTsc() - begin
    case Kind.MmioReadIoApic:
      begin = readTsc()
      load32(IoApicSelect)
      return readTsc() - begin
    case Kind.MmioWrite:
      begin = readTsc()
      store32(IoApicSelect, 0)
      return readTsc() - begin
    case Kind.ReadApicBase:
      begin = readTsc()
      readMsr(ApicBase)
      return readTsc() - begin
    case Kind.TscAdjust:
      begin = readTsc()
      writeMsr(TscAdjustMsr, 0)
      return readTsc() - begin
    case Kind.ApicRead:
      begin = readTsc()
      load32(ApicPage + Apic.Id)
      return readTsc() - begin
    case Kind.Thousand:
      begin = readTsc()
      thousand()
      return readTsc() - begin
    case Kind.XapicSelfIpi: return xapicSelfIpi()
    case Kind.HaltWake: return haltWake()
    case Kind.Deadline: return deadline()
    case Kind.X2apicSelfIpi: return x2apicSelfIpi()
    case Kind.Ipi: return ipi()
  }
  return 0
}

function xapicSelfIpi(): u64 {
  const counter = taken()
  const before = load64(counter)
  enableInterrupts()
  const begin = readTsc()
  store32(ApicPage + Apic.CommandLow, Vector.Ipi | SelfShorthand)
  while (load64(counter) == before) pause()
  const end = readTsc()
  disableInterrupts()
  return end - begin
}

function x2apicSelfIpi(): u64 {
  const counter = taken()
  const before = load64(counter)
  enableInterrupts()
  const begin = readTsc()
  writeMsr(0x83F, Vector.Ipi) // SELF_IPI
  while (load64(counter) == before) pause()
  const end = readTsc()
  disableInterrupts()
  return end - begin
}

/** From sending the second processor an interrupt until its handler's count is seen here: the processor of the host's that both have went there and back. */
function ipi(): u64 {
  const counter = taken()
  const before = load64(counter)
  enableInterrupts()
  const begin = readTsc()
  sendTo(1, Vector.Ipi)
  while (load64(counter) == before) pause()
  const end = readTsc()
  disableInterrupts()
  return end - begin
}

/** From arming a deadline that is already past until its handler is done. */
function deadline(): u64 {
  const counter = taken()
  const before = load64(counter)
  enableInterrupts()
  const begin = readTsc()
  writeMsr(TscDeadline, 1)
  while (load64(counter) == before) pause()
  const end = readTsc()
  disableInterrupts()
  return end - begin
}

/** From a halted processor's timer running out until its handler begins, and what arming it cost. */
function haltWake(): u64 {
  const before = load64(taken())
  const begin = readTsc()
  startTimer(Vector.Timer, 0, 1, DivideBy1)
  while (load64(taken()) == before) wait()
  return load64(arrived()) - begin
}
