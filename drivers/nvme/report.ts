/** What is said of a request that failed. */
import { DiskOperation } from '../../capability/disk'
import { append, appendDecimal, appendHexadecimal, say } from '../message'
import { CommandStatus } from './commands'
import { Slot } from './slot'

/** Says that a slot's request fails, with the status of its command; 0 when the controller had to be reset too often. */
export function report(slot: Slot, status: u32): void {
  const request = slot.request
  append(operationName(request.operation))
  append(' of namespace ')
  appendDecimal(slot.namespace)
  append(', block ')
  appendDecimal(slot.block)
  append(' and on, failed: ')
  if (status) {
    append('status ')
    appendHexadecimal(status & CommandStatus.Code)
  } else append('the controller did not carry it out in many tries')
  say()
}

function operationName(operation: u32): string {
  switch (operation) {
    case DiskOperation.Read: return 'read'
    case DiskOperation.Write: return 'write'
    case DiskOperation.Flush: return 'flush'
    case DiskOperation.Discard: return 'deallocation'
  }
  return 'write of zeroes'
}
