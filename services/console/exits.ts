/** Why guests exit, in words. */
import { Exit } from '../../capability/exit'

/** An exit's name. */
export function nameOfExit(reason: u32): string {
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
