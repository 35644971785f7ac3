/** How many vCPUs a VM has and is to have, which differ while its guest has not given up those that it is asked for. */
import { AdminStatus, VcpuNumber, vcpuNumber, VcpuState, vmSet, VmSetting, VmState } from '../../capability/admin'
import { BootProtocol } from '../../capability/config'
import { stateName } from './states'
import { print } from './terminal'
import { nameOfVm } from './text'
import { vmOf } from './vm'

/** True while a VM has vCPUs. */
export function isUp(vm: u32): bool {
  const state = vmOf(vm).state
  return state == VmState.Running || state == VmState.Paused
}

/** Those that its guest can use; of a VM that is not up, as many as it starts with. */
export function pluggedVcpus(vm: u32): u64 {
  return isUp(vm) ? vmOf(vm).vcpuCount - countIn(vm, VcpuState.Absent) : vmOf(vm).vcpusAsked
}

function countIn(vm: u32, state: u32): u64 {
  let count: u64 = 0
  for (let vcpu: u32 = 0; vcpu < vmOf(vm).vcpuCount; vcpu++) if (vcpuNumber(vm, vcpu, VcpuNumber.State) == state) count++
  return count
}

/** How many it has, and how many it is to have where that is another number: `3 -> 1`. */
export function vcpusText(vm: u32): string {
  const has = pluggedVcpus(vm)
  const wanted = vmOf(vm).vcpusAsked
  return has == wanted ? has.toString() : `${has} -> ${wanted}`
}

/** All about their number. */
export function vcpusInWords(vm: u32): string {
  let text = vcpusText(vm)
  const idle = isUp(vm) ? countIn(vm, VcpuState.WaitingForStartup) : 0
  if (idle) text += `, ${idle} of them not started`
  if (pluggedVcpus(vm) > vmOf(vm).vcpusAsked) text += ', when its guest gives them up'
  const most = vmOf(vm).vcpuCount
  return most > 1 ? `${text}; at most ${most} while it is up` : text
}

/** Changes the number of a VM that is up, which its guest has to take part in. */
export function setVcpus(vm: u32, wanted: u64): void {
  const name = nameOfVm(vm)
  const state = vmOf(vm).state
  if (vmOf(vm).protocol == BootProtocol.Firmware) {
    return print(`${name} is ${stateName(state)}, and its own firmware made the ACPI tables, by which it is told of none that come or go.\nStop it first: vm stop ${name}\n`)
  }
  const most = vmOf(vm).vcpuCount
  if (wanted > most) {
    return print(`${name} is ${stateName(state)} with room for ${most} vCPU${most == 1 ? '' : 's'}. Stop it first: vm stop ${name}\nWith maxVcpus in its configuration it has room for more.\n`)
  }
  const before = vmOf(vm).vcpusAsked
  const has = pluggedVcpus(vm)
  const status = vmSet(vm, VmSetting.VcpuCount, wanted)
  if (status != AdminStatus.Ok) return print(`vcpus of ${name} was not changed: the nucleus refused it (status ${status}).\n`)
  print(`vcpus of ${name}: ${before} -> ${wanted}\n`)
  if (wanted == has) return
  const when = state == VmState.Paused ? ' when it goes on' : ''
  if (wanted > has) print(`Its guest is told of ${wanted - has} more${when}; vm info ${name} shows how many it has started.\n`)
  else print(`Its guest is asked${when} to give up ${has - wanted}; vm info ${name} shows when it has.\n`)
}
