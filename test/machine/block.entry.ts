/** The board, whose disks are those of the test. */
export { diskCompleted, mmioRead, mmioWrite, portRead, portWrite, reset, tick } from '../../machine/board'
export { assignAddresses } from '../../machine/pci/assign'
