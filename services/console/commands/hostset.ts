/** host set. */
import { AdminStatus, HostNumber, hostNumber, hostSet, HostSetting } from '../../../capability/admin'
import { add, Arguments, Kind } from '../command'
import { mostThreads } from '../cores'
import { hostSettingNames, switchNames } from '../settings'
import { print } from '../terminal'
import { quoted } from '../format'

/** Adds it. */
export function addHostSet(): void {
  add('host set', 'change a setting', 'host set coreScheduling on', set).takes('SETTING', Kind.HostSetting).takes('VALUE', Kind.Value)
    .explain(`The settings and their values:\n  coreScheduling  ${switchNames.join(', ')}: whether a core's threads never run two VMs at the same time`)
}

function set(given: Arguments): void {
  const name = given.positions[0]
  if (!hostSettingNames.includes(name)) return print(`There is no setting ${quoted(name)}. There are: ${hostSettingNames.join(', ')}.\n`)
  const value = switchNames.indexOf(given.positions[1].toLowerCase())
  if (value < 0) return print(`${name} can be ${switchNames.join(', ')}; not ${quoted(given.positions[1])}.\n`)
  if (mostThreads() == 1) return print('No core of this host has several threads: VMs share none.\n')
  const before = hostNumber(HostNumber.CoreScheduling)
  const status = hostSet(HostSetting.CoreScheduling, value)
  if (status != AdminStatus.Ok) return print(`${name} was not changed: the nucleus refused it (status ${status}).\n`)
  print(`${name}: ${switchNames[<i32>before]} -> ${switchNames[value]}\n`)
}
