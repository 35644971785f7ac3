/** The images that came with this host, of which volumes can be made; asked for one by one. */
import { OrderStatus, StorageOperation } from '../../../capability/storage'
import { size } from '../format'
import { Json } from '../json'
import { Table } from '../table'
import { print } from '../terminal'
import { answer, answeredName, order, PoolConversation, prepare } from './record'

/** Collects all and shows them. */
export class Images extends PoolConversation {
  private names: string[] = []
  private sizes: u64[] = []
  private isOver: bool = false

  constructor(readonly asJson: bool) { super() }

  ask(): bool {
    if (this.isOver) return false
    prepare(StorageOperation.ImageNext)
    order.value = this.names.length
    return true
  }

  answered(): void {
    this.isOver = answer.status != OrderStatus.Ok
    if (this.isOver) return
    this.names.push(answeredName())
    this.sizes.push(answer.bytes)
  }

  show(): bool {
    if (this.asJson) {
      const json = new Json().array()
      for (let i = 0; i < this.names.length; i++) json.object().name('name').text(this.names[i]).name('bytes').number(this.sizes[i]).endObject()
      json.endArray().show()
    } else if (!this.names.length) print('This host has no images. The configuration names them (images, and image of a disk).\n')
    else {
      const table = new Table(['IMAGE', '>SIZE'])
      for (let i = 0; i < this.names.length; i++) table.row([this.names[i], size(this.sizes[i])])
      table.show()
    }
    return false
  }
}
