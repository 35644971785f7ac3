/** volume create, list, info, resize, snapshot, clone, rollback, delete. */
import { StorageOperation } from '../../../capability/storage'
import { add, Arguments, Kind } from '../command'
import { parseSize, quoted, size } from '../format'
import { Change } from '../pool/change'
import { findDisks } from '../pool/disks'
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
  add('volume delete', 'delete it', 'volume delete test', remove).takes('NAME', Kind.Name)
    .explain('What it holds is lost, but for what snapshots and clones share; they stay.')
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
