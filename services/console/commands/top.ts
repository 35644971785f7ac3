/** host top, vm top. */
import { add, Arguments, Kind } from '../command'
import { HostView } from '../top/host'
import { VmsView, VmView } from '../top/vm'
import { watch } from '../top/watch'
import { findVm } from './find'

const explanation: string = 'Refreshed every second; q or Ctrl-C ends. --json waits a second and gives what grew in it.'

/** Adds `host top`. */
export function addHostTop(): void {
  add('host top', 'who uses the CPUs, live', 'host top', hostTop).option('--json').explain(explanation)
}

/** Adds `vm top`. */
export function addVmTop(): void {
  add('vm top', 'what VMs do, live', 'vm top web', vmTop).mayTake('NAME', Kind.Vm).option('--json')
    .explain('Shows all VMs, or the vCPUs and exits of one.\n' + explanation)
}

function hostTop(given: Arguments): void {
  watch(new HostView(), given.has('--json'))
}

function vmTop(given: Arguments): void {
  if (!given.positions.length) return watch(new VmsView(), given.has('--json'))
  const vm = findVm(given.positions[0])
  if (vm >= 0) watch(new VmView(vm), given.has('--json'))
}
