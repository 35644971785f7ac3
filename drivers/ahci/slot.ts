/** The requests that were taken: two pages for each, of which the HBA reads the first. */
import { BlockPart, BlockRequest } from '../../capability/block'
import { physical } from '../../capability/device'
import { RegionShift, Table } from './commands'
import { NoSlot, PageBytes, Port } from './port'

/**
 *     page 0  000h  command table; its regions from 080h
 *             FA0h  this record
 *             FE0h  BlockRequest
 *     page 1  000h  its BlockParts
 */
@unmanaged export class Slot {
  block: u64 //     the first that is not transferred yet
  table: u64 //     where page 0 lies for the HBA
  left: u32 //      blocks that are not transferred yet
  piece: u32 //     of them, what the command under way transfers
  part: u32 //      the part of memory that it begins in
  skip: u32 //      bytes of that part before it
  tries: u32 //     how often its command failed
  taskFile: u32 //  the device's status and error then; 0: it did not answer
  age: u32 //       seconds that the command has been under way
  next: u32 //      of the list that it is in

  @inline get page(): usize { return changetype<usize>(this) - Record }
  @inline get regions(): usize { return this.page + Table.Regions }
  @inline get request(): BlockRequest { return changetype<BlockRequest>(this.page + PageBytes - offsetof<BlockRequest>()) }
  @inline at(index: u32): BlockPart { return changetype<BlockPart>(this.page + PageBytes + <usize>index * offsetof<BlockPart>()) }
}

const Record: usize = 0xfa0
const SlotBytes: u32 = 2 * PageBytes

/** Regions that a command table has room for. */
export const RegionCount: u32 = <u32>(Record - Table.Regions) >> RegionShift

/** 1 MiB for their memory; a VM has half as many requests under way at most, so that a device that hangs keeps nobody else from theirs. */
export const SlotLimit: u32 = 128

const pages = memory.data(SlotLimit * SlotBytes, 4096)
let free: u32 = NoSlot

@inline export function slotAt(index: u32): Slot { return changetype<Slot>(pages + <usize>index * SlotBytes + Record) }

/** All are free. */
export function prepareSlots(): void {
  free = NoSlot
  for (let index: u32 = SlotLimit; index > 0; index--) {
    slotAt(index - 1).table = physical(slotAt(index - 1).page)
    release(index - 1)
  }
}

/** A free one, which stays free until `take`; NoSlot when there is none. */
@inline export function freeSlot(): u32 { return free }
@inline export function take(): void { free = slotAt(free).next }
@inline export function release(index: u32): void {
  slotAt(index).next = free
  free = index
}

/** Has a slot's request wait for its port, behind the others or before them. */
export function append(port: Port, index: u32): void {
  slotAt(index).next = NoSlot
  if (port.first == NoSlot) port.first = index
  else slotAt(port.last).next = index
  port.last = index
}
export function prepend(port: Port, index: u32): void {
  slotAt(index).next = port.first
  if (port.first == NoSlot) port.last = index
  port.first = index
}
/** Takes the first out of those that wait. */
export function shift(port: Port): void { port.first = slotAt(port.first).next }
