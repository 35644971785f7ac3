/** What the console says when it starts. */
import { HostNumber, hostNumber, HostText, vmCount, VmNumber, vmNumber } from '../../capability/admin'
import { size } from './format'
import { print } from './terminal'
import { nameOfVm, textOfHost } from './text'
import { stateName } from './states'

/** Shows version, CPU, memory and VMs, and why guests cannot run if they cannot. */
export function greet(): void {
  const name = textOfHost(HostText.Name)
  const blocked = guestsBlocked()
  const virtualization = blocked.length ? '' : ', ' + textOfHost(HostText.Virtualization)
  const processors = hostNumber(HostNumber.CpuPresent)
  print(`\nTypervisor ${textOfHost(HostText.Version)}${name.length ? ' on ' + name : ''}\n`)
  print(`  processor  ${textOfHost(HostText.CpuModel)}${virtualization}\n`)
  if (processors > 1) print(`             ${hostNumber(HostNumber.CpuCount)} of ${processors} processors in use\n`)
  print(`  memory     ${size(hostNumber(HostNumber.RamBytes))}, ${size(hostNumber(HostNumber.FreeBytes))} free\n`)
  print(`  VMs        ${machines()}\n`)
  if (blocked.length) print('\n' + blocked + '\n')
  print('help lists the commands, Tab completes them.\n\n')
}

/** A conspicuous text that says why no guest can run and what to change; '' when guests can. */
export function guestsBlocked(): string {
  const reason = textOfHost(HostText.GuestsBlocked)
  return reason.length ? `!!! GUESTS CANNOT RUN ON THIS HOST\n!!! ${reason.split('\n').join('\n!!! ')}\n` : ''
}

function machines(): string {
  const names: string[] = []
  for (let vm: u32 = 0; vm < vmCount(); vm++) names.push(`${nameOfVm(vm)} (${stateName(<u32>vmNumber(vm, VmNumber.State))})`)
  return names.length ? names.join(', ') : 'none configured'
}
