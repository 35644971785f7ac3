/** What can stand at a place of a command line; for Tab and for messages. */
import { SandboxNumber, sandboxCount, sandboxNumber, SandboxText, vmCount } from '../../capability/admin'
import { portNames } from './channels'
import { Kind, firstWords, membersOf } from './command'
import { networkNames } from './net/names'
import { interfaceNames } from './net/place'
import { allowedOfPort, portSettingNames, portSettingOf, portValuesOf } from './net/settings'
import { serialNumbers } from './pool/disks'
import { volumeSettingNames } from './pool/limit'
import { allowedOf, hostSettingNames, settingNames, valuesOf } from './settings'
import { nameOfVm, textOfSandbox } from './text'

/** The words allowed next, after the `before` arguments of the same command; empty when anything is. */
export function candidatesFor(kind: Kind, before: string[]): string[] {
  switch (kind) {
    case Kind.Vm: return vmNames()
    case Kind.Sandbox: return nextWords(sandboxNames(), before)
    case Kind.Setting: return settingNames
    case Kind.HostSetting: return hostSettingNames
    case Kind.Disk: return serialNumbers()
    case Kind.Value: return before.length ? valuesOf(before[before.length - 1]) : []
    case Kind.Network: return networkNames()
    case Kind.Port: return interfaceNames()
    case Kind.ConsolePort: return before.length && vmNames().indexOf(before[0]) >= 0 ? portNames(vmNames().indexOf(before[0])) : []
    case Kind.PortSetting: return portSettingNames
    case Kind.VolumeSetting: return volumeSettingNames
    case Kind.PortValue: return before.length == 2 && portSettingOf(before[1]) >= 0 ? portValuesOf(portSettingOf(before[1])) : []
    case Kind.Command: return before.length == 0 ? firstWords() : before.length == 1 ? membersOf(before[0]) : []
    default: return []
  }
}

/** What is allowed at a place, in words for a message; '' when anything is. */
export function allowedFor(kind: Kind, before: string[]): string {
  if (kind == Kind.Sandbox) return sandboxNames().filter((name) => name.length > 0).join(', ')
  if (kind == Kind.PortValue && portSettingOf(before[1]) >= 0) return allowedOfPort(portSettingOf(before[1]))
  const setting = kind == Kind.Value && before.length ? settingNames.indexOf(before[before.length - 1]) : -1
  return setting < 0 ? candidatesFor(kind, before).join(', ') : allowedOf(setting)
}

/** The names of all VMs. */
export function vmNames(): string[] {
  const names: string[] = []
  for (let vm: u32 = 0; vm < vmCount(); vm++) names.push(nameOfVm(vm))
  return names
}

/** The names of all sandboxes; of free slots, ''. */
export function sandboxNames(): string[] {
  const names: string[] = []
  for (let sandbox: u32 = 0; sandbox < sandboxCount(); sandbox++) {
    names.push(sandboxNumber(sandbox, SandboxNumber.State) ? textOfSandbox(sandbox, SandboxText.Name) : '')
  }
  return names
}

/** Sandboxes have names of several words, given as several arguments: the words that can follow `before`. */
function nextWords(names: string[], before: string[]): string[] {
  const next: string[] = []
  for (let i = 0; i < names.length; i++) {
    const words = names[i].split(' ')
    if (words.length <= before.length) continue
    let same = true
    for (let j = 0; j < before.length; j++) same = same && words[j] == before[j]
    const word = words[before.length]
    if (same && word.length > 0 && !next.includes(word)) next.push(word)
  }
  return next
}
