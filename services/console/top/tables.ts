/** Tables of what grew, the largest first, and the part of them that a screen has room for. */
import { Counters, VcpuCounters, VmCounters } from './counters'
import { VcpuState, VmState } from '../../../capability/admin'
import { percent } from '../format'
import { stateName } from '../states'
import { Table } from '../table'
import { nameOfExit } from '../exits'
import { nameOfVm } from '../text'
import { vcpusText } from '../vcpus'

const reasonsNamed: i32 = 2
const second: u64 = 1000000000

/** How often in a second; 0 of no time. */
export function perSecond(count: u64, nanoseconds: u64): string {
  return (nanoseconds ? count * second / nanoseconds : 0).toString()
}

/** Adds as many lines as fit into `room`; where that is not all of them, the last says how many are left out. */
export function addFitting(lines: string[], added: string[], room: i32): void {
  const shown = added.length <= room ? added.length : room - 1
  for (let i = 0; i < shown; i++) lines.push(added[i])
  if (shown >= 0 && shown < added.length) lines.push(`... ${added.length - shown} more`)
}

/** The VMs, by CPU time, with what most of their exits were for or with how many vCPUs they have. */
export function vmLines(grown: Counters, reasons: bool): string[] {
  const heading = ['NAME', 'STATE', '>CPU', '>STEAL', '>MACHINE', '>EXITS/S']
  heading.push(reasons ? 'MOSTLY' : '>VCPUS')
  const table = new Table(heading)
  const sorted = grown.vms.slice(0)
  sorted.sort((one, other) => order(one.time, other.time, one.vm, other.vm))
  for (let i = 0; i < sorted.length; i++) {
    const vm = sorted[i]
    const cells = [
      nameOfVm(vm.vm), stateName(vm.state), percent(vm.time, grown.time), percent(vm.stolen(), grown.time), percent(vm.machine, grown.time),
      perSecond(vm.exits, grown.time), reasons ? mostly(vm) : vcpusText(vm.vm),
    ]
    table.row(cells)
  }
  return table.lines()
}

/** The vCPUs of a VM, in their order. */
export function vcpuLines(grown: Counters, vm: VmCounters): string[] {
  const table = new Table(['>VCPU', 'STATE', '>CPU', '>STEAL'])
  for (let i = 0; i < vm.vcpus.length; i++) {
    const vcpu = vm.vcpus[i]
    if (vcpu.state == VcpuState.Absent) continue
    table.row([i.toString(), vcpuStateName(vm, vcpu), percent(vcpu.time, grown.time), percent(vcpu.stolen, grown.time)])
  }
  return table.lines()
}

/** The exits of a VM by reason, those that occurred, the most frequent first. */
export function exitLines(grown: Counters, vm: VmCounters): string[] {
  const table = new Table(['>EXITS/S', '>SHARE', 'REASON'])
  const reasons = byCount(vm)
  for (let i = 0; i < reasons.length; i++) {
    const count = vm.reasons[reasons[i]]
    table.row([perSecond(count, grown.time), percent(count * 1000, vm.exits * 1000), nameOfExit(reasons[i])])
  }
  return table.lines()
}

/** What a vCPU was at: one that wants the CPU runs if it has had it meanwhile. */
export function vcpuStateName(vm: VmCounters, vcpu: VcpuCounters): string {
  if (vcpu.state == VcpuState.Absent) return 'absent'
  if (vcpu.state == VcpuState.WaitingForStartup) return 'not started'
  if (vm.state == VmState.Paused) return 'paused'
  if (vcpu.state == VcpuState.Halted) return 'halted'
  return vcpu.time ? 'running' : 'waiting'
}

function mostly(vm: VmCounters): string {
  const reasons = byCount(vm)
  const words: string[] = []
  for (let i = 0; i < min(reasons.length, reasonsNamed); i++) {
    words.push(`${nameOfExit(reasons[i])} ${vm.reasons[reasons[i]] * 100 / vm.exits} %`)
  }
  return words.join(', ')
}

let counted: VmCounters = new VmCounters(0, 0, 0, 0, 0, 0) // whose reasons are being sorted: functions here have no variables of their surroundings

/** The reasons that occurred. */
function byCount(vm: VmCounters): i32[] {
  const reasons: i32[] = []
  for (let i = 0; i < vm.reasons.length; i++) if (vm.reasons[i]) reasons.push(i)
  counted = vm
  reasons.sort((one, other) => order(counted.reasons[one], counted.reasons[other], one, other))
  return reasons
}

/** The larger first; of equals, the one of the lower number. */
function order(one: u64, other: u64, oneNumber: i32, otherNumber: i32): i32 {
  if (one != other) return one > other ? -1 : 1
  return oneNumber - otherNumber
}
