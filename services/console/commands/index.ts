/** Every command of the console. */
import { addHelp } from './help'
import { addHostCommands } from './host'
import { addHostSet } from './hostset'
import { addLog } from './log'
import { addPowerCommands } from './power'
import { addSandboxCommands } from './sandbox'
import { addHostTop, addVmTop } from './top'
import { addVmCommands } from './vm'
import { addVmOrders } from './vmorder'

/** Adds them all, in the order in which `help` lists them. */
export function addCommands(): void {
  addHelp()
  addVmCommands()
  addVmTop()
  addVmOrders()
  addHostCommands()
  addHostSet()
  addHostTop()
  addSandboxCommands()
  addLog()
  addPowerCommands()
}
