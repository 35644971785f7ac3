/** pool create, devices, list, info, check, export, import. */
import { OrderFlag, StorageOperation } from '../../../capability/storage'
import { add, Arguments, Kind } from '../command'
import { Change } from '../pool/change'
import { PoolDevices } from '../pool/devices'
import { chooseDisks, findDisks } from '../pool/disks'
import { PoolInformation } from '../pool/information'
import { isName } from '../pool/record'
import { nameRule } from '../pool/refusal'
import { Conversation, converse } from '../conversation'
import { print } from '../terminal'
import { quoted } from '../format'

/** What is said where the service is not even started. */
const noDisks: string = 'This host has no disk that the pool may use: no driver has found one, or the configuration gives each of them to a VM (disks, raw).\n' +
  'Plug an NVMe drive in, or leave one to the pool; host devices shows what has a driver.\n'

/** Adds them. */
export function addPoolCommands(): void {
  add('pool create', 'make a storage pool', 'pool create tank S4EVNX0R', create).takes('NAME', Kind.Name).takesSeveral('DISK', Kind.Disk).option('--force')
    .explain('Takes disks, or GPT partitions of disks, as pool devices names them: everything on them is lost, and nothing beside a partition.\n' +
      'It does not touch what holds something known unless --force says so.')
  add('pool devices', 'disks it can have', 'pool devices', devices).option('--json')
  add('pool list', 'the pool and its space', 'pool list', list).option('--json')
  add('pool info', 'all about it', 'pool info', info).option('--json')
  add('pool check', 'look for what is wrong', 'pool check', check)
    .explain('Walks all volumes and compares them with the space map. VMs go on meanwhile, and what they write waits.')
  add('pool export', 'let go of it', 'pool export', exportPool).explain('Commits what was written. Its disks can be taken to another host then.')
  add('pool import', 'open one that is there', 'pool import', importPool).mayTakeSeveral('DISK', Kind.Disk)
    .explain('On these disks, all that it is made of; without names on whichever it is. A host does this by itself when it starts.')
}

/** True where there is a disk; otherwise it is said that there is none. */
export function hasDisks(): bool {
  const has = findDisks().length > 0
  if (!has) print(noDisks)
  return has
}

/** Begins a conversation where there is somebody to talk to. */
export function ask(conversation: Conversation): void {
  if (hasDisks()) converse(conversation)
}

/** True for a name that an order can carry; otherwise it is said what one is. */
export function checkName(name: string): bool {
  const is = isName(name)
  if (!is) print(`${nameRule}; not ${quoted(name)}.\n`)
  return is
}

function create(given: Arguments): void {
  const name = given.positions[0]
  if (!hasDisks() || !checkName(name)) return
  const chosen = chooseDisks(given.positions.slice(1))
  if (!chosen) return
  const change = new Change(StorageOperation.PoolCreate, `The pool ${name} is made, on ${chosen.names.join(', ')}. volume create makes volumes in it.`)
  change.name = name
  change.chosen = chosen
  if (given.has('--force')) change.flags = OrderFlag.Force
  converse(change)
}

function devices(given: Arguments): void {
  const asJson = given.has('--json')
  if (asJson && !findDisks().length) return print('[]\n')
  ask(new PoolDevices(asJson))
}

function list(given: Arguments): void {
  const asJson = given.has('--json')
  if (asJson && !findDisks().length) return print('[]\n')
  ask(new PoolInformation(true, asJson))
}

function info(given: Arguments): void { ask(new PoolInformation(false, given.has('--json'))) }

function check(given: Arguments): void { ask(new Change(StorageOperation.PoolCheck, '')) }

function exportPool(given: Arguments): void { ask(new Change(StorageOperation.PoolExport, 'The pool is let go. pool import opens it again.')) }

function importPool(given: Arguments): void {
  if (!hasDisks()) return
  const change = new Change(StorageOperation.PoolImport, 'The pool is imported. pool info and volume list show what is in it.')
  if (given.positions.length) {
    const chosen = chooseDisks(given.positions)
    if (!chosen) return
    change.chosen = chosen
  }
  converse(change)
}
