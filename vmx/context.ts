/** The part of a vCPU that the hardware runs: its registers, why it last left, and the vendor's control block. */
import { ExitRecord } from './exit'
import { Processor } from '../capability/vcpu'

@unmanaged export class Context extends Processor {
  padding: u32
  hostStack: u64 // F8h  Intel: the host's RSP as the VMCS has it, known to boot/vmx.asm
  // The exit record, inline: see `exit`.
  exitReason: u32
  exitLength: u32
  exitGpa: u64
  exitAccess: u32
  exitPort: u32
  exitSize: u32
  exitFlags: u32
  exitVector: u32
  exitError: u32
  control: usize //    linear address of the VMCB or VMCS page
  controlHpa: u64
  nestedRoot: u64 //   hpa of the nested page tables' root
  identifier: u32 //   ASID or VPID
  identifierGeneration: u32
  event: u64 //        an event to inject at the next entry, in the vendor's format (both use the same layout); 0 for none
  nmiBlocked: bool //  between an NMI's injection and its IRET
  windowOpen: bool //  an interrupt window was asked for
  state: u64 //        hpa of the XSAVE area
  xcr0: u64
  dr0: u64
  dr1: u64
  dr2: u64
  dr3: u64
  longModeAsked: u64 //      AMD: EFER.LME of a guest that has not set CR4.PAE
  virtualApic: usize //      linear address of the local APIC's register page
  virtualApicHpa: u64
  apicMode: u32 //           an ApicMode: what of the local APIC is the hardware's
  launched: bool //          an entry has worked
  // Intel only: what a VMCB holds and a VMCS does not, and what saves reading it.
  hardwareRip: u64 //        as the VMCS has it
  primaryControls: u32
  taskPriority: u32 //       CR8 where there is no TPR shadow
  taskThreshold: u32
  secondaryControls: u32
  eoiExits0: u64 //          four words: a bit for each vector whose end is to be seen
  eoiExits1: u64
  eoiExits2: u64
  eoiExits3: u64
  dr6: u64
  star: u64
  lstar: u64
  cstar: u64
  sfmask: u64
  kernelGsBase: u64

  /** `rip`, `rax` and the other general registers but RSP are always the guest's own; `rsp` and the rest after `readProcessor`. */
  @inline get exit(): ExitRecord { return changetype<ExitRecord>(changetype<usize>(this) + offsetof<Context>('exitReason')) }
}

export { EventErrorValid, EventType, EventValid } from '../capability/virtualization'

/** How the hardware virtualizes a local APIC. */
export namespace ApicMode {
  export const Emulated: u32 = 0 // not at all: the nucleus does
  export const MemoryMapped: u32 = 1
  export const X2Apic: u32 = 2
}

/** Segments and descriptor tables; segments as StartSegment of capability/start.ts counts them. */
export namespace Table {
  export const Gdtr: u32 = 0
  export const Idtr: u32 = 1
}
