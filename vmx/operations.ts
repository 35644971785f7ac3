/**
 * Hardware virtualization as the rest of the nucleus uses it: the same functions whoever made the CPU.
 */
import * as amd from './amd/enable'
import { Blocked } from './blocked'
import * as intel from './intel/enable'
import { controlName } from './intel/requirements'
import { isIntel } from './vendor'

/** Why guests cannot run on this CPU; Blocked.No when they can. */
export function check(): u32 { return isIntel() ? intel.check() : amd.check() }

/** Switches hardware virtualization on; `save` and `hostState` are the hpa of zeroed frames. Why guests cannot run after all; Blocked.No when they can. */
export function enable(save: u64, hostState: u64): u32 {
  if (!isIntel()) return amd.enable(save, hostState)
  return intel.enable(save, hostState) || Blocked.IntelNotYet
}

/** What a reason speaks of beyond its `blockedText`; '' for most. */
export function blockedDetail(reason: u32): string { return (reason & 0xFF) == Blocked.ControlRefused ? controlName(reason) : '' }

export { assignAsid, flushGuest } from './amd/asid'
export {
  closeWindow, completeInstruction, initializeControl, injectException, injectNmi, isInterruptible, nmiReturned, openWindow, readEfer,
  readPat, readTaskPriority, resetState, setControlRegisters, setSegment, setTableBase, setTableLimit, setTscOffset, watchTaskPriority, writePat, writeTaskPriority,
} from './amd/control'
export { fillPermissionMaps, MsrMapBytes, PortMapBytes } from './amd/permission'
export { mapLarge } from './amd/nested'
export { fetchedAddress, fetchedBytes, hardwareLength, initializeRun, rawReason, run } from './amd/run'
export { readCodeState, readProcessor, writeCr2, writeProcessor } from './amd/state'
export { Table } from './context'
