/** Buffers by which imports and exports move what they move: each with a request of this service's own, so that it is written and read as VMs' are. */
import { OwnBlocksLimit, StorageRequestLimit, StorageStatus } from '../../capability/storage'
import { takeAny } from './arena'
import { BlockBytes, BlockShift } from './layout'
import { Request, request, RequestState, setRequestState } from './request'

export const BufferCount: u32 = 8 // as many as Memory.Own has numbers
export const BufferBytes: u32 = OwnBlocksLimit << BlockShift

export enum BufferState { Free, Fetching, Fetched, Storing }

@unmanaged export class Buffer {
  state: BufferState
  isOfDevice: bool // a device is at it, and not a request
  isEnded: bool //    that device has ended
  status: u32 //      how
  next: u32 //        where to go on
  blocks: u32
  first: u64 //       block of the volume that is its first
}
const BufferShift: usize = 5
const buffers: usize = memory.data(8 << 5, 8)
let bytes: usize = 0

@inline export function buffer(number: u32): Buffer { return changetype<Buffer>(buffers + (<usize>number << BufferShift)) }
/** Where its bytes are. */
@inline export function bytesOf(number: u32): usize { return bytes + <usize>number * BufferBytes }

/** Forgets them, with the pool's memory. */
export function clearBuffers(): void {
  memory.fill(buffers, 0, 8 << 5)
  bytes = 0
}

/** Makes room for them, once for all imports and exports of a pool. False without memory. */
export function makeBuffers(): bool {
  if (bytes == 0) bytes = takeAny(BufferCount * BufferBytes)
  return bytes != 0
}

export function areBuffersFree(): bool {
  for (let number: u32 = 0; number < BufferCount; number++) if (buffer(number).state != BufferState.Free) return false
  return true
}

/** Reads or writes blocks of a volume, from a buffer's block `at` on. */
export function beginOwnRequest(number: u32, volume: u32, operation: u32, at: u32, blocks: u32): void {
  const it = ownRequest(number)
  const sector = buffer(number).first + at << 3
  it.volume = volume
  it.operation = operation
  it.status = StorageStatus.Ok
  it.next = sector
  it.end = sector + (blocks << 3)
  it.begin = sector - (bytesOf(number) + (at << BlockShift) >> 9)
  it.parts = 0
  it.generation = 0
  setRequestState(it, RequestState.Active)
}

@inline export function ownRequest(number: u32): Request { return request(StorageRequestLimit + number) }

/** True for a block of a buffer with nothing but zeros. */
export function isZero(number: u32, at: u32): bool {
  const begin = bytesOf(number) + <usize>at * BlockBytes
  for (let place = begin; place < begin + BlockBytes; place += 8) if (load<u64>(place) != 0) return false
  return true
}

/** A device has ended what it did with a buffer. */
export function bufferEnded(number: u32, status: u32): void {
  buffer(number).isEnded = true
  buffer(number).status = status
}
