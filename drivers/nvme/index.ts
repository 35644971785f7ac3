/** NVM Express 1.4: granted one PCI function, and the requests for the units that it announces, which are namespaces. */
import * as controller from './controller'

export { deadline, interrupt, submit } from './controller'

/** 0 when the controller works or is about to, 1 when it cannot be used. */
export function start(): i32 { return controller.start() ? 0 : 1 }
