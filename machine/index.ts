/** The machine: one VM's virtual hardware and its boot loader. Its exports are the table in docs/architecture.md. */
import { BootProtocol, ConfigNumber, number } from '../capability/config'
import { writeTables } from './acpi/index'
import { mmioRead, mmioWrite, portRead, portWrite, reset } from './board'
import { boot } from './loader/index'
import { assignAddresses } from './pci/assign'
import { connect } from './vcpu/bus'

export { msrRead, msrWrite } from './msr/msr'
export { execute } from './instruction/execute'
export { switchTask } from './task/task'

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
  serialInput,
  tick,
  unbackedAccesses,
} from './board'

/** Powers the machine on: wires the board, does what firmware would do itself, loads the kernel and sets the start state. 0 when the guest can run. */
export function start(): i32 {
  reset()
  connect(mmioRead, mmioWrite, portRead, portWrite)
  if (<u32>number(ConfigNumber.BootProtocol) != BootProtocol.Firmware) {
    writeTables()
    assignAddresses()
  }
  return boot()
}
