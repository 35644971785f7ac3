/** What grew, as JSON: whole numbers of the interval, from which whoever reads it makes rates. */
import { Counters, CpuCounters, VmCounters } from './counters'
import { vcpuStateName } from './tables'
import { Json } from '../json'
import { stateName } from '../states'
import { nameOfExit } from '../exits'
import { nameOfVm } from '../text'

/** Begins the object that every sample is. */
export function sample(grown: Counters): Json {
  return new Json().object().name('intervalNanoseconds').number(grown.time)
}

/** The processors. */
export function reportCpus(json: Json, cpus: CpuCounters[]): void {
  json.name('cpus').array()
  for (let i = 0; i < cpus.length; i++) {
    const cpu = cpus[i]
    json.object().name('cpu').number(cpu.cpu).name('guestsNanoseconds').number(cpu.guests).name('sandboxesNanoseconds').number(cpu.sandboxes)
      .name('nucleusNanoseconds').number(cpu.nucleus()).name('waitingNanoseconds').number(cpu.waiting).name('idleNanoseconds').number(cpu.idle)
      .name('forcedIdleNanoseconds').number(cpu.forced)
      .endObject()
  }
  json.endArray()
}

/** The keys that each VM has in every sample; its object is left open. */
export function reportVm(json: Json, vm: VmCounters): void {
  json.object().name('name').text(nameOfVm(vm.vm)).name('state').text(stateName(vm.state))
    .name('cpuTimeNanoseconds').number(vm.time).name('stealNanoseconds').number(vm.stolen()).name('machineNanoseconds').number(vm.machine)
    .name('exits').number(vm.exits)
}

/** The exits by reason, those that occurred. */
export function reportReasons(json: Json, vm: VmCounters): void {
  json.name('exitsByReason').object()
  for (let reason = 0; reason < vm.reasons.length; reason++) {
    if (vm.reasons[reason]) json.name(nameOfExit(reason)).number(vm.reasons[reason])
  }
  json.endObject()
}

/** The vCPUs. */
export function reportVcpus(json: Json, vm: VmCounters): void {
  json.name('vcpus').array()
  for (let i = 0; i < vm.vcpus.length; i++) {
    const vcpu = vm.vcpus[i]
    json.object().name('state').text(vcpuStateName(vm, vcpu)).name('cpuTimeNanoseconds').number(vcpu.time)
      .name('stealNanoseconds').number(vcpu.stolen).endObject()
  }
  json.endArray()
}
