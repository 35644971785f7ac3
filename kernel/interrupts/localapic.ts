/** The host's own local APIC. Intel SDM vol. 3, ch. 11; APM vol. 2, ch. 16. */
import * as hw from '../hw'
import { DeliveryMode, Icr, Lvt, Offset, Shorthand, Spurious } from '../../capability/localapic'

/** IA32_APIC_BASE. */
const ApicBaseMsr: u32 = 0x1B
@inline const Enable: u64 = 1 << 11
@inline const X2Apic: u64 = 1 << 10
/** The x2APIC's MSRs are the xAPIC's registers: 800h + offset ÷ 16. */
const X2ApicMsr: u32 = 0x800

/** The nucleus's own vectors. */
export namespace Vector {
  export const Timer: u32 = 0xF0
  export const Kick: u32 = 0xF1
  export const Console: u32 = 0xE0
  export const Keyboard: u32 = 0xE1
  export const Device: u32 = 0xD0 // + the device's number
  export const Line: u32 = 0x20 // + the 8259s' input
  export const Spurious: u32 = 0xFF
}

const DivideByOne: u32 = 0b1011

let base: u64 = 0
let x2apic = false

function read(register: u32): u32 {
  return x2apic ? <u32>hw.readMsr(X2ApicMsr + (register >> 4)) : hw.load32(base + register)
}

function write(register: u32, value: u32): void {
  if (x2apic) hw.writeMsr(X2ApicMsr + (register >> 4), value)
  else hw.store32(base + register, value)
}

/** Enables the local APIC in the mode the firmware chose, another CPU's in that of the first, with everything but the timer masked; vectors of `priority`'s class and below wait. */
export function initializeLocalApic(priority: u32): void {
  const value = hw.readMsr(ApicBaseMsr)
  x2apic = x2apic || (value & X2Apic) != 0
  base = value & 0x000F_FFFF_FFFF_F000
  hw.writeMsr(ApicBaseMsr, value | Enable | (x2apic ? X2Apic : 0))
  write(Offset.SpuriousVector, Vector.Spurious | Spurious.Enabled)
  write(Offset.TaskPriority, priority)
  write(Offset.Lint0, Lvt.Masked)
  write(Offset.Lint1, Lvt.Masked)
  write(Offset.Error, Lvt.Masked)
  write(Offset.DivideConfiguration, DivideByOne)
  write(Offset.Timer, Vector.Timer)
  write(Offset.InitialCount, u32.MAX_VALUE)
}

export function localApicId(): u32 { return x2apic ? read(Offset.Id) : read(Offset.Id) >> 24 }

/** The timer's count, running down from u32.MAX_VALUE after `initializeLocalApic`, for its calibration. */
export function timerCount(): u32 { return read(Offset.CurrentCount) }

/** Lets the timer interrupt, once, after `ticks` of its own clock. */
export function armTimer(ticks: u32): void { write(Offset.InitialCount, max(ticks, 1)) }

/** Takes the 8259s' interrupts too. */
export function passExternal(): void { write(Offset.Lint0, DeliveryMode.ExtInt) }

export function endOfInterrupt(): void { write(Offset.Eoi, 0) }

/** An xAPIC's interrupt command has eight bits for the id, of which FFh is everybody. SDM vol. 3, 11.6.1. */
export function isReachable(apicId: u32): bool { return x2apic || apicId < 0xFF }

function send(apicId: u32, command: u32): void {
  if (x2apic) {
    hw.fence() // the write of an x2APIC's MSR orders nothing by itself: what is said must be seen before the interrupt. SDM vol. 3, 11.12.3
    hw.writeMsr(X2ApicMsr + (Offset.InterruptCommand >> 4), <u64>apicId << 32 | command)
    return
  }
  while ((read(Offset.InterruptCommand) & Icr.DeliveryStatus) != 0) hw.pause()
  write(Offset.InterruptCommandHigh, apicId << 24)
  write(Offset.InterruptCommand, command)
}

export function sendInit(apicId: u32): void { send(apicId, DeliveryMode.Init | Icr.Assert) }
/** The processor that waits for it starts in real mode at `page` << 12, below 1 MiB. */
export function sendStartup(apicId: u32, page: u32): void { send(apicId, DeliveryMode.Startup | Icr.Assert | page) }
export function sendKick(apicId: u32): void { send(apicId, Vector.Kick | Icr.Assert) }
/** To all other processors. */
export function sendNmiToOthers(): void { send(0, DeliveryMode.Nmi | Icr.Assert | Shorthand.Others) }
