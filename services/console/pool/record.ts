/** The order to the pool's service and its answer, as records; names go in and come out as strings. */
import { storageAnswer, storageOrder } from '../../../capability/admin'
import { StorageAnswer, StorageAnswerBytes, StorageOrder, StorageOrderBytes } from '../../../capability/storage'
import { Conversation, Service } from '../conversation'
import { textAt } from '../text'

const longestName: i32 = 63

/** The order that is given next. */
export const order = changetype<StorageOrder>(memory.data(152, 8))
/** The answer that came last. */
export const answer = changetype<StorageAnswer>(memory.data(136, 8))

/** Begins an order; all that is not filled in is 0. */
export function prepare(operation: u32): void {
  memory.fill(changetype<usize>(order), 0, StorageOrderBytes)
  order.operation = operation
}

/** True for a name that an order can carry. */
export function isName(name: string): bool {
  if (!name.length || name.length > longestName) return false
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) <= 0x20 || name.charCodeAt(i) >= 0x7f) return false
  return true
}

/** Puts a name at `target`, which is `order.name` or `order.other`, if it is one. */
export function putName(target: usize, name: string): void {
  if (isName(name)) String.UTF8.encodeUnsafe(changetype<usize>(name), name.length, target)
}

/** The name that the answer gives. */
export function answeredName(): string {
  return textAt(answer.name, <u32>(StorageAnswerBytes - offsetof<StorageAnswer>()))
}

/** Orders to the pool's service. */
export abstract class PoolConversation extends Conversation {
  constructor() { super(Service.Pool) }
  give(): bool { return storageOrder(changetype<usize>(order)) }
  fetch(): bool { return storageAnswer(changetype<usize>(answer)) }
}
