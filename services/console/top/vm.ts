/** vm top: what VMs do with the CPU, or the vCPUs and the exits of one. */
import { Counters, VmCounters } from './counters'
import { reportReasons, reportVcpus, reportVm, sample } from './report'
import { addFitting, exitLines, perSecond, vcpuLines, vmLines } from './tables'
import { View } from './watch'
import { percent } from '../format'
import { Json } from '../json'
import { stateName } from '../states'
import { nameOfVm } from '../text'
import { vmOf } from '../vm'

/** All VMs. */
export class VmsView extends View {
  lines(grown: Counters, rows: i32): string[] {
    const lines: string[] = []
    addFitting(lines, vmLines(grown, true), rows - 2)
    lines.push('')
    lines.push('q ends')
    return lines
  }

  report(grown: Counters): Json {
    const json = sample(grown).name('vms').array()
    for (let i = 0; i < grown.vms.length; i++) {
      reportVm(json, grown.vms[i])
      reportReasons(json, grown.vms[i])
      json.endObject()
    }
    return json.endArray().endObject()
  }
}

/** One VM. */
export class VmView extends View {
  constructor(readonly vm: i32) { super() }

  lines(grown: Counters, rows: i32): string[] {
    const vm = grown.vms[this.vm]
    const lines = [title(grown, vm), '']
    const exits = exitLines(grown, vm)
    // The vCPUs get half the screen, or what the exits leave of it.
    addFitting(lines, vcpuLines(grown, vm), max((rows - 3) / 2, rows - 3 - exits.length))
    lines.push('')
    addFitting(lines, exits, rows - lines.length)
    return lines
  }

  report(grown: Counters): Json {
    const vm = grown.vms[this.vm]
    const json = sample(grown).name('vms').array()
    reportVm(json, vm)
    reportReasons(json, vm)
    reportVcpus(json, vm)
    return json.endObject().endArray().endObject()
  }
}

function title(grown: Counters, vm: VmCounters): string {
  return `${nameOfVm(vm.vm)}: ${stateName(vm.state)}, weight ${vmOf(vm.vm).weight}, CPU ${percent(vm.time, grown.time)}, ` +
    `steal ${percent(vm.stolen(), grown.time)}, machine ${percent(vm.machine, grown.time)}, ${perSecond(vm.exits, grown.time)} exits/s; q ends`
}
