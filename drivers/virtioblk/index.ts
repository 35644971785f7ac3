/** Virtual I/O Device (VIRTIO) 1.2, block device over PCI: granted one function, and the requests for its one unit. */
import * as controller from './controller'

export { deadline, interrupt, submit } from './controller'

/** 0 when the device works or is about to, 1 when it cannot be used. */
export function start(): i32 { return controller.start() ? 0 : 1 }
