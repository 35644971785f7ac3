/** reboot, shutdown. */
import { PowerOrder } from '../../../capability/admin'
import { add, Arguments } from '../command'
import { leaveHost } from '../leaving'

const explanation: string =
  'Presses the power button of every running VM and waits up to 30 s for them; Ctrl-C cancels.\n' +
  '--force does not wait: guests lose what they have not saved.'

/** Adds them. */
export function addPowerCommands(): void {
  add('reboot', 'stop VMs, reboot host', 'reboot', reboot).option('--force').explain(explanation)
  add('shutdown', 'stop VMs, power off', 'shutdown', shutdown).option('--force').explain(explanation)
}

function reboot(given: Arguments): void {
  leaveHost(PowerOrder.Reboot, given.has('--force'))
}

function shutdown(given: Arguments): void {
  leaveHost(PowerOrder.Off, given.has('--force'))
}
