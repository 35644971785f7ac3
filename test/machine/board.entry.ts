/** The board alone, without ACPI tables and boot loader: what its tests drive. */
export {
  acknowledge,
  diskCompleted,
  endOfInterrupt,
  ferr,
  memoryChanged,
  mmioRead,
  mmioWrite,
  netProgress,
  portRead,
  portWrite,
  powerButton,
  processors,
  reset,
  serialInput,
  tick,
  unbackedAccesses,
} from '../../machine/board'
export { msrRead, msrWrite } from '../../machine/msr/msr'
export { assignAddresses } from '../../machine/pci/assign'
/** Where the next that is allocated lies. */
export function heapTop(): usize { return heap.alloc(1) }
