/** Requests under way: what is kept of each until the disk has carried it out. A tag of capability/disk.ts is the disk's number and the request's place in its table. */
import { ChainName } from '../virtio/chain'
import { Disk } from './disk'

/** Most requests of one disk that are under way. */
const RequestLimit: u32 = 256

@unmanaged export class Request extends ChainName {
  statusAt: u64 //  gpa of its status byte
  queue: u32
  operation: u32 // what the disk was asked for
  written: u32 //   bytes of data that the driver has to read if it succeeds
  next: u32 //      the next of a list: the free ones, or those to be flushed
}

/** The end of a list. */
export const None: u32 = RequestLimit

/** Bytes of a disk's table. */
export const TableBytes: u32 = RequestLimit * offsetof<Request>()

@inline export function requestAt(disk: Disk, index: u32): Request { return changetype<Request>(disk.requests + <usize>index * offsetof<Request>()) }
@inline export function tagOf(disk: Disk, index: u32): u32 { return disk.number << 16 | index }
@inline export function diskOf(tag: u32): u32 { return tag >> 16 }
@inline export function indexOf(tag: u32): u32 { return tag & 0xffff }

/** Nothing is under way. */
export function resetRequests(disk: Disk): void {
  for (let index: u32 = 0; index < RequestLimit; index++) requestAt(disk, index).next = index + 1
  disk.free = 0
  disk.unflushed = None
}

/** The request at `index` is over. */
export function release(disk: Disk, index: u32): void {
  requestAt(disk, index).next = disk.free
  disk.free = index
}
