/** The nucleus: what boot/ calls, and what the sandboxes' imports reach. */
export { boot } from './boot'
export { bootProcessor } from './cpu/processor'
export { onException, onTrap, onAbort } from './debug/fault'
export { onInterrupt } from './interrupts/interrupt'
export { growMemory } from './sandbox/sandbox'
export { logLine, envAbort } from './capability/log'
export { firmwareIsDevice, firmwarePage, firmwareRootPointers } from './capability/firmware'
export { modulesCount, modulesRead, modulesSize } from './capability/modules'
export { refusalField, refusalNumber } from './capability/refusal'
export { blockAnnounce, blockComplete, blockNext, deviceArm, deviceConfiguration, deviceNumber, devicePhysical, deviceStartTransfers } from './capability/device'
export { diskCompleted, diskCountOf as diskCount, diskNumber, diskSerial, diskSubmit } from './capability/disk'
export {
  adminStorageAnswer, adminStorageDevice, adminStorageOrder, storageAnswer, storageChecksum, storageComplete, storageCompleted, storageConfigured, storageCopy, storageCount, storageForget,
  storageImage, storageIsUsed, storageNext, storageNumber, storageOpen, storageOrder, storageRecall, storageRemember, storageRoom, storageTransfer, storageUnit, storageZero,
} from './capability/storage'
export { netAccept, netAnnounce, netCount, netNumber, netOffer, netRing, netWithdraw } from './capability/net'
export {
  adminSwitchAnswer, adminSwitchOrder, switchAnswer, switchArm, switchDeliver, switchKeep, switchNow, switchNumber, switchOrder, switchPause, switchRecord, switchSetLink, switchTake,
} from './capability/switch'
export { vcpuEnter, vcpuField, vcpuInstruction, vcpuLocate, vcpuPort, vcpuRead, vcpuRegisters, vcpuSegment, vcpuSetRegisters, vcpuWrite } from './capability/vcpu'
export { screenDescribe } from './capability/screen'
export { streamPull, streamPush } from './capability/stream'
export { ramCopyIn, ramCopyOut, ramReclaim, ramRelease, ramReport, ramTouch, ramZero } from './capability/ram'
export { fileRead, fileSize, fileToRam } from './capability/file'
export {
  clockArm, clockEpoch, configNumber, configText, interruptIntr, interruptMessage, powerOff, powerPlug, powerReset, serialInput, serialOutput,
  startSegment, startState,
} from './capability/machine'
export {
  adminCpuid, adminCpuNumber, adminHostNumber, adminHostSet, adminHostText, adminMemoryBytes, adminPciRead, adminPower,
  adminSandboxCount, adminSandboxNumber, adminSandboxRestart, adminSandboxText, adminTerminalRead, adminTerminalWrite, adminWakeAt,
} from './capability/adminhost'
export {
  adminLogBegin, adminLogEnd, adminLogRead, adminSerialBegin, adminSerialEnd, adminSerialRead,
  adminSerialWrite, adminVcpuNumber, adminVmCount, adminVmExits, adminVmOrder, adminVmRecord, adminVmSet, adminVmText,
} from './capability/adminvm'
