/** Intel VT-x, as vmx/operations.ts calls it. */
export { check, disable, enable } from './enable'
export { featureWord, hasHugePages, hasInvpcid, hasRdtscp, hasUserWait, hasXsaves, identifiers } from './features'
export { fillPermissionMaps, PermissionBytes } from './permission'
export { adopt, assignIdentifier, flushGuest } from './identifier'
export {
  closeWindow, completeInstruction, enterTask, initializeControl, injectException, injectNmi, isInterruptible, nmiReturned, openWindow, readDr7, readEfer, readPat,
  readTaskPriority, resetState, setControlRegisters, setSegment, setTableBase, setTableLimit, setTscOffset, trapDebug, watchTaskPriority, writePat,
  writeTaskPriority,
} from './control'
export { hasReservedPointer } from './pdpte'
export { canVirtualizeApic, offerInterrupts, setApicMode } from './apic'
export { mapLarge, mapPage } from './nested'
export { hardwareLength, rawReason, run } from './run'
export { loadState, readCodeState, readProcessor, saveState, writeCr2, writeProcessor } from './state'
export { controlField, retire } from './structure'
