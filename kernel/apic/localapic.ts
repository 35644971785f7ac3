/** One virtual local APIC: its register page, laid out as the hardware's so that the hardware may use it, and what has no register. */
import { ApicBase, Offset, Spurious, VersionValue } from '../../capability/localapic'

/** What the caller has to do after a call into the APIC. Bits 15:8 are a vector where the comment says so. */
export namespace Action {
  export const None: i32 = 0
  export const Evaluate: i32 = 1 << 0 // `pending` may give another answer than before
  export const Timer: i32 = 1 << 1 // `deadline` has changed
  export const Ipi: i32 = 1 << 2 // the command `command(apic)` is to be sent to its `targets`
  export const EndOfInterrupt: i32 = 1 << 3 // tell the I/O APIC the end of a level-triggered interrupt (vector)
  export const Nmi: i32 = 1 << 4 // deliver an NMI to this vCPU
  export const Init: i32 = 1 << 5 // put this vCPU into the wait for startup, and call `initialize`
  export const Startup: i32 = 1 << 6 // start this vCPU, if it waits for that, at vector << 12 (vector)
  export const Base: i32 = 1 << 7 // IA32_APIC_BASE has changed
  export const Fault: i32 = 1 << 16 // inject #GP(0); nothing was changed
}

/** The vector in bits 15:8 of an action. */
export function vectorOf(action: i32): u32 { return <u32>action >> 8 & 0xFF }

/** No deadline. */
@inline export const Never: u64 = u64.MAX_VALUE

/** State beside the page. The summaries and `accepts` follow from registers and save searching them. */
@unmanaged export class LocalApic {
  page: usize //        00h  linear address of the 4 KiB register page
  id: u32 //            04h  the 32-bit x2APIC id
  base: u64 //          08h  IA32_APIC_BASE
  requests: u32 //      10h  bit n: word n of the IRR is not 0
  services: u32 //      14h  the same of the ISR
  accepts: u32 //       18h  1: enabled by IA32_APIC_BASE and by the spurious-interrupt vector register
  errors: u32 //        1Ch  errors since the ESR was last written
  pins: u32 //          20h  levels of LINT0 and LINT1
  clockShift: u32 //    24h  the timer's input clock is the guest's TSC >> this
  timerStart: u64 //    28h  guest TSC at which the timer had `timerCount` to go
  timerDeadline: u64 // 30h  guest TSC of the timer's next expiry, or Never
  timerCount: u32 //    38h
  taskPriority: u32 //  3Ch  TPR as the processor priority was computed from it: hardware may write the page's
  value: u64 //         40h  what the last successful `readMsr` read
}

@inline export function getRegister(apic: LocalApic, offset: u32): u32 { return load<u32>(apic.page + offset) }
@inline export function setRegister(apic: LocalApic, offset: u32, value: u32): void { store<u32>(apic.page + offset, value) }

@inline export function isX2Apic(apic: LocalApic): bool { return (apic.base & ApicBase.Extended) != 0 }

/** True where the register page answers at the address in IA32_APIC_BASE; else those addresses are like any others. */
export function isMemoryMapped(apic: LocalApic): bool { return (apic.base & (ApicBase.Enabled | ApicBase.Extended)) == ApicBase.Enabled }

/** Power-up: `page` and `clockShift` must be set. `id` is the vCPU's APIC id; one vCPU is the boot processor. 11.4.7.1. */
export function reset(apic: LocalApic, id: u32, isBootProcessor: bool): void {
  apic.id = id
  apic.pins = 0
  apic.base = ApicBase.Default | ApicBase.Enabled | (isBootProcessor ? ApicBase.BootProcessor : 0)
  initialize(apic)
}

/** INIT: all but IA32_APIC_BASE and the id as after power-up. 11.4.7.3. */
export function initialize(apic: LocalApic): void {
  memory.fill(apic.page, 0, 4096)
  apic.requests = 0
  apic.services = 0
  apic.accepts = 0
  apic.errors = 0
  apic.timerDeadline = Never
  apic.timerCount = 0
  setRegister(apic, Offset.Version, VersionValue)
  setRegister(apic, Offset.DestinationFormat, u32.MAX_VALUE)
  setRegister(apic, Offset.SpuriousVector, Spurious.Vector)
  for (let offset = Offset.Timer; offset <= Offset.Error; offset += 16) setRegister(apic, offset, 1 << 16)
  setIdentity(apic)
}

/** ID and, in x2APIC mode, the logical id that follows from it. 11.4.6, 11.12.10.2. */
export function setIdentity(apic: LocalApic): void {
  if (isX2Apic(apic)) {
    setRegister(apic, Offset.Id, apic.id)
    setRegister(apic, Offset.LogicalDestination, apic.id >> 4 << 16 | 1 << (apic.id & 0xF))
  } else {
    setRegister(apic, Offset.Id, apic.id << 24)
  }
}
