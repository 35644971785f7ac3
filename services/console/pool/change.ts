/** An order that changes the pool or a volume, or takes long: it is given, waited for, and said to be done or why not. */
import { Content, OrderStatus, StorageOperation } from '../../../capability/storage'
import { contentText } from './content'
import { Chosen } from './disks'
import { answer, order, PoolConversation, prepare, putName } from './record'
import { refusal } from './refusal'

/** The order; what is not needed is left as it is. */
export class Change extends PoolConversation {
  name: string = ''
  other: string = ''
  value: u64 = 0
  chosen: Chosen = new Chosen([])
  flags: u32 = 0
  private isAsked: bool = false

  /** `done` is what is said when it is. */
  constructor(readonly operation: u32, readonly done: string) { super() }

  ask(): bool {
    if (this.isAsked) return false
    this.isAsked = true
    prepare(this.operation)
    putName(order.name, this.name)
    putName(order.other, this.other)
    order.value = this.value
    order.devices = this.chosen.devices
    for (let i = 0; i < this.chosen.partitions.length; i++) order.setPartition(i, this.chosen.partitions[i])
    order.flags = this.flags
    return true
  }

  answered(): void {}

  isChange(): bool { return true }

  outcome(): string {
    if (answer.status == OrderStatus.NotEmpty) return this.notEmpty()
    if (answer.status != OrderStatus.Ok) return refusal(answer.status, this.operation, this.name, this.other)
    return this.operation == StorageOperation.PoolCheck ? checked(answer.free) : this.done
  }

  protected notEmpty(): string {
    const names = this.chosen.names
    const where = names.length == 1 ? names[0] : 'One of them (pool devices shows which)'
    const opens = answer.what == Content.Pool ? ' pool import opens it.' : ''
    return `${where} holds ${contentText(answer.what)}. Nothing was changed.${opens}\n` +
      'A pool takes all of a disk or a partition: everything there will be lost, for good. If that is meant, say --force.'
  }
}

function checked(wrong: u64): string {
  if (!wrong) return 'The pool was checked: no block is wrong.'
  return `The pool was checked: ${wrong} ${wrong == 1 ? 'block is' : 'blocks are'} wrong. log names the first of them.`
}
