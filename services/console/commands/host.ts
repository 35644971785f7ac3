/** host info, memory, cpu, devices. */
import { HostNumber, hostNumber, HostText, memoryBytes, vmCount } from '../../../capability/admin'
import { Owner } from '../../../capability/owner'
import { coreSchedulingText, coresText, hostCores, isCoreScheduling } from '../cores'
import { guestsBlocked } from '../banner'
import { blockedText } from '../blocked'
import { add, Arguments } from '../command'
import { dateTime, duration, frequency, percent, size, wrapped } from '../format'
import { Json } from '../json'
import { Facts, Table } from '../table'
import { print } from '../terminal'
import { readCpus, sumOf } from '../top/counters'
import { reportCpus } from '../top/report'
import { addressOf, descriptionOf, driverOf, findDevices } from '../device'
import { cpuModel, cpuVendor, FeatureState, featuresIn, virtualizationName } from '../processor'
import { showMemory, showMemoryJson } from '../memory'
import { nameOfOwner } from '../owner'
import { nameOfVm, textOfHost } from '../text'
import { vmOf } from '../vm'

const frameBytes: u64 = 4096
const largeFrameBytes: u64 = 2 << 20

/** Adds them. */
export function addHostCommands(): void {
  add('host info', 'CPU, memory, features', 'host info', info).option('--json')
  add('host memory', 'who has how much memory', 'host memory', memoryOwners).option('--json')
  add('host cpu', 'who has used the CPU', 'host cpu', cpu).option('--json')
  add('host devices', 'devices and drivers', 'host devices', devices).option('--json')
}

function info(given: Arguments): void {
  if (given.has('--json')) return infoJson()
  const blocked = guestsBlocked()
  if (blocked.length) print(blocked + '\n')
  new Facts()
    .add('name', textOfHost(HostText.Name))
    .add('version', textOfHost(HostText.Version))
    .add('booted by', textOfHost(HostText.BootLoader))
    .add('uptime', duration(hostNumber(HostNumber.Uptime)))
    .add('time', wallClock())
    .add('processor', `${cpuModel()} (${cpuVendor()})`)
    .add('processors', `${hostNumber(HostNumber.CpuCount)} of ${hostNumber(HostNumber.CpuPresent)} in use`)
    .add('cores', wrapped(coresText()))
    .add('core scheduling', coreSchedulingText())
    .add('virtualization', virtualizationName())
    .add('in use', wrapped(featuresIn(FeatureState.Used)))
    .add('not used', wrapped(featuresIn(FeatureState.Found)))
    .add('not there', wrapped(featuresIn(FeatureState.Absent)))
    .add('memory', `${size(hostNumber(HostNumber.RamBytes))}, ${size(hostNumber(HostNumber.FreeBytes))} free`)
    .add('TSC', `${frequency(hostNumber(HostNumber.TscFrequency))}, calibrated against ${textOfHost(HostText.Clock)}`)
    .add('APIC timer', frequency(hostNumber(HostNumber.ApicTimerFrequency)))
    .add('VMs', vmCount().toString())
    .show()
}

function wallClock(): string {
  const booted = hostNumber(HostNumber.Epoch)
  return booted ? dateTime(booted + hostNumber(HostNumber.Uptime) / 1000000000) : ''
}

function infoJson(): void {
  const json = new Json().object()
    .name('name').text(textOfHost(HostText.Name))
    .name('version').text(textOfHost(HostText.Version))
    .name('bootLoader').text(textOfHost(HostText.BootLoader))
    .name('uptimeNanoseconds').number(hostNumber(HostNumber.Uptime))
    .name('bootEpochSeconds').number(hostNumber(HostNumber.Epoch))
    .name('cpuVendor').text(cpuVendor())
    .name('cpuModel').text(cpuModel())
    .name('cpusInUse').number(hostNumber(HostNumber.CpuCount))
    .name('cpusPresent').number(hostNumber(HostNumber.CpuPresent))
    .name('virtualization').text(virtualizationName())
    .name('coreScheduling').boolean(isCoreScheduling())
    .name('cores').array()
  const cores = hostCores()
  for (let i = 0; i < cores.length; i++) json.numbers(cores[i])
  json.endArray()
    .name('featuresUsed').words(featuresIn(FeatureState.Used))
    .name('featuresUnused').words(featuresIn(FeatureState.Found))
    .name('featuresAbsent').words(featuresIn(FeatureState.Absent))
    .name('guestsBlocked').text(blockedText(u32(hostNumber(HostNumber.Blocked))))
    .name('memoryBytes').number(hostNumber(HostNumber.RamBytes))
    .name('freeBytes').number(hostNumber(HostNumber.FreeBytes))
    .name('tscHertz').number(hostNumber(HostNumber.TscFrequency))
    .name('apicTimerHertz').number(hostNumber(HostNumber.ApicTimerFrequency))
    .name('clock').text(textOfHost(HostText.Clock))
    .name('vms').number(vmCount())
    .endObject().show()
}

function memoryOwners(given: Arguments): void {
  const total = hostNumber(HostNumber.RamBytes)
  const json = new Json().object().name('owners').array()
  const table = new Table(['OWNER', '>SIZE', '>FRAMES'])
  let sum: u64 = 0
  for (let owner: u32 = 0; owner < Owner.Limit; owner++) {
    const bytes = memoryBytes(owner)
    if (!bytes) continue
    sum += bytes
    table.row([nameOfOwner(owner), size(bytes), (bytes / frameBytes).toString()])
    json.object().name('name').text(nameOfOwner(owner)).name('bytes').number(bytes).endObject()
  }
  if (given.has('--json')) {
    json.endArray()
    showMemoryJson(json)
    json.name('totalBytes').number(total).name('freeBytes').number(hostNumber(HostNumber.FreeBytes))
      .name('frameBytes').number(frameBytes).name('largeFrameBytes').number(largeFrameBytes)
    return json.endObject().show()
  }
  table.row(['total', size(total), (total / frameBytes).toString()])
  table.show()
  // Every frame has an owner; where the sum says otherwise, that is a fault to be seen.
  if (sum < total) print(`${total - sum} bytes have no owner.\n`)
  if (sum > total) print(`${sum - total} bytes have more than one owner.\n`)
  showMemory()
}

function cpu(given: Arguments): void {
  const cpus = readCpus()
  const all = sumOf(cpus)
  const json = new Json().object()
    .name('cpuModel').text(cpuModel())
    .name('tscHertz').number(hostNumber(HostNumber.TscFrequency))
    .name('uptimeNanoseconds').number(hostNumber(HostNumber.Uptime)).name('idleNanoseconds').number(all.idle)
  reportCpus(json, cpus)
  json.name('vms').array()
  const table = new Table(['WHO', '>WEIGHT', '>CPU TIME', '>SHARE'])
  let used = all.idle
  for (let vm: u32 = 0; vm < vmCount(); vm++) {
    const weight = vmOf(vm).weight
    const time = vmOf(vm).cpuTime
    used += time
    table.row([nameOfVm(vm), weight.toString(), duration(time), percent(time, all.online)])
    json.object().name('name').text(nameOfVm(vm)).name('weight').number(weight).name('cpuTimeNanoseconds').number(time).endObject()
  }
  if (given.has('--json')) return json.endArray().endObject().show()
  const rest = all.online > used ? all.online - used : 0
  table.row(['host itself', '', duration(rest), percent(rest, all.online)])
  table.row(['idle', '', duration(all.idle), percent(all.idle, all.online)])
  print(`${cpuModel()}, ${frequency(hostNumber(HostNumber.TscFrequency))}\n\n`)
  table.show()
}

function devices(given: Arguments): void {
  const json = new Json().array()
  const table = new Table(['ADDRESS', 'DEVICE', 'DRIVER'])
  const found = findDevices()
  for (let i = 0; i < found.length; i++) {
    const address = addressOf(found[i])
    const description = descriptionOf(found[i])
    const driver = driverOf(found[i])
    table.row([address, description, driver.length ? driver : '-'])
    json.object().name('address').text(address).name('description').text(description).name('driver').text(driver).endObject()
  }
  if (given.has('--json')) return json.endArray().show()
  if (!found.length) return print('No devices were found.\n')
  table.show()
}
