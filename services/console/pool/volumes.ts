/** The volumes of the pool: asked for one by one, since there can be thousands. */
import { OrderStatus, StorageOperation } from '../../../capability/storage'
import { print } from '../terminal'
import { answer, answeredName, order, PoolConversation, prepare } from './record'
import { refusal } from './refusal'

/** A volume, a snapshot or a clone. */
export class Volume {
  readonly name: string = answeredName()
  readonly number: u32 = answer.number
  readonly isSnapshot: bool = (answer.flags & 1) != 0
  readonly bytes: u64 = answer.bytes
  /** The pool's commit in which it was made. */
  readonly commit: u64 = answer.generation
  readonly uuidLow: u64 = answer.uuidLow
  readonly uuidHigh: u64 = answer.uuidHigh
  readonly originLow: u64 = answer.originLow
  readonly originHigh: u64 = answer.originHigh

  /** True for a snapshot or a clone. */
  get isCopy(): bool { return (this.originLow | this.originHigh) != 0 }

  /** True when it was made of `other`. */
  isOf(other: Volume): bool { return this.isCopy && this.originLow == other.uuidLow && this.originHigh == other.uuidHigh }
}

/** Collects all volumes, and shows them when they are there. */
export abstract class Volumes extends PoolConversation {
  protected volumes: Volume[] = []
  /** False where there is none to be asked: `show` is not to show anything then. */
  protected isPoolThere: bool = false
  private next: u32 = 0
  private isOver: bool = false

  ask(): bool {
    if (this.isOver) return false
    prepare(StorageOperation.VolumeNext)
    order.value = this.next
    return true
  }

  answered(): void {
    if (answer.status == OrderStatus.Ok && answer.number >= this.next) {
      this.next = answer.number + 1
      const volume = new Volume()
      this.volumes.push(volume)
      return this.found(volume)
    }
    this.isOver = true
    this.isPoolThere = answer.status == OrderStatus.NoSuchVolume
    if (!this.isPoolThere) this.failed(refusal(answer.status == OrderStatus.Ok ? OrderStatus.Corrupt : answer.status, StorageOperation.VolumeNext, '', ''))
  }

  /** One more was found. */
  protected found(volume: Volume): void {}

  /** They cannot be told, and why. */
  protected failed(why: string): void { print(why + '\n') }

  /** What it is: a snapshot or a clone of which, or a volume of its own. */
  protected kindOf(volume: Volume): string {
    if (!volume.isCopy) return 'volume'
    const origin = this.originOf(volume)
    return `${volume.isSnapshot ? 'snapshot' : 'clone'} of ${origin.length ? origin : 'a volume that is deleted'}`
  }

  /** The name of the volume that it was made of; '' when there is none any more. */
  protected originOf(volume: Volume): string {
    for (let i = 0; i < this.volumes.length; i++) if (volume.isOf(this.volumes[i])) return this.volumes[i].name
    return ''
  }
}
