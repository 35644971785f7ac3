/** vm start, stop, kill, reset, pause, resume: orders that the nucleus carries out when the console's call returns. */
import { AdminStatus, HostNumber, hostNumber, VmOrder, vmOrder } from '../../../capability/admin'
import { guestsBlocked } from '../banner'
import { add, Arguments, Command, Kind } from '../command'
import { size } from '../format'
import { hostProcessors, processorsText } from '../processors'
import { commandsIn, stateName } from '../states'
import { print } from '../terminal'
import { nameOfVm } from '../text'
import { findVm } from './find'
import { vmOf } from '../vm'

/** Adds them. */
export function addVmOrders(): void {
  order('start', 'power it on', start)
  order('stop', 'press its power button', stop)
    .explain('The guest shuts itself down, if it listens to the button. vm kill does not ask it.')
  order('kill', 'switch it off at once', kill).explain('The guest loses what it has not saved.')
  order('reset', 'press its reset button', reset).explain('The guest loses what it has not saved, and starts again.')
  order('pause', 'make it stand still', pause).explain('The guest stands still, and its time with it.')
  order('resume', 'let it go on', resume)
}

function order(name: string, summary: string, run: (given: Arguments) => void): Command {
  return add('vm ' + name, summary, `vm ${name} web`, run).takesSeveral('NAME', Kind.Vm)
}

function start(given: Arguments): void { toEach(given.positions, VmOrder.Start) }
function stop(given: Arguments): void { toEach(given.positions, VmOrder.PowerButton) }
function kill(given: Arguments): void { toEach(given.positions, VmOrder.Kill) }
function reset(given: Arguments): void { toEach(given.positions, VmOrder.Reset) }
function pause(given: Arguments): void { toEach(given.positions, VmOrder.Pause) }
function resume(given: Arguments): void { toEach(given.positions, VmOrder.Resume) }

function toEach(names: string[], order: u32): void {
  const vms: i32[] = []
  for (let i = 0; i < names.length; i++) {
    const vm = findVm(names[i])
    if (vm < 0) return // no order goes out when a name is wrong
    if (!vms.includes(vm)) vms.push(vm)
  }
  for (let i = 0; i < vms.length; i++) {
    const vm = vms[i]
    const missing = order == VmOrder.Start ? vmOf(vm).affinity & ~hostProcessors() : 0
    if (missing) {
      const has = processorsText(hostProcessors())
      print(`${nameOfVm(vm)} is to run on processor ${processorsText(missing)}, and this host has ${has}. See: vm set ${nameOfVm(vm)} affinity\n`)
      continue
    }
    const status = vmOrder(vm, order)
    print((status == AdminStatus.Ok ? done(nameOfVm(vm), order) : refused(vm, status)) + '\n')
  }
}

function done(name: string, order: u32): string {
  switch (order) {
    case VmOrder.Start: return `Starting ${name}.`
    case VmOrder.PowerButton: return `Pressed the power button of ${name}. If it does not stop: vm kill ${name}`
    case VmOrder.Kill: return `Switching ${name} off.`
    case VmOrder.Reset: return `Resetting ${name}.`
    case VmOrder.Pause: return `Pausing ${name}.`
    default: return `Resuming ${name}.`
  }
}

function refused(vm: u32, status: i32): string {
  const name = nameOfVm(vm)
  const state = vmOf(vm).state
  switch (status) {
    case AdminStatus.WrongState: return `${name} is ${stateName(state)}. Possible now: vm ${commandsIn(state).join('|')} ${name}`
    case AdminStatus.NoMemory:
      return `${name} needs ${size(vmOf(vm).memoryBytes)} of memory; ${size(hostNumber(HostNumber.FreeBytes))} are free.`
    case AdminStatus.Unsupported: return guestsBlocked().trimEnd()
    default: return `${name}: the nucleus refused the order (status ${status}).`
  }
}
