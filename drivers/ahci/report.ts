/** What is said of a request that failed. */
import { DiskOperation } from '../../capability/disk'
import { append, appendDecimal, appendHexadecimal, say } from '../message'
import { Port } from './port'
import { Slot } from './slot'
import { sayName } from './units'

/** Says that a slot's request fails, and what the device said of its command. */
export function report(port: Port, slot: Slot): void {
  sayName(port)
  append(': ')
  append(operationName(slot.request.operation))
  append(' of block ')
  appendDecimal(slot.block)
  append(' and on failed: ')
  if (slot.taskFile) {
    append('status ')
    appendHexadecimal(slot.taskFile & 0xff)
    append(', error ')
    appendHexadecimal(slot.taskFile >> 8 & 0xff)
  } else append('the device did not carry it out in many tries')
  say()
}

function operationName(operation: u32): string {
  switch (operation) {
    case DiskOperation.Read: return 'read'
    case DiskOperation.Write: return 'write'
    case DiskOperation.Flush: return 'flush'
    case DiskOperation.Discard: return 'trim'
  }
  return 'write of zeroes'
}
