/** The local APIC's registers. Intel SDM vol. 3, chapter 11 (section numbers as of revision 080). */

/** Offsets in the register page; an x2APIC MSR is 800h + offset / 16. Table 11-1. */
export namespace Offset {
  export const Id: u32 = 0x020
  export const Version: u32 = 0x030
  export const TaskPriority: u32 = 0x080
  export const ArbitrationPriority: u32 = 0x090
  export const ProcessorPriority: u32 = 0x0A0
  export const Eoi: u32 = 0x0B0
  export const RemoteRead: u32 = 0x0C0
  export const LogicalDestination: u32 = 0x0D0
  export const DestinationFormat: u32 = 0x0E0
  export const SpuriousVector: u32 = 0x0F0
  export const InService: u32 = 0x100 // eight words, 16 bytes apart
  export const TriggerMode: u32 = 0x180
  export const InterruptRequest: u32 = 0x200
  export const ErrorStatus: u32 = 0x280
  export const InterruptCommand: u32 = 0x300
  export const InterruptCommandHigh: u32 = 0x310
  export const Timer: u32 = 0x320
  export const Thermal: u32 = 0x330
  export const PerformanceCounter: u32 = 0x340
  export const Lint0: u32 = 0x350
  export const Lint1: u32 = 0x360
  export const Error: u32 = 0x370
  export const InitialCount: u32 = 0x380
  export const CurrentCount: u32 = 0x390
  export const DivideConfiguration: u32 = 0x3E0
  export const SelfIpi: u32 = 0x3F0 // x2APIC only
}

/** Version 14h, six local vector table entries, no suppression of EOI broadcasts. 11.4.8. */
export const VersionValue: u32 = 0x0005_0014

/** Local vector table entries. Figure 11-8. */
export namespace Lvt {
  export const Vector: u32 = 0xFF
  export const DeliveryMode: u32 = 7 << 8
  export const DeliveryStatus: u32 = 1 << 12
  export const ActiveLow: u32 = 1 << 13
  export const RemoteIrr: u32 = 1 << 14
  export const Level: u32 = 1 << 15
  export const Masked: u32 = 1 << 16
  export const TimerMode: u32 = 3 << 17
}

/** Bits 18:17 of the timer's entry. Table 11-2. */
export namespace TimerMode {
  export const OneShot: u32 = 0 << 17
  export const Periodic: u32 = 1 << 17
  export const TscDeadline: u32 = 2 << 17
}

/** Bits 10:8 of a command, a message or a local vector table entry. 11.5.1, 11.6.1. */
export namespace DeliveryMode {
  export const Fixed: u32 = 0 << 8
  export const LowestPriority: u32 = 1 << 8
  export const Smi: u32 = 2 << 8
  export const Nmi: u32 = 4 << 8
  export const Init: u32 = 5 << 8
  export const Startup: u32 = 6 << 8
  export const ExtInt: u32 = 7 << 8
}

/** Interrupt command register. Figure 11-12. */
export namespace Icr {
  export const Vector: u32 = 0xFF
  export const DeliveryMode: u32 = 7 << 8
  export const Logical: u32 = 1 << 11
  export const DeliveryStatus: u32 = 1 << 12
  export const Assert: u32 = 1 << 14
  export const Level: u32 = 1 << 15
  export const Shorthand: u32 = 3 << 18
}

/** Bits 19:18 of a command. */
export namespace Shorthand {
  export const None: u32 = 0 << 18
  export const Self: u32 = 1 << 18
  export const All: u32 = 2 << 18
  export const Others: u32 = 3 << 18
}

/** Spurious-interrupt vector register. Figure 11-23. */
export namespace Spurious {
  export const Vector: u32 = 0xFF
  export const Enabled: u32 = 1 << 8
  export const Writable: u32 = 0x3FF // bit 9, focus checking, is kept and does nothing
}

/** Error status register. Figure 11-9. */
export namespace ErrorStatus {
  export const SendIllegalVector: u32 = 1 << 5
  export const ReceiveIllegalVector: u32 = 1 << 6
  export const IllegalRegister: u32 = 1 << 7
}

/** IA32_APIC_BASE, MSR 1Bh. Figure 11-5 and 11-26. */
export namespace ApicBase {
  export const BootProcessor: u64 = 1 << 8
  export const Extended: u64 = 1 << 10
  export const Enabled: u64 = 1 << 11
  export const Default: u64 = 0xFEE0_0000
}
