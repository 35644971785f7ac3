/** vm list, info, console, log, set: what is known of VMs, what they say, and how they are to be treated. */
import { AdminStatus, vmCount, VmNumber, vmNumber, vmSet, VmSetting, VmText } from '../../../capability/admin'
import { Exit } from '../../../capability/exit'
import { nameOfExit } from '../exits'
import { attach } from '../attach'
import { add, Arguments, Kind } from '../command'
import { duration, quoted, size } from '../format'
import { Json } from '../json'
import { read } from '../reading'
import { allowedOf, numberOf, policyName, settingNames, valueOf, wordOf } from '../settings'
import { lastLines } from '../source'
import { protocolName, stateName } from '../states'
import { nearest } from '../suggestion'
import { Facts, Table } from '../table'
import { print } from '../terminal'
import { nameOfVm, textOfVm } from '../text'
import { isUp, pluggedVcpus, setVcpus, vcpusInWords, vcpusText } from '../vcpus'
import { findVm, lineCount } from './find'

const standardLines: u64 = 40

/** Adds them. */
export function addVmCommands(): void {
  add('vm list', 'all VMs', 'vm list', list).option('--json')
  add('vm info', 'all about one VM', 'vm info web', info).takes('NAME', Kind.Vm).option('--json')
  add('vm console', 'use its serial console', 'vm console web', console).takes('NAME', Kind.Vm)
    .explain('Shows what was missed since the last time, then passes everything through. Ctrl-] detaches.')
  add('vm log', 'what it wrote lately', 'vm log web -n 100', log).takes('NAME', Kind.Vm).option('-n', '--lines', 'N').option('-f', '--follow')
    .explain(`Shows the last N lines (${standardLines} without -n) of its serial output. -f goes on until Ctrl-C.`)
  add('vm set', 'change a setting', 'vm set web weight 300', set)
    .takes('NAME', Kind.Vm).takes('SETTING', Kind.Setting).takes('VALUE', Kind.Value).explain(settingsExplained())
}

function settingsExplained(): string {
  let text = 'The settings and their values:'
  for (let i = 0; i < settingNames.length; i++) text += `\n  ${settingNames[i].padEnd(8)}  ${allowedOf(i)}`
  return text
}

function list(given: Arguments): void {
  if (given.has('--json')) {
    const json = new Json().array()
    for (let vm: u32 = 0; vm < vmCount(); vm++) {
      json.object()
      summary(json, vm)
      json.endObject()
    }
    return json.endArray().show()
  }
  if (!vmCount()) return print('No VM is configured.\n')
  const table = new Table(['NAME', 'STATE', '>MEMORY', '>VCPUS', '>WEIGHT', '>CPU TIME', '>UPTIME', '>RESTARTS'])
  for (let vm: u32 = 0; vm < vmCount(); vm++) {
    table.row([
      nameOfVm(vm), stateName(<u32>vmNumber(vm, VmNumber.State)), size(vmNumber(vm, VmNumber.MemoryBytes)), vcpusText(vm),
      vmNumber(vm, VmNumber.Weight).toString(), duration(vmNumber(vm, VmNumber.CpuTime)),
      isUp(vm) ? duration(vmNumber(vm, VmNumber.Uptime)) : '-', vmNumber(vm, VmNumber.Restarts).toString(),
    ])
  }
  table.show()
}

/** The keys that `vm list` and `vm info` have in common. */
function summary(json: Json, vm: u32): void {
  json.name('name').text(nameOfVm(vm))
  json.name('state').text(stateName(<u32>vmNumber(vm, VmNumber.State)))
  json.name('memoryBytes').number(vmNumber(vm, VmNumber.MemoryBytes))
  json.name('vcpus').number(vmNumber(vm, VmNumber.VcpuCount))
  json.name('vcpusPlugged').number(pluggedVcpus(vm))
  json.name('weight').number(vmNumber(vm, VmNumber.Weight))
  json.name('cpuTimeNanoseconds').number(vmNumber(vm, VmNumber.CpuTime))
  json.name('uptimeNanoseconds').number(vmNumber(vm, VmNumber.Uptime))
  json.name('exits').number(vmNumber(vm, VmNumber.Exits))
  json.name('restarts').number(vmNumber(vm, VmNumber.Restarts))
}

function info(given: Arguments): void {
  const vm = findVm(given.positions[0])
  if (vm < 0) return
  if (given.has('--json')) return infoJson(vm)
  new Facts()
    .add('name', nameOfVm(vm))
    .add('state', stateName(<u32>vmNumber(vm, VmNumber.State)))
    .add('last stopped', textOfVm(vm, VmText.Reason))
    .add('memory', `${size(vmNumber(vm, VmNumber.MemoryBytes))}, and ${size(vmNumber(vm, VmNumber.OverheadBytes))} of the host's for its machine`)
    .add('vCPUs', vcpusInWords(vm))
    .add('weight', vmNumber(vm, VmNumber.Weight).toString())
    .add('cap', wordOf(VmSetting.Cap, vmNumber(vm, VmNumber.Cap)))
    .add('affinity', wordOf(VmSetting.Affinity, vmNumber(vm, VmNumber.Affinity)))
    .add('prefer', wordOf(VmSetting.Preferred, vmNumber(vm, VmNumber.Preferred)))
    .add('CPU time', duration(vmNumber(vm, VmNumber.CpuTime)))
    .add('uptime', duration(vmNumber(vm, VmNumber.Uptime)))
    .add('restarts', vmNumber(vm, VmNumber.Restarts).toString())
    .add('mirror', vmNumber(vm, VmNumber.Mirror) ? 'on' : 'off')
    .add('on reboot', policyName(vmNumber(vm, VmNumber.OnReboot)))
    .add('on crash', policyName(vmNumber(vm, VmNumber.OnCrash)))
    .add('autostart', vmNumber(vm, VmNumber.Autostart) ? 'yes' : 'no')
    .add('boot', protocolName(vmNumber(vm, VmNumber.BootProtocol)))
    .add('kernel', textOfVm(vm, VmText.Kernel))
    .add('command line', textOfVm(vm, VmText.CommandLine))
    .add('unbacked', `${vmNumber(vm, VmNumber.UnbackedAccesses)} accesses that no device answers`)
    .add('exits', exitLines(vm))
    .show()
}

/** The total, then each reason that occurred. */
function exitLines(vm: u32): string {
  let text = vmNumber(vm, VmNumber.Exits).toString()
  for (let reason: u32 = 0; reason < Exit.Count; reason++) {
    const count = vmNumber(vm, VmNumber.ExitsByReason + reason)
    if (count) text += `\n${count.toString().padStart(12)}  ${nameOfExit(reason)}`
  }
  return text
}

function infoJson(vm: u32): void {
  const json = new Json().object()
  summary(json, vm)
  json.name('reason').text(textOfVm(vm, VmText.Reason))
  json.name('overheadBytes').number(vmNumber(vm, VmNumber.OverheadBytes))
  json.name('maxVcpus').number(vmNumber(vm, VmNumber.MaxVcpus))
  json.name('cap').number(vmNumber(vm, VmNumber.Cap))
  json.name('affinity').numbers(vmNumber(vm, VmNumber.Affinity))
  json.name('prefer').numbers(vmNumber(vm, VmNumber.Preferred))
  json.name('mirror').boolean(vmNumber(vm, VmNumber.Mirror) != 0)
  json.name('onReboot').text(policyName(vmNumber(vm, VmNumber.OnReboot)))
  json.name('onCrash').text(policyName(vmNumber(vm, VmNumber.OnCrash)))
  json.name('autostart').boolean(vmNumber(vm, VmNumber.Autostart) != 0)
  json.name('bootProtocol').text(protocolName(vmNumber(vm, VmNumber.BootProtocol)))
  json.name('kernel').text(textOfVm(vm, VmText.Kernel))
  json.name('commandLine').text(textOfVm(vm, VmText.CommandLine))
  json.name('unbackedAccesses').number(vmNumber(vm, VmNumber.UnbackedAccesses))
  json.name('exitsByReason').object()
  for (let reason: u32 = 0; reason < Exit.Count; reason++) {
    json.name(nameOfExit(reason)).number(vmNumber(vm, VmNumber.ExitsByReason + reason))
  }
  json.endObject().endObject().show()
}

function console(given: Arguments): void {
  const vm = findVm(given.positions[0])
  if (vm >= 0) attach(vm)
}

function log(given: Arguments): void {
  const vm = findVm(given.positions[0])
  if (vm < 0) return
  const lines = lineCount(given.value('-n'), standardLines)
  if (lines != u64.MAX_VALUE) read(vm, lastLines(vm, lines), given.has('-f'))
}

function set(given: Arguments): void {
  const vm = findVm(given.positions[0])
  if (vm < 0) return
  const name = given.positions[1]
  const setting = settingNames.indexOf(name)
  if (setting < 0) {
    const meant = nearest(name, settingNames)
    print(`There is no setting ${quoted(name)}.${meant.length ? ` Did you mean: ${meant}?` : ` There are: ${settingNames.join(', ')}.`}\n`)
    return
  }
  const value = valueOf(setting, given.positions[2])
  if (value == u64.MAX_VALUE) return print(`${name} can be ${allowedOf(setting)}; not ${quoted(given.positions[2])}.\n`)
  if (setting == VmSetting.VcpuCount && isUp(vm)) return setVcpus(vm, value)
  const before = vmNumber(vm, numberOf(setting))
  const status = vmSet(vm, setting, value)
  if (status != AdminStatus.Ok) return print(`${name} of ${nameOfVm(vm)} was not changed: the nucleus refused it (status ${status}).\n`)
  print(`${name} of ${nameOfVm(vm)}: ${wordOf(setting, before)} -> ${wordOf(setting, value)}\n`)
}
