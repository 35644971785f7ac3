/** volume create, list, info, resize, set, snapshot, clone, rollback, delete, import, export, progress, images. */
import { OrderFlag, StorageOperation } from '../../../capability/storage'
import { add, Arguments, Kind } from '../command'
import { parseSize, quoted, size } from '../format'
import { Change } from '../pool/change'
import { Conveyance } from '../pool/conveyance'
import { Chosen, chooseDisks, findDisks, isDiskName } from '../pool/disks'
import { Images } from '../pool/images'
import { parseLimit, SetLimit, volumeSettingNames, volumeSettingRules } from '../pool/limit'
import { VolumeInformation } from '../pool/volumeinfo'
import { VolumeList } from '../pool/volumelist'
import { print } from '../terminal'
import { ask, checkName, hasDisks } from './pool'

const mostBytes: u64 = <u64>1 << 48
const blockBytes: u64 = 4096

/** Adds them. */
export function addVolumeCommands(): void {
  add('volume create', 'make a volume', 'volume create db 10GiB', create).takes('NAME', Kind.Name).takesSeveral('SIZE', Kind.Size)
    .explain('SIZE is as in 10GiB, 512 MiB or 2T. It takes space only as it is written.')
  add('volume list', 'all volumes', 'volume list', list).option('--json')
  add('volume info', 'all about one', 'volume info db', info).takes('NAME', Kind.Name).option('--json')
  add('volume resize', 'give it another size', 'volume resize db 20GiB', resize).takes('NAME', Kind.Name).takesSeveral('SIZE', Kind.Size)
    .explain('What lies beyond a smaller size is lost. A VM that has the volume sees its size when it starts.')
  add('volume snapshot', 'keep what it holds now', 'volume snapshot db db-1', snapshot).takes('NAME', Kind.Name).takes('NEW', Kind.Name)
    .explain('NEW is what the snapshot is to be called. It does not change, and takes space only for what changes in the volume.')
  add('volume clone', 'make one that shares', 'volume clone db test', clone).takes('NAME', Kind.Name).takes('NEW', Kind.Name)
    .explain('NEW is what the clone of a volume or a snapshot is to be called. It can be written, and takes space only for what differs.')
  add('volume rollback', 'go back to a snapshot', 'volume rollback db db-1', rollback).takes('NAME', Kind.Name).takes('FROM', Kind.Name)
    .explain('The volume NAME becomes what FROM holds, its size included; what it held is lost unless a snapshot keeps it.')
  add('volume set', 'limit it', 'volume set db requestLimit 500', set).takes('NAME', Kind.Name).takes('KEY', Kind.VolumeSetting).takesSeveral('VALUE', Kind.Size)
    .explain(`More than that in a second waits, until it is set again or the configuration says another limit.\n  byteLimit     ${volumeSettingRules[0]}\n  requestLimit  ${volumeSettingRules[1]}`)
  add('volume delete', 'delete it', 'volume delete test', remove).takes('NAME', Kind.Name)
    .explain('What it holds is lost, but for what snapshots and clones share; they stay.')
  add('volume import', 'make one of an image', 'volume import vm vm.img', importVolume).takes('NAME', Kind.Name).takes('FROM', Kind.Disk)
    .explain('FROM is one of volume images, or a disk or partition as pool devices names them.\nThe volume is there when all of it is. Blocks of zeros take no space.')
  add('volume export', 'write it to a disk', 'volume export db S4EVNX0R', exportVolume).takes('NAME', Kind.Name).takes('DISK', Kind.Disk).option('--force')
    .explain('To the beginning of a disk or partition, as pool devices names them. What is known there is not overwritten unless --force says so.\nOf a volume that a VM is using, export a snapshot.')
  add('volume progress', 'of import and export', 'volume progress', progress)
  add('volume images', 'what can be imported', 'volume images', images).option('--json')
}

function importVolume(given: Arguments): void {
  const name = given.positions[0]
  const from = given.positions[1]
  const isDisk = isDiskName(from)
  if (!hasDisks() || !checkName(name) || !isDisk && !checkName(from)) return
  const conveyance = new Conveyance(StorageOperation.VolumeImport, `The volume ${name} is made of ${from}.`, false)
  if (isDisk && !choosePlace(conveyance, from)) return
  begin(conveyance, name, from)
}

function exportVolume(given: Arguments): void {
  const name = given.positions[0]
  const disk = given.positions[1]
  if (!hasDisks() || !checkName(name)) return
  const conveyance = new Conveyance(StorageOperation.VolumeExport, `The volume ${name} is written to ${disk}.`, false)
  if (!choosePlace(conveyance, disk)) return
  if (given.has('--force')) conveyance.flags = OrderFlag.Force
  begin(conveyance, name, disk)
}

function begin(conveyance: Conveyance, name: string, other: string): void {
  conveyance.name = name
  conveyance.other = other
  ask(conveyance)
}

/** Notes which disk or partition is meant; false after saying that there is none such. */
function choosePlace(to: Conveyance, name: string): bool {
  const chosen = chooseDisks([name])
  if (!chosen) return false
  to.chosen = new Chosen(chosen.names)
  to.chosen.devices = chosen.partitions.length ? 1 << (chosen.partitions[0] & 0xFF) : chosen.devices
  if (chosen.partitions.length) to.value = chosen.partitions[0] >> 8
  return true
}

function progress(given: Arguments): void { ask(new Conveyance(StorageOperation.Progress, 'No import or export goes on.', true)) }

function images(given: Arguments): void {
  const asJson = given.has('--json')
  if (asJson && !findDisks().length) return print('[]\n')
  ask(new Images(asJson))
}

function create(given: Arguments): void {
  const name = given.positions[0]
  const bytes = sizeIn(given)
  if (bytes && checkName(name)) order(StorageOperation.VolumeCreate, name, '', bytes, `The volume ${name} is made: ${size(bytes)}.`)
}

function list(given: Arguments): void {
  const asJson = given.has('--json')
  if (asJson && !findDisks().length) return print('[]\n')
  ask(new VolumeList(asJson))
}

function info(given: Arguments): void { ask(new VolumeInformation(given.positions[0], given.has('--json'))) }

function resize(given: Arguments): void {
  const name = given.positions[0]
  const bytes = sizeIn(given)
  if (bytes && checkName(name)) order(StorageOperation.VolumeResize, name, '', bytes, `${name} is of ${size(bytes)} now.`)
}

function set(given: Arguments): void {
  const key = given.positions[1]
  const setting = volumeSettingNames.indexOf(key)
  if (setting < 0) return print(`There is no setting ${quoted(key)}. There are: ${volumeSettingNames.join(', ')}.\n`)
  const text = given.positions.slice(2).join(' ')
  const value = parseLimit(setting, text)
  if (value == u64.MAX_VALUE) return print(`${key} can be ${volumeSettingRules[setting]}; not ${quoted(text)}.\n`)
  if (checkName(given.positions[0])) ask(new SetLimit(given.positions[0], setting, value))
}

function snapshot(given: Arguments): void { copy(given, StorageOperation.VolumeSnapshot, 'is a snapshot of') }
function clone(given: Arguments): void { copy(given, StorageOperation.VolumeClone, 'is a clone of') }

function copy(given: Arguments, operation: u32, made: string): void {
  const name = given.positions[0]
  const copied = given.positions[1]
  if (checkName(name) && checkName(copied)) order(operation, name, copied, 0, `${copied} ${made} ${name}.`)
}

function rollback(given: Arguments): void {
  const name = given.positions[0]
  const from = given.positions[1]
  if (checkName(name) && checkName(from)) order(StorageOperation.VolumeRollback, name, from, 0, `${name} holds what ${from} does.`)
}

function remove(given: Arguments): void {
  const name = given.positions[0]
  if (checkName(name)) order(StorageOperation.VolumeDelete, name, '', 0, `${name} is deleted; its space is given back as time allows.`)
}

function order(operation: u32, name: string, other: string, value: u64, done: string): void {
  if (!hasDisks()) return
  const change = new Change(operation, done)
  change.name = name
  change.other = other
  change.value = value
  ask(change)
}

/** The size that a command is given, in one word or two, or 0 after saying what one is. */
function sizeIn(given: Arguments): u64 {
  const text = given.positions.slice(1).join(' ')
  const bytes = parseSize(text, mostBytes)
  if (bytes && bytes <= mostBytes && bytes % blockBytes == 0) return bytes
  print(`SIZE is as in 10GiB, 512 MiB or 2T (KiB, MiB, GiB, TiB), from 4 KiB to 256 TiB and a multiple of 4 KiB; not ${quoted(text)}.\n`)
  return 0
}
