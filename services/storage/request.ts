/** Requests under way: by the numbers that the nucleus gave them. */
import * as storage from '../../capability/storage'
import { DiskOperation } from '../../capability/disk'
import { PageState, page } from './page'

export namespace RequestState {
  export const None: u32 = 0
  export const Active: u32 = 1 // there is more of it to begin
  export const Begun: u32 = 2 // all is under way
  export const Queued: u32 = 3 // waits for its turn among the changes
  export const Flushing: u32 = 4 // waits for `generation` to be committed
  export const Crowded: u32 = 5 // waits for space that this commit frees
  export const Limited: u32 = 6 // waits for its volume's limits
}

@unmanaged export class Request {
  state: u32
  volume: u32
  operation: u32
  status: u32
  begin: u64 // sectors
  end: u64
  next: u64 // where to go on
  generation: u64
  parts: u32 // under way
  awaited: u32 // number + 1 of the page that has to be there first
}
const RequestShift: usize = 6
/** Those of VMs, and behind them this service's own, whose memory is its own: their `begin` is such that a place in the request is an address. */
export const RequestLimit: u32 = storage.Memory.Scratch
const requests: usize = memory.data(256 << 6, 8)
const counts: usize = memory.data(7 << 2, 4) // of requests in each state
const active: usize = memory.data(32, 8) // a bit for each that is Active

@inline export function request(id: u32): Request { return changetype<Request>(requests + (<usize>id << RequestShift)) }
@inline function numberOf(it: Request): u32 { return <u32>((changetype<usize>(it) - requests) >> RequestShift) }

export function clearRequests(): void {
  memory.fill(requests, 0, 256 << RequestShift)
  memory.fill(active, 0, 32)
  memory.fill(counts, 0, 7 << 2)
}

function countState(state: u32, change: i32): void { store<u32>(counts + (<usize>state << 2), load<u32>(counts + (<usize>state << 2)) + change) }

export function setRequestState(it: Request, state: u32): void {
  countState(it.state, -1)
  countState(state, 1)
  it.state = state
  it.awaited = 0
  const at = active + (<usize>(numberOf(it) >> 6) << 3)
  const bit = <u64>1 << (numberOf(it) & 63)
  store<u64>(at, state == RequestState.Active ? load<u64>(at) | bit : load<u64>(at) & ~bit)
}

/** The first active one from `begin` on that can go on; RequestLimit when there is none. */
export function nextActive(begin: u32): u32 {
  for (let id = begin; id < RequestLimit && load<u32>(counts + (<usize>RequestState.Active << 2)) != 0;) {
    const rest = load<u64>(active + (<usize>(id >> 6) << 3)) >> (id & 63)
    if (rest == 0) {
      id = (id | 63) + 1
      continue
    }
    id += <u32>ctz(rest)
    if (isAwaited(request(id).awaited)) id++
    else return id
  }
  return RequestLimit
}

/** The first in a state from `begin` on; RequestLimit when there is none. */
export function nextInRequestState(state: u32, begin: u32): u32 {
  if (load<u32>(counts + (<usize>state << 2)) == 0) return RequestLimit
  let id = begin
  while (id < RequestLimit && request(id).state != state) id++
  return id
}

/** True while a request is under way that reads or changes a volume. */
export function isRequested(volume: u32): bool {
  for (let id: u32 = 0; id < RequestLimit; id++) {
    const it = request(id)
    if (it.state != RequestState.None && it.volume == volume && it.operation != DiskOperation.Flush) return true
  }
  return false
}

/** True when no request is under way. */
export function areRequestsOver(): bool {
  for (let state = RequestState.Active; state <= RequestState.Limited; state++) if (load<u32>(counts + (<usize>state << 2)) != 0) return false
  return true
}

/** True while a block of a volume is to be unmapped, when the turn of a request among the changes comes. */
export function isToBeUnmapped(volume: u32, block: u64): bool {
  for (let id = nextInRequestState(RequestState.Queued, 0); id < RequestLimit; id = nextInRequestState(RequestState.Queued, id + 1)) {
    const it = request(id)
    if (it.volume == volume && block >= it.next >> 3 && block < it.end >> 3) return true
  }
  return false
}

/** True while a page that something waits for is being read. */
export function isAwaited(number: u32): bool { return number != 0 && page(number - 1).state == PageState.Reading }

/** True when what something waited for came at once. */
export function isThere(number: u32): bool { return number != 0 && !isAwaited(number) }

/** Ends a request that has nothing under way any more. */
export function endIfOver(it: Request): void {
  if (it.parts != 0 || it.state == RequestState.Queued || it.state == RequestState.Flushing) return
  if (it.status == storage.StorageStatus.Ok && it.next < it.end) return
  setRequestState(it, RequestState.None)
  storage.complete(numberOf(it), it.status)
}

/** A request is not to go on; it ends with the first such status when what is under way has. */
export function fail(it: Request, status: u32): void {
  if (it.status == storage.StorageStatus.Ok) it.status = status
  setRequestState(it, RequestState.Begun)
}
