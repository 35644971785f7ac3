/** Limits of volumes: so many bytes and requests a second. What comes before its time waits here, each volume's in order. */
import { now } from '../../capability/device'
import * as storage from '../../capability/storage'
import { DiskOperation } from '../../capability/disk'
import { Bucket, BucketBytes, fill, isOpen, opensAt, spend } from '../bucket'
import { take } from './arena'
import { Limit } from './layout'
import { Request, request, RequestState, setRequestState } from './request'
import { begin } from './requests'
import { volume } from './volumes'

/** Greatest limits: with them, and a request of the greatest size, no bucket overflows. */
@inline export const ByteLimitMost: u64 = 64 << 30
export const RequestLimitMost: u32 = 10_000_000
/** Bytes that may come at once, at least. */
const BurstLeast: u64 = 128 << 10
/** Nanoseconds between two looks whether the VM is still there that waits: one that ends does not wait for its limits. */
const Patience: u64 = 250_000_000

let buckets: usize = 0 // two of each volume
const waiting: usize = memory.data(248 << 1, 2) // requests
let count: u32 = 0
/** When the next may begin; u64.MAX_VALUE while none waits. */
export let nextTime: u64 = u64.MAX_VALUE

/** Makes room for the buckets; false without memory. */
export function makeLimits(): bool {
  buckets = take(<usize>Limit.Volumes * 2 * BucketBytes)
  return buckets != 0
}

/** Forgets who waits. */
export function clearLimits(): void {
  count = 0
  nextTime = u64.MAX_VALUE
}

/** A bucket of a volume; one of another rate than the limit that is said begins anew. */
function bucketOf(number: u32, index: u32, rate: u64, least: u64): Bucket {
  const it = changetype<Bucket>(buckets + ((<usize>number << 1) + index) * BucketBytes)
  if (it.rate != rate) fill(it, rate, max(rate / 20, least), now())
  return it
}
@inline function bytesOf(number: u32): Bucket { return bucketOf(number, 0, volume(number).byteLimit, BurstLeast) }
@inline function requestsOf(number: u32): Bucket { return bucketOf(number, 1, volume(number).requestLimit, 1) }

/** True for a request that may begin now, and is counted. */
function admit(it: Request): bool {
  const bytes = bytesOf(it.volume)
  const requests = requestsOf(it.volume)
  const time = now()
  if (!isOpen(bytes, time) || !isOpen(requests, time)) return false
  if (it.operation == DiskOperation.Read || it.operation == DiskOperation.Write) spend(bytes, (it.end - it.next) << 9)
  spend(requests, 1)
  return true
}

/** When the limits that a request waits for let the next one through. */
function opening(it: Request): u64 {
  const bytes = bytesOf(it.volume)
  const requests = requestsOf(it.volume)
  const time = now()
  return max(isOpen(bytes, time) ? time : opensAt(bytes), isOpen(requests, time) ? time : opensAt(requests))
}

/** True for a request whose time has come; another one waits, and begins by itself. */
export function mayBegin(id: u32, it: Request): bool {
  const limited = volume(it.volume)
  if ((limited.byteLimit | limited.requestLimit) == 0 || !doesWait(it.volume) && admit(it)) return true
  setRequestState(it, RequestState.Limited)
  store<u16>(waiting + (<usize>(count++) << 1), <u16>id)
  nextTime = min(nextTime, min(opening(it), now() + Patience))
  return false
}

function doesWait(number: u32): bool {
  for (let index: u32 = 0; index < count; index++) if (request(load<u16>(waiting + (<usize>index << 1))).volume == number) return true
  return false
}

/** Begins those whose time has come. True when there was one. */
export function beginWaiting(): bool {
  if (now() < nextTime) return false
  const before = count
  let kept: u32 = 0
  nextTime = u64.MAX_VALUE
  for (let index: u32 = 0; index < before; index++) {
    const id: u32 = load<u16>(waiting + (<usize>index << 1))
    const it = request(id)
    if (!storage.isUsed(it.volume) || admit(it)) {
      begin(id, it)
      continue
    }
    store<u16>(waiting + (<usize>(kept++) << 1), <u16>id)
    nextTime = min(nextTime, min(opening(it), now() + Patience))
  }
  count = kept
  return kept != before
}
