/**
 * Hardware virtualization as the rest of the nucleus uses it: the same functions whoever made the CPU.
 */
export { check, enable } from './amd/enable'
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
