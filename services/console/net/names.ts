/** The names of the networks, asked for beforehand: Tab cannot wait for an answer. Only the console makes and deletes networks, so it knows when they change. */
import { SwitchStatus, SwitchOperation } from '../../../capability/switch'
import { sandboxNames } from '../candidates'
import { converseAside } from '../conversation'
import { NetworkLimit } from './survey'
import { answer, answeredName, order, prepare, SwitchConversation } from './record'

let known: string[] = []
let isAsked: bool = false

/** True where there is a service for networks. */
export function hasSwitches(): bool { return sandboxNames().includes('switch') }

/** All names, as far as they are known; asks where they never were. */
export function networkNames(): string[] {
  if (!isAsked) learnNames()
  return known
}

/** Asks for them, as something has changed. */
export function learnNames(): void {
  isAsked = hasSwitches()
  if (isAsked) converseAside(new Names())
}

class Names extends SwitchConversation {
  private names: string[] = []
  private next: u32 = 0

  ask(): bool {
    if (this.next >= NetworkLimit) return false
    prepare(SwitchOperation.Next)
    order.number = this.next
    return true
  }

  answered(): void {
    if (answer.status == SwitchStatus.Ok && answer.number >= this.next && answer.number < NetworkLimit) {
      this.names.push(answeredName())
      this.next = answer.number + 1
      return
    }
    this.next = NetworkLimit
    known = this.names
  }
}
