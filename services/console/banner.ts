/** What the console says when it starts. */
import { HostNumber, hostNumber, HostText, vmCount } from '../../capability/admin'
import { blockedText } from './blocked'
import { size } from './format'
import { cpuModel, virtualizationName } from './processor'
import { print } from './terminal'
import { logText, nameOfVm, textOfHost } from './text'
import { stateName } from './states'
import { vmOf } from './vm'

/** Shows version, CPU, memory and VMs, and why guests cannot run if they cannot. */
export function greet(): void {
  const name = textOfHost(HostText.Name)
  const blocked = guestsBlocked()
  const virtualization = blocked.length ? '' : ', ' + virtualizationName()
  const processors = hostNumber(HostNumber.CpuPresent)
  print(`\nTypervisor ${textOfHost(HostText.Version)}${name.length ? ' on ' + name : ''}\n`)
  print(`  processor  ${cpuModel()}${virtualization}\n`)
  if (processors > 1) print(`             ${hostNumber(HostNumber.CpuCount)} of ${processors} processors in use\n`)
  print(`  memory     ${size(hostNumber(HostNumber.RamBytes))}, ${size(hostNumber(HostNumber.FreeBytes))} free\n`)
  print(`  VMs        ${machines()}\n`)
  if (blocked.length) print('\n' + blocked + '\n')
  print('help lists the commands, Tab completes them.\n\n')
}

/** A conspicuous text that says why no guest can run and what to change; '' when guests can. */
export function guestsBlocked(): string {
  const reason = blockedText(u32(hostNumber(HostNumber.Blocked)))
  return reason.length ? `!!! GUESTS CANNOT RUN ON THIS HOST\n!!! ${reason}\n` : ''
}

/** Has the log say it too: it is what people send who report something. */
export function logVirtualization(): void {
  const reason = blockedText(u32(hostNumber(HostNumber.Blocked)))
  logText(reason.length ? `guests cannot run: ${reason}` : virtualizationName())
}

function machines(): string {
  const names: string[] = []
  for (let vm: u32 = 0; vm < vmCount(); vm++) names.push(`${nameOfVm(vm)} (${stateName(vmOf(vm).state)})`)
  return names.length ? names.join(', ') : 'none configured'
}
