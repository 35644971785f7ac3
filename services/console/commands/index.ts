/** Every command of the console. */
import { addHelp } from './help'
import { addHostCommands } from './host'
import { addHostSet } from './hostset'
import { addLog } from './log'
import { addNetCommands } from './net'
import { addNetSet } from './netset'
import { addPoolCommands } from './pool'
import { addPowerCommands } from './power'
import { addSandboxCommands } from './sandbox'
import { addHostTop, addVmTop } from './top'
import { addVmCommands } from './vm'
import { addVmOrders } from './vmorder'
import { addVolumeCommands } from './volume'

/** Adds them all, in the order in which `help` lists them. */
export function addCommands(): void {
  addHelp()
  addVmCommands()
  addVmTop()
  addVmOrders()
  addHostCommands()
  addHostSet()
  addHostTop()
  addPoolCommands()
  addVolumeCommands()
  addNetCommands()
  addNetSet()
  addSandboxCommands()
  addLog()
  addPowerCommands()
}
