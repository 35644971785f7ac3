/** host top: what the processors are at, and for which VMs. */
import { Counters, CpuCounters, sumOf } from './counters'
import { reportCpus, reportVm, sample } from './report'
import { addFitting, vmLines } from './tables'
import { View } from './watch'
import { HostNumber, hostNumber, HostText, VmState } from '../../../capability/admin'
import { isCoreScheduling } from '../cores'
import { duration, percent, size } from '../format'
import { Json } from '../json'
import { Table } from '../table'
import { textOfHost } from '../text'

export class HostView extends View {
  lines(grown: Counters, rows: i32): string[] {
    const lines = [title(grown), '']
    const vms = vmLines(grown, false)
    // The processors get half the screen, or what the VMs leave of it.
    addFitting(lines, cpuLines(grown), max((rows - 3) / 2, rows - 3 - vms.length))
    lines.push('')
    addFitting(lines, vms, rows - lines.length)
    return lines
  }

  report(grown: Counters): Json {
    const json = sample(grown)
    reportCpus(json, grown.cpus)
    json.name('vms').array()
    for (let i = 0; i < grown.vms.length; i++) {
      reportVm(json, grown.vms[i])
      json.endObject()
    }
    return json.endArray().endObject()
  }
}

function title(grown: Counters): string {
  let running = 0
  for (let i = 0; i < grown.vms.length; i++) if (grown.vms[i].state == VmState.Running) running++
  return `${textOfHost(HostText.Name)}: up ${duration(hostNumber(HostNumber.Uptime))}, ${running} of ${grown.vms.length} VMs running, ` +
    `${size(hostNumber(HostNumber.FreeBytes))} of ${size(hostNumber(HostNumber.RamBytes))} free; q ends`
}

function cpuLines(grown: Counters): string[] {
  const heading = ['>CPU', '>GUESTS', '>SANDBOXES', '>NUCLEUS', '>WAITING', '>IDLE']
  const hasForced = isCoreScheduling()
  if (hasForced) heading.push('>FORCED')
  const table = new Table(heading)
  if (grown.cpus.length > 1) cpuRow(table, 'all', sumOf(grown.cpus), hasForced)
  for (let i = 0; i < grown.cpus.length; i++) cpuRow(table, grown.cpus[i].cpu.toString(), grown.cpus[i], hasForced)
  return table.lines()
}

function cpuRow(table: Table, name: string, cpu: CpuCounters, hasForced: bool): void {
  const cells = [
    name, percent(cpu.guests, cpu.online), percent(cpu.sandboxes, cpu.online), percent(cpu.nucleus(), cpu.online), percent(cpu.waiting, cpu.online),
    percent(cpu.idle, cpu.online),
  ]
  if (hasForced) cells.push(percent(cpu.forced, cpu.online))
  table.row(cells)
}
