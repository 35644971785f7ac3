/** How much memory VMs have, and are to keep: which differ while a guest has not given back what it is asked for. */
import { AdminStatus, memoryBytes, VmRecord, vmCount, vmSet, VmSetting } from '../../capability/admin'
import { Owner } from '../../capability/owner'
import { MemoryReport } from '../../capability/ram'
import { parseNumber, parseSize, quoted, size } from './format'
import { Json } from './json'
import { Table } from './table'
import { print } from './terminal'
import { nameOfVm } from './text'
import { isUp } from './vcpus'
import { vmOf } from './vm'

const blockBytes: u64 = 2 << 20
const most: u64 = 1 << 40

/** True for a VM whose memory can change while it runs. */
export function isMovable(vm: u32): bool { return vmOf(vm).memoryMinimum != vmOf(vm).memoryMaximum }

/** Bytes of the host's RAM that are its guest's. */
export function hasBytes(vm: u32): u64 { return memoryBytes(Owner.Ram + vm) }

/** What the guest says of its memory, by MemoryReport. */
export function reported(vm: u32, key: u32): u64 { return load<u64>(changetype<usize>(vmOf(vm)) + offsetof<VmRecord>('guestMemory') + (<usize>key << 3)) }

/** Bytes of an answer to what a VM is to keep: as the configuration, a number counts MiB. 0 for what is no such size. */
export function memoryOf(text: string): u64 {
  const mebibytes = parseNumber(text, most >> 20)
  const bytes = mebibytes <= most >> 20 ? mebibytes << 20 : parseSize(text, most)
  return bytes % blockBytes ? 0 : bytes
}

/** True where its guest may have more than it has, and does not use it. */
function isUnused(vm: u32): bool {
  const wanted = vmOf(vm).memoryWanted
  return isUp(vm) && hasBytes(vm) < wanted && reported(vm, MemoryReport.Given) + wanted <= vmOf(vm).memoryBytes
}

/** What a VM has, and what it is to keep, or could have, where that is something else. */
export function memoryText(vm: u32): string {
  const has = hasBytes(vm)
  const wanted = vmOf(vm).memoryWanted
  if (isUnused(vm)) return `${size(has)} of ${size(wanted)}`
  return !isMovable(vm) || !isUp(vm) || has == wanted ? size(wanted) : `${size(has)} -> ${size(wanted)}`
}

/** All about it. */
export function memoryInWords(vm: u32): string {
  if (!isMovable(vm)) return memoryText(vm)
  const why = excess(vm)
  return why.length ? why : `${memoryText(vm)}${isUnused(vm) ? ', which can be' : ' of'} ${size(vmOf(vm).memoryMinimum)} to ${size(isUp(vm) ? vmOf(vm).memoryBytes : vmOf(vm).memoryMaximum)}`
}

/** Why a VM has more than it is to keep, in words that follow its name; '' where it has not. */
export function excess(vm: u32): string {
  if (!isUp(vm) || !isMovable(vm)) return ''
  const has = hasBytes(vm)
  const wanted = vmOf(vm).memoryWanted
  if (has <= wanted) return ''
  const text = `keeps ${size(has)} of ${size(wanted)} asked`
  if (!reported(vm, MemoryReport.Follows)) return `${text}: its guest has no driver of a memory balloon that it uses`
  const asked = vmOf(vm).memoryBytes - wanted
  const given = reported(vm, MemoryReport.Given)
  return given < asked ? `${text}: its guest has given back ${size(given)} of ${size(asked)} by now` : `${text}: what its guest has given back is in pieces of less than 2 MiB`
}

/** What each VM has, is to keep and may have, where that can change or not all of it is used, and who does not follow. */
export function showMemory(): void {
  const table = new Table(['NAME', '>HAS', '>TO KEEP', '>AT LEAST', '>AT MOST', '>WEIGHT', '>GUEST HAS FREE'])
  let lines = ''
  let shown = false
  for (let vm: u32 = 0; vm < vmCount(); vm++) {
    if (!isMovable(vm) && !isUnused(vm)) continue
    shown = true
    const weight = vmOf(vm).memoryWeight
    table.row([
      nameOfVm(vm), size(hasBytes(vm)), size(vmOf(vm).memoryWanted), size(vmOf(vm).memoryMinimum), size(isUp(vm) ? vmOf(vm).memoryBytes : vmOf(vm).memoryMaximum),
      weight ? weight.toString() : '-', isUp(vm) && reported(vm, MemoryReport.Available) ? size(reported(vm, MemoryReport.Available)) : '-',
    ])
    const why = excess(vm)
    if (why.length) lines += `${nameOfVm(vm)} ${why}.\n`
  }
  if (!shown) return
  print('\n')
  table.show()
  print(lines)
}

/** The same of all VMs, for programs. */
export function showMemoryJson(json: Json): void {
  json.name('vms').array()
  for (let vm: u32 = 0; vm < vmCount(); vm++) {
    json.object().name('name').text(nameOfVm(vm)).name('bytes').number(hasBytes(vm))
      .name('wantedBytes').number(vmOf(vm).memoryWanted).name('minimumBytes').number(vmOf(vm).memoryMinimum)
      .name('maximumBytes').number(isUp(vm) ? vmOf(vm).memoryBytes : vmOf(vm).memoryMaximum).name('weight').number(vmOf(vm).memoryWeight)
      .name('follows').boolean(reported(vm, MemoryReport.Follows) != 0).name('guestGivenBytes').number(reported(vm, MemoryReport.Given))
    if (reported(vm, MemoryReport.Reported)) {
      json.name('guestFreeBytes').number(reported(vm, MemoryReport.Free)).name('guestAvailableBytes').number(reported(vm, MemoryReport.Available))
        .name('guestTotalBytes').number(reported(vm, MemoryReport.Total))
    }
    json.endObject()
  }
  json.endArray()
}

/** Changes what a VM is to keep. */
export function setMemory(vm: u32, text: string): void {
  const name = nameOfVm(vm)
  if (!isMovable(vm)) return print(`memory of ${name} cannot change: its configuration has no minMemory and no maxMemory.\n`)
  const least = vmOf(vm).memoryMinimum
  const highest = vmOf(vm).memoryMaximum
  const wanted = memoryOf(text)
  if (wanted < least || wanted > highest) {
    return print(`memory of ${name} can be ${size(least)} to ${size(highest)}, a multiple of 2 MiB; not ${quoted(text)}.\n`)
  }
  const before = vmOf(vm).memoryWanted
  const status = vmSet(vm, VmSetting.MemoryWanted, wanted)
  if (status != AdminStatus.Ok) return print(`memory of ${name} was not changed: the nucleus refused it (status ${status}).\n`)
  print(`memory of ${name}: ${size(before)} -> ${size(wanted)}\n`)
  if (!isUp(vm)) return
  const room = vmOf(vm).memoryBytes
  if (wanted > room) print(`It has room for ${size(room)} until its next start: the host had no more when it started.\n`)
  if (!reported(vm, MemoryReport.Follows)) print(`Its guest has no driver of a memory balloon that it uses: it keeps ${size(hasBytes(vm))}.\n`)
  else if (wanted < hasBytes(vm)) print('Its guest is asked to give back the rest; host memory shows what it has.\n')
  else if (wanted > hasBytes(vm)) print('Its guest is told that it may have more; host memory shows what it has taken.\n')
}
