/** The local APIC, through its page or, once switched, through MSRs. Intel SDM vol. 3, chapter 11 (xAPIC) and 11.12 (x2APIC). */
import { cpuid, load32, readMsr, store32, writeMsr } from './hw'

@inline export const ApicBase: u32 = 0x1B // MSR IA32_APIC_BASE
@inline export const TscDeadline: u32 = 0x6E0 // MSR IA32_TSC_DEADLINE
@inline const GlobalEnable: u64 = 1 << 11
@inline const ExtendedEnable: u64 = 1 << 10

/** Register offsets in the page. In x2APIC mode the MSR is 800h plus a sixteenth of it. */
export namespace Apic {
  export const Id: u32 = 0x20
  export const Version: u32 = 0x30
  export const TaskPriority: u32 = 0x80
  export const ProcessorPriority: u32 = 0xA0
  export const EndOfInterrupt: u32 = 0xB0
  export const LogicalDestination: u32 = 0xD0
  export const DestinationFormat: u32 = 0xE0
  export const Spurious: u32 = 0xF0
  export const InService: u32 = 0x100
  export const TriggerMode: u32 = 0x180
  export const Request: u32 = 0x200
  export const ErrorStatus: u32 = 0x280
  export const CommandLow: u32 = 0x300
  export const CommandHigh: u32 = 0x310
  export const Timer: u32 = 0x320
  export const Lint0: u32 = 0x350
  export const Lint1: u32 = 0x360
  export const Error: u32 = 0x370
  export const InitialCount: u32 = 0x380
  export const CurrentCount: u32 = 0x390
  export const DivideConfiguration: u32 = 0x3E0
  export const SelfIpi: u32 = 0x3F0 // x2APIC only
}

@inline export const Masked: u32 = 1 << 16
@inline export const Periodic: u32 = 1 << 17
@inline export const DeadlineMode: u32 = 2 << 17
@inline export const SelfShorthand: u32 = 1 << 18 // ICR destination shorthand
@inline export const OthersShorthand: u32 = 3 << 18 // all excluding self
@inline export const DeliverNmi: u32 = 4 << 8
@inline export const DeliverExternal: u32 = 7 << 8

let extended: bool = false
let page: u64 = 0xFEE00000

export function hasApic(): bool { return (cpuid(1, 0, 3) & (1 << 9)) != 0 }
export function hasX2apic(): bool { return (cpuid(1, 0, 2) & (1 << 21)) != 0 }
export function hasTscDeadline(): bool { return (cpuid(1, 0, 2) & (1 << 24)) != 0 }
export function inX2apicMode(): bool { return extended }

export function readApic(register: u32): u32 {
  return extended ? u32(readMsr(0x800 + (register >> 4))) : load32(page + register)
}

export function writeApic(register: u32, value: u32): void {
  if (extended) writeMsr(0x800 + (register >> 4), value)
  else store32(page + register, value)
}

/** Enables the local APIC in xAPIC mode: everything accepted, spurious vector FFh, the wires masked. */
export function enableApic(): void {
  const base = readMsr(ApicBase)
  // x2APIC goes back to xAPIC only by way of disabled (SDM vol. 3, 11.12.5).
  if (base & ExtendedEnable) writeMsr(ApicBase, base & ~(GlobalEnable | ExtendedEnable))
  writeMsr(ApicBase, (base & ~ExtendedEnable) | GlobalEnable)
  extended = false
  page = base & 0xFFFFFF000
  quieten()
}

/** Switches to x2APIC mode; only where `hasX2apic()`. */
export function enableX2apic(): void {
  writeMsr(ApicBase, readMsr(ApicBase) | GlobalEnable | ExtendedEnable)
  extended = true
  quieten()
}

function quieten(): void {
  writeApic(Apic.Spurious, 0x1FF)
  writeApic(Apic.TaskPriority, 0)
  writeApic(Apic.Timer, Masked)
  writeApic(Apic.Lint0, Masked)
  writeApic(Apic.Lint1, Masked)
  writeApic(Apic.InitialCount, 0)
}

export function endOfInterrupt(): void { writeApic(Apic.EndOfInterrupt, 0) }

/** Sends an interrupt to this processor by the ICR, with a destination rather than the shorthand, since NMI allows no self shorthand (SDM vol. 3, table 11-3). */
export function sendSelf(command: u32): void { sendTo(extended ? readApic(Apic.Id) : readApic(Apic.Id) >> 24, command) }

/** Sends an interrupt command to the processor of this APIC id, below 255. */
export function sendTo(id: u32, command: u32): void {
  if (extended) {
    writeMsr(0x830, u64(id) << 32 | u64(command))
    return
  }
  writeApic(Apic.CommandHigh, id << 24)
  writeApic(Apic.CommandLow, command)
}

/** The timer's input divided by 1 (SDM vol. 3, figure 11-10). */
@inline export const DivideBy1: u32 = 0xB
@inline export const DivideBy16: u32 = 3

/** Starts the timer: `mode` is 0 for one shot or `Periodic`. */
export function startTimer(vector: u32, mode: u32, count: u32, divide: u32): void {
  writeApic(Apic.DivideConfiguration, divide)
  writeApic(Apic.Timer, vector | mode)
  writeApic(Apic.InitialCount, count)
}

export function stopTimer(): void {
  writeApic(Apic.InitialCount, 0)
  writeApic(Apic.Timer, Masked)
}
