/** An import or an export: it is ordered, and then asked for until it is over. Whoever does not want to wait leaves, and it goes on. */
import { OrderStatus, StorageOperation } from '../../../capability/storage'
import { requestWake, uptime } from '../deadline'
import { size } from '../format'
import { print } from '../terminal'
import { Change } from './change'
import { contentText } from './content'
import { answer, prepare } from './record'
import { refusal } from './refusal'

/** Nanoseconds between two questions, and between two lines that say how far it is. */
const pause: u64 = 200000000
const silence: u64 = 2000000000

export class Conveyance extends Change {
  private isOver: bool = false
  private askAt: u64 = 0
  private tellAt: u64 = 0

  /** `isBegun`: it was ordered before, and is asked for only. */
  constructor(operation: u32, done: string, private isBegun: bool) { super(operation, done) }

  ask(): bool {
    if (this.isOver) return false
    if (!this.isBegun) return super.ask()
    prepare(StorageOperation.Progress)
    return true
  }

  isReady(): bool {
    if (!this.isBegun || uptime() >= this.askAt) return true
    requestWake(this.askAt)
    return false
  }

  answered(): void {
    if (!this.isBegun && answer.status == OrderStatus.Ok) {
      this.isBegun = true
      this.tellAt = uptime() + silence
    } else if (!this.isBegun || answer.status != OrderStatus.Ok || !(answer.flags & 1)) {
      this.isOver = true
    } else {
      this.askAt = uptime() + pause
      if (this.isAside || uptime() < this.tellAt) return
      this.tellAt = uptime() + silence
      print(`${size(answer.bytes)} of ${size(answer.bytes + answer.free)}; Ctrl-C leaves it to itself.\n`)
    }
  }

  leaving(isAsked: bool): string {
    return isAsked || this.isBegun ? 'It goes on, and how it ends will be said here; volume progress waits for it.' : super.leaving(isAsked)
  }

  protected notEmpty(): string {
    return `${this.other} holds ${contentText(answer.what)}. Nothing was changed.\nWhat the volume is written over will be lost, for good. If that is meant, say --force.`
  }

  outcome(): string {
    if (!this.isBegun || answer.status != OrderStatus.Ok) return super.outcome()
    if (!this.isOver) return ''
    return answer.what == OrderStatus.Ok ? this.done : refusal(answer.what, this.operation, this.name, this.other)
  }
}
