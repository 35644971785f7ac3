/** vm list, info, console, log, set: what is known of VMs, what they say, and how they are to be treated. */
import { AdminStatus, vmCount, vmExits, vmSet, VmSetting, VmText } from '../../../capability/admin'
import { Exit } from '../../../capability/exit'
import { nameOfExit } from '../exits'
import { attach } from '../attach'
import { portNames } from '../channels'
import { add, Arguments, Kind } from '../command'
import { duration, quoted, size } from '../format'
import { Json } from '../json'
import { read } from '../reading'
import { allowedOf, policyName, settingNames, settingOf, valueOf, wordOf } from '../settings'
import { memoryInWords, memoryText, setMemory } from '../memory'
import { lastLines, portSource } from '../source'
import { protocolName, stateName } from '../states'
import { nearest } from '../suggestion'
import { Facts, Table } from '../table'
import { print } from '../terminal'
import { nameOfVm, textOfVm } from '../text'
import { isUp, pluggedVcpus, setVcpus, vcpusInWords, vcpusText } from '../vcpus'
import { findVm, lineCount } from './find'
import { exitsOf, vmOf } from '../vm'

const standardLines: u64 = 40

/** Adds them. */
export function addVmCommands(): void {
  add('vm list', 'all VMs', 'vm list', list).option('--json')
  add('vm info', 'all about one VM', 'vm info web', info).takes('NAME', Kind.Vm).option('--json')
  add('vm console', 'use its serial console', 'vm console web', console).takes('NAME', Kind.Vm).mayTake('PORT', Kind.ConsolePort)
    .explain('PORT is one of its console. Shows what was missed since the last time, then passes everything through. Ctrl-] detaches.')
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
      nameOfVm(vm), stateName(vmOf(vm).state), memoryText(vm), vcpusText(vm),
      vmOf(vm).weight.toString(), duration(vmOf(vm).cpuTime),
      isUp(vm) ? duration(vmOf(vm).uptime) : '-', vmOf(vm).restarts.toString(),
    ])
  }
  table.show()
}

/** The keys that `vm list` and `vm info` have in common. */
function summary(json: Json, vm: u32): void {
  json.name('name').text(nameOfVm(vm))
  json.name('state').text(stateName(vmOf(vm).state))
  json.name('memoryBytes').number(vmOf(vm).memoryBytes)
  json.name('vcpus').number(vmOf(vm).vcpusAsked)
  json.name('vcpusPlugged').number(pluggedVcpus(vm))
  json.name('weight').number(vmOf(vm).weight)
  json.name('cpuTimeNanoseconds').number(vmOf(vm).cpuTime)
  json.name('uptimeNanoseconds').number(vmOf(vm).uptime)
  json.name('exits').number(exitsOf(vm))
  json.name('restarts').number(vmOf(vm).restarts)
}

function info(given: Arguments): void {
  const vm = findVm(given.positions[0])
  if (vm < 0) return
  if (given.has('--json')) return infoJson(vm)
  new Facts()
    .add('name', nameOfVm(vm))
    .add('state', stateName(vmOf(vm).state))
    .add('last stopped', textOfVm(vm, VmText.Reason))
    .add('memory', `${memoryInWords(vm)}, and ${size(vmOf(vm).overheadBytes)} of the host's for its machine`)
    .add('vCPUs', vcpusInWords(vm))
    .add('weight', vmOf(vm).weight.toString())
    .add('cap', wordOf(VmSetting.Cap, vmOf(vm).cap))
    .add('affinity', wordOf(VmSetting.Affinity, vmOf(vm).affinity))
    .add('prefer', wordOf(VmSetting.Preferred, vmOf(vm).preferred))
    .add('CPU time', duration(vmOf(vm).cpuTime))
    .add('uptime', duration(vmOf(vm).uptime))
    .add('restarts', vmOf(vm).restarts.toString())
    .add('mirror', vmOf(vm).mirror ? 'on' : 'off')
    .add('on reboot', policyName(vmOf(vm).onReboot))
    .add('on crash', policyName(vmOf(vm).onCrash))
    .add('autostart', vmOf(vm).autostart ? 'yes' : 'no')
    .add('boot', protocolName(vmOf(vm).protocol))
    .add('kernel', textOfVm(vm, VmText.Kernel))
    .add('command line', textOfVm(vm, VmText.CommandLine))
    .add('unbacked', `${vmOf(vm).unbacked} accesses that no device answers`)
    .add('exits', exitLines(vm))
    .show()
}

/** The total, then each reason that occurred. */
function exitLines(vm: u32): string {
  let text = exitsOf(vm).toString()
  for (let reason: u32 = 0; reason < Exit.Count; reason++) {
    const count = vmExits(vm, reason)
    if (count) text += `\n${count.toString().padStart(12)}  ${nameOfExit(reason)}`
  }
  return text
}

function infoJson(vm: u32): void {
  const json = new Json().object()
  summary(json, vm)
  json.name('reason').text(textOfVm(vm, VmText.Reason))
  json.name('overheadBytes').number(vmOf(vm).overheadBytes)
  json.name('maxVcpus').number(vmOf(vm).vcpuCount)
  json.name('cap').number(vmOf(vm).cap)
  json.name('affinity').numbers(vmOf(vm).affinity)
  json.name('prefer').numbers(vmOf(vm).preferred)
  json.name('mirror').boolean(vmOf(vm).mirror != 0)
  json.name('onReboot').text(policyName(vmOf(vm).onReboot))
  json.name('onCrash').text(policyName(vmOf(vm).onCrash))
  json.name('autostart').boolean(vmOf(vm).autostart != 0)
  json.name('bootProtocol').text(protocolName(vmOf(vm).protocol))
  json.name('kernel').text(textOfVm(vm, VmText.Kernel))
  json.name('commandLine').text(textOfVm(vm, VmText.CommandLine))
  json.name('unbackedAccesses').number(vmOf(vm).unbacked)
  json.name('exitsByReason').object()
  for (let reason: u32 = 0; reason < Exit.Count; reason++) {
    json.name(nameOfExit(reason)).number(vmExits(vm, reason))
  }
  json.endObject().endObject().show()
}

function console(given: Arguments): void {
  const vm = findVm(given.positions[0])
  if (vm < 0) return
  if (given.positions.length == 1) return attach(vm)
  const ports = portNames(vm)
  const port = ports.indexOf(given.positions[1])
  if (port >= 0) return attach(portSource(vm, port))
  print(`${nameOfVm(vm)} has no port ${quoted(given.positions[1])}.${ports.length ? ` There are: ${ports.join(', ')}.` : ' Its configuration gives it no console.'}\n`)
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
  if (setting == VmSetting.MemoryWanted) return setMemory(vm, given.positions[2])
  const value = valueOf(setting, given.positions[2])
  if (value == u64.MAX_VALUE) return print(`${name} can be ${allowedOf(setting)}; not ${quoted(given.positions[2])}.\n`)
  if (setting == VmSetting.VcpuCount && isUp(vm)) return setVcpus(vm, value)
  const before = settingOf(vm, setting)
  const status = vmSet(vm, setting, value)
  if (status != AdminStatus.Ok) return print(`${name} of ${nameOfVm(vm)} was not changed: the nucleus refused it (status ${status}).\n`)
  print(`${name} of ${nameOfVm(vm)}: ${wordOf(setting, before)} -> ${wordOf(setting, value)}\n`)
}
