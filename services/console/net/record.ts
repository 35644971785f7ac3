/** The order to the switches' service and its answer, as records; names go in and come out as strings. */
import { switchAnswer, switchOrder } from '../../../capability/admin'
import { SwitchAnswer, SwitchNameBytes, SwitchOrder, SwitchOrderBytes } from '../../../capability/switch'
import { Conversation, Service } from '../conversation'
import { textAt } from '../text'

/** The order that is given next. */
export const order = changetype<SwitchOrder>(memory.data(704, 8)) // SwitchOrderBytes
/** The answer that came last. */
export const answer = changetype<SwitchAnswer>(memory.data(872, 8)) // SwitchAnswerBytes

/** What a network can be called, as the configuration has it. */
export const nameRule: string = 'A network is called 1 to 31 of the characters a-z, 0-9 and -'

/** Begins an order about a network, '' for none; all that is not filled in is 0. */
export function prepare(operation: u32, network: string = ''): void {
  memory.fill(changetype<usize>(order), 0, SwitchOrderBytes)
  order.operation = operation
  if (isName(network)) String.UTF8.encodeUnsafe(changetype<usize>(network), network.length, order.name)
}

/** True for a name that a network can have. */
export function isName(name: string): bool {
  if (!name.length || <u32>name.length >= SwitchNameBytes) return false
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i)
    if (!(code >= 0x61 && code <= 0x7a || code >= 0x30 && code <= 0x39 || code == 0x2d)) return false
  }
  return true
}

/** The network that the answer names. */
export function answeredName(): string { return textAt(answer.name, SwitchNameBytes) }

/** Orders to the switches' service. */
export abstract class SwitchConversation extends Conversation {
  constructor() { super(Service.Switches) }
  give(): bool { return switchOrder(changetype<usize>(order)) }
  fetch(): bool { return switchAnswer(changetype<usize>(answer)) }
}
