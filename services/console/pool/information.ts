/** pool list, pool info: the one pool that is imported. */
import { OrderStatus, StorageOperation } from '../../../capability/storage'
import { size } from '../format'
import { Json } from '../json'
import { Facts, Table } from '../table'
import { print } from '../terminal'
import { partitionName } from './disks'
import { answer, answeredName, order, PoolConversation, prepare } from './record'
import { refusal } from './refusal'

/** What the answer says of the pool. */
function stateText(): string { return answer.flags & 2 ? 'a drive is missing' : answer.flags & 1 ? 'can only be read' : 'ready' }
function stateKey(): string { return answer.flags & 2 ? 'missing-drive' : answer.flags & 1 ? 'read-only' : 'ready' }

/** Asks for the pool and shows it: as a list, which can be empty, or all that is known. */
export class PoolInformation extends PoolConversation {
  private count: u32 = 0 // of its disks, once it has answered
  private isAsked: bool = false
  private name: string = ''
  private state: string = ''
  private bytes: u64 = 0
  private free: u64 = 0
  private commit: u64 = 0
  private disks: string[] = []
  private missing: string[] = []

  constructor(readonly isList: bool, readonly asJson: bool) { super() }

  ask(): bool {
    if (this.isAsked && <u32>this.disks.length == this.count) return false
    prepare(this.isAsked ? StorageOperation.PoolDevice : StorageOperation.PoolInfo)
    order.value = this.disks.length
    return true
  }

  answered(): void {
    if (this.isAsked) return this.takeDisk()
    this.isAsked = true
    if (answer.status != OrderStatus.Ok) {
      if (this.asJson && this.isList) return print('[]\n')
      return print(refusal(answer.status, StorageOperation.PoolInfo, '', '') + '\n')
    }
    this.count = answer.number
    this.name = answeredName()
    this.state = this.asJson ? stateKey() : stateText()
    this.bytes = answer.bytes
    this.free = answer.free
    this.commit = answer.generation
  }

  private takeDisk(): void {
    const isThere = answer.status == OrderStatus.Ok
    const name = isThere ? partitionName(answeredName(), answer.what) : ''
    if (isThere && answer.flags & 1) this.missing.push(name)
    this.disks.push(name)
  }

  show(): bool {
    if (!this.name.length) return false
    if (this.asJson) this.report()
    else if (this.isList) this.list()
    else this.describe()
    return false
  }

  private describe(): void {
    const disks: string[] = []
    for (let i = 0; i < this.disks.length; i++) disks.push(this.disks[i] + (this.missing.includes(this.disks[i]) ? ', which is missing' : ''))
    new Facts()
      .add('name', this.name)
      .add('state', this.state)
      .add('size', `${size(this.bytes)}, ${size(this.free)} free`)
      .add('disks', disks.join('\n'))
      .add('last commit', this.commit.toString())
      .show()
  }

  private list(): void {
    const table = new Table(['NAME', '>SIZE', '>FREE', '>DISKS', 'STATE'])
    table.row([this.name, size(this.bytes), size(this.free), this.disks.length.toString(), this.state])
    table.show()
  }

  private report(): void {
    const json = new Json()
    if (this.isList) json.array()
    json.object().name('name').text(this.name).name('state').text(this.state).name('bytes').number(this.bytes).name('freeBytes').number(this.free)
      .name('disks').array()
    for (let i = 0; i < this.disks.length; i++) json.text(this.disks[i])
    json.endArray().name('missing').array()
    for (let i = 0; i < this.missing.length; i++) json.text(this.missing[i])
    json.endArray().name('lastCommit').number(this.commit).endObject()
    if (this.isList) json.endArray()
    json.show()
  }
}
