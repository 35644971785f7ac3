/** Looks for the devices of the host that there are drivers for, once, at boot: the nucleus takes what `results` points at and ends this sandbox. */
import { initializeAccess } from './configuration'
import { clearRecord, record } from './record'
import { scan } from './scan'

/** Looks; always ready, since a machine without such devices is one too. */
export function start(): i32 {
  clearRecord()
  initializeAccess()
  scan()
  return 0
}

/** Where the DeviceRecord is. */
export function results(): usize { return changetype<usize>(record()) }
