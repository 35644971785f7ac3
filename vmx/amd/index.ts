/** AMD-V, as vmx/operations.ts calls it. */
export { check, disable, enable } from './enable'
export { featureWord, hasHugePages, identifiers } from './features'
export { fillPermissionMaps, PermissionBytes } from './permission'
export { adopt, assignIdentifier, flushGuest } from './identifier'
export {
  closeWindow, completeInstruction, controlField, initializeControl, injectException, injectNmi, isInterruptible, nmiReturned, openWindow, readDr7, readEfer, readPat,
  readTaskPriority, resetState, setControlRegisters, setSegment, setTableBase, setTableLimit, setTscOffset, trapDebug, watchTaskPriority, writePat,
  writeTaskPriority,
} from './control'
export { mapLarge } from './nested'
export { hardwareLength, initializeRun, rawReason, run, wasEntered } from './run'
export { readCodeState, readProcessor, writeCr2, writeProcessor } from './state'
