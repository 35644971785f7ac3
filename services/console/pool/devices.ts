/** pool devices: the disks that the pool's service may use, their partitions, and what is on each. */
import { Content, OrderStatus, StorageOperation } from '../../../capability/storage'
import { size } from '../format'
import { Json } from '../json'
import { Table } from '../table'
import { contentKey, contentText } from './content'
import { Disk, findDisks, partitionName } from './disks'
import { answer, answeredName, order, PoolConversation, prepare } from './record'

/** Of one table, that the pool's service knows. */
const mostPartitions: u32 = 256

/** Asks which disks the pool has, then what is on each of the others and on their partitions. */
export class PoolDevices extends PoolConversation {
  private disks: Disk[] = findDisks()
  private next: i32 = -1 // the disk that is asked for; -1: the pool
  private partition: u32 = 0 // that is asked for; 0: the whole disk
  private pool: string = ''
  private members: u64 = 0
  private table: Table = new Table(['DISK', '>SIZE', 'WHAT IS ON IT'])
  private json: Json = new Json()

  constructor(readonly asJson: bool) {
    super()
    this.json.array()
  }

  ask(): bool {
    while (this.next >= 0 && this.next < this.disks.length && this.members >> this.next & 1) {
      this.addDisk(Content.Pool, `the pool ${this.pool}`, this.pool)
      this.next++
    }
    if (this.next >= this.disks.length) return false
    prepare(this.next < 0 ? StorageOperation.PoolInfo : this.partition ? StorageOperation.PartitionNext : StorageOperation.Probe)
    if (this.next >= 0) order.devices = 1 << this.next
    order.value = this.partition
    return true
  }

  answered(): void {
    if (this.next < 0) return this.takePool()
    if (this.partition) return this.takePartition()
    const isRead = answer.status == OrderStatus.Ok
    if (isRead && answer.what == Content.Gpt) {
      this.partition = 1
      return
    }
    this.addDisk(isRead ? answer.what : u32.MAX_VALUE, isRead ? contentText(answer.what) : 'cannot be read', '')
    this.next++
  }

  show(): bool {
    if (this.asJson) this.json.endArray().show()
    else this.table.show()
    return false
  }

  private takePool(): void {
    this.next = 0
    if (answer.status != OrderStatus.Ok) return
    this.pool = answeredName()
    this.members = answer.originLow
  }

  /** The first answer about a disk's partitions says whether its table is whole. */
  private takePartition(): void {
    if (this.partition == 1) this.addDisk(Content.Gpt, contentText(Content.Gpt) + (answer.status == OrderStatus.Corrupt ? ' that is not whole' : ''), '')
    const isRead = answer.status == OrderStatus.Ok
    if (!isRead && answer.status != OrderStatus.Failed || answer.number < this.partition || answer.number > mostPartitions) {
      this.partition = 0
      this.next++
      return
    }
    this.partition = answer.number + 1
    const isPools = (answer.flags & 1) != 0
    const text = !isRead ? 'cannot be read' : isPools ? `the pool ${this.pool}` : answer.flags & 2 ? 'cannot be used: it overlaps another one, lies where none can be, or begins within 4 KiB' : contentText(answer.what)
    this.add(answer.number, answer.bytes, isRead ? answer.what : u32.MAX_VALUE, text, isPools ? this.pool : '')
  }

  private addDisk(content: u32, text: string, pool: string): void {
    const bytes = this.disks[this.next].bytes
    this.add(0, bytes, content, bytes ? text : 'it was pulled out', pool)
  }

  private add(partition: u32, bytes: u64, content: u32, text: string, pool: string): void {
    const disk = this.disks[this.next]
    this.table.row([partitionName(disk.serial, partition), size(bytes), text + (disk.isReadOnly ? '; it cannot be written' : '')])
    this.json.object().name('serial').text(disk.serial).name('partition').number(partition).name('bytes').number(bytes).name('readOnly').boolean(disk.isReadOnly)
      .name('content').text(contentKey(content)).name('pool').text(pool).endObject()
  }
}
