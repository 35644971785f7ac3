/** Why a guest's run ended, in words that both vendors share. */
export namespace Exit {
  export const Interrupt: u32 = 0 // the host's own; nothing of the guest's
  export const NestedPageFault: u32 = 1
  export const Cpuid: u32 = 2
  export const MsrRead: u32 = 3
  export const MsrWrite: u32 = 4
  export const Port: u32 = 5
  export const Halt: u32 = 6
  export const ControlRegister: u32 = 7 // a write of `register` (0, 4, 8), or a read of 8
  export const InterruptWindow: u32 = 8 // the guest can take an interrupt now
  export const NmiWindow: u32 = 9 // the guest can take an NMI now
  export const Exception: u32 = 10 // `vector`, `error`
  export const Hypercall: u32 = 11
  export const Xsetbv: u32 = 12
  export const CacheFlush: u32 = 13 // INVD, WBINVD
  export const Undefined: u32 = 14 // an instruction the guest was not offered: #UD
  export const Shutdown: u32 = 15 // triple fault
  export const Invalid: u32 = 16 // the guest's state was refused
  export const Unknown: u32 = 17
  export const Rdpmc: u32 = 18
  export const TaskSwitch: u32 = 19
  export const ApicWrite: u32 = 20 // the hardware put a value into the APIC's page, at `gpa`
  export const EndOfInterrupt: u32 = 21 // of `vector`, which the hardware took out of service
  export const Pause: u32 = 22 // one PAUSE, or a loop of them
  export const Count: u32 = 23
}
