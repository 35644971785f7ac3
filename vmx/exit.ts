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

/** An exit's name, for tables and messages. */
export function exitName(reason: u32): string {
  switch (reason) {
    case Exit.Interrupt: return 'host-interrupt'
    case Exit.NestedPageFault: return 'nested-page-fault'
    case Exit.Cpuid: return 'cpuid'
    case Exit.MsrRead: return 'msr-read'
    case Exit.MsrWrite: return 'msr-write'
    case Exit.Port: return 'port'
    case Exit.Halt: return 'halt'
    case Exit.ControlRegister: return 'control-register'
    case Exit.InterruptWindow: return 'interrupt-window'
    case Exit.NmiWindow: return 'nmi-window'
    case Exit.Exception: return 'exception'
    case Exit.Hypercall: return 'hypercall'
    case Exit.Xsetbv: return 'xsetbv'
    case Exit.CacheFlush: return 'cache-flush'
    case Exit.Undefined: return 'undefined-instruction'
    case Exit.Shutdown: return 'shutdown'
    case Exit.Invalid: return 'invalid-state'
    case Exit.Rdpmc: return 'rdpmc'
    case Exit.TaskSwitch: return 'task-switch'
    case Exit.Pause: return 'pause'
    case Exit.ApicWrite: return 'apic-write'
    case Exit.EndOfInterrupt: return 'end-of-interrupt'
  }
  return 'unknown'
}

/** Filled on every exit: `reason`; the rest only where the reason has it. */
@unmanaged export class ExitRecord {
  reason: u32 //  00h
  length: u32 //  04h  port: bytes of the instruction
  gpa: u64 //     08h  nested page fault
  access: u32 //  10h  nested page fault: bits of Access
  port: u32 //    14h
  size: u32 //    18h  port: 1, 2 or 4 bytes
  isIn: bool //   1Ch
  isString: bool
  isRepeated: bool
  register: u8 // control register number
  vector: u32 //  20h
  error: u32 //   24h
}

export namespace Access {
  export const Write: u32 = 1
  export const Fetch: u32 = 2
}
