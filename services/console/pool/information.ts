/** pool list, pool info: the one pool that is imported. */
import { OrderStatus, StorageOperation } from '../../../capability/storage'
import { size } from '../format'
import { Json } from '../json'
import { Facts, Table } from '../table'
import { print } from '../terminal'
import { serialsOf } from './disks'
import { answer, answeredName, PoolConversation, prepare } from './record'
import { refusal } from './refusal'

/** True when the pool that the answer describes can only be read. */
function isDamaged(): bool { return (answer.flags & 1) != 0 }
function stateText(): string { return isDamaged() ? 'can only be read' : 'ready' }

/** Asks for the pool and shows it: as a list, which can be empty, or all that is known. */
export class PoolInformation extends PoolConversation {
  private isAsked: bool = false

  constructor(readonly isList: bool, readonly asJson: bool) { super() }

  ask(): bool {
    if (this.isAsked) return false
    this.isAsked = true
    prepare(StorageOperation.PoolInfo)
    return true
  }

  answered(): void {
    const isThere = answer.status == OrderStatus.Ok
    if (this.asJson && (isThere || this.isList)) return this.report(isThere)
    if (!isThere) return print(refusal(answer.status, StorageOperation.PoolInfo, '', '') + '\n')
    if (this.isList) return list()
    new Facts()
      .add('name', answeredName())
      .add('state', stateText())
      .add('size', `${size(answer.bytes)}, ${size(answer.free)} free`)
      .add('disks', serialsOf(answer.originLow).join('\n'))
      .add('last commit', answer.generation.toString())
      .show()
  }

  private report(isThere: bool): void {
    const json = new Json()
    if (this.isList) json.array()
    if (isThere) {
      json.object().name('name').text(answeredName()).name('state').text(isDamaged() ? 'read-only' : 'ready')
        .name('bytes').number(answer.bytes).name('freeBytes').number(answer.free).name('disks').array()
      const serials = serialsOf(answer.originLow)
      for (let i = 0; i < serials.length; i++) json.text(serials[i])
      json.endArray().name('lastCommit').number(answer.generation).endObject()
    }
    if (this.isList) json.endArray()
    json.show()
  }
}

function list(): void {
  const table = new Table(['NAME', '>SIZE', '>FREE', '>DISKS', 'STATE'])
  table.row([answeredName(), size(answer.bytes), size(answer.free), answer.number.toString(), stateText()])
  table.show()
}
