/** pool devices: the disks that the pool's service may use, and what is on each. */
import { Content, OrderStatus, StorageOperation } from '../../../capability/storage'
import { size } from '../format'
import { Json } from '../json'
import { Table } from '../table'
import { contentKey, contentText } from './content'
import { Disk, findDisks } from './disks'
import { answer, answeredName, order, PoolConversation, prepare } from './record'

/** Asks which disks the pool has, then what is on each of the others. */
export class PoolDevices extends PoolConversation {
  private disks: Disk[] = findDisks()
  private next: i32 = -1 // the disk that is asked for; -1: the pool
  private pool: string = ''
  private members: u64 = 0
  private table: Table = new Table(['DISK', '>SIZE', 'WHAT IS ON IT'])
  private json: Json = new Json()

  constructor(readonly asJson: bool) {
    super()
    this.json.array()
  }

  ask(): bool {
    while (this.next >= 0 && this.next < this.disks.length && this.members >> this.next & 1) this.add(Content.Pool, contentText(Content.Pool), this.pool)
    if (this.next >= this.disks.length) return false
    prepare(this.next < 0 ? StorageOperation.PoolInfo : StorageOperation.Probe)
    if (this.next >= 0) order.devices = 1 << this.next
    return true
  }

  answered(): void {
    if (this.next >= 0) {
      const isRead = answer.status == OrderStatus.Ok
      return this.add(isRead ? answer.what : u32.MAX_VALUE, isRead ? contentText(answer.what) : 'cannot be read', '')
    }
    this.next = 0
    if (answer.status != OrderStatus.Ok) return
    this.pool = answeredName()
    this.members = answer.originLow
  }

  show(): bool {
    if (this.asJson) this.json.endArray().show()
    else this.table.show()
    return false
  }

  private add(content: u32, text: string, pool: string): void {
    const disk = this.disks[this.next++]
    this.table.row([disk.serial, size(disk.bytes), (disk.bytes == 0 ? 'it was pulled out' : pool.length ? `the pool ${pool}` : text) + (disk.isReadOnly ? '; it cannot be written' : '')])
    this.json.object().name('serial').text(disk.serial).name('bytes').number(disk.bytes).name('readOnly').boolean(disk.isReadOnly)
      .name('content').text(contentKey(content)).name('pool').text(pool).endObject()
  }
}
