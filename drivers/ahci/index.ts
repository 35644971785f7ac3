/** Serial ATA AHCI 1.3.1: granted one PCI function, and the requests for the units that it announces, which are its ports' disks and drives for discs. */
import * as controller from './controller'

export { deadline, interrupt, submit } from './controller'

/** 0 when the HBA works or is about to, 1 when it cannot be used. */
export function start(): i32 { return controller.start() ? 0 : 1 }
