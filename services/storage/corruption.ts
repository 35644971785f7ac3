/** What is said of data that is not what was written. */
import { now } from '../../capability/device'
import { Bucket, BucketBytes, fill, isOpen, spend } from '../bucket'
import { append, appendByte, appendDecimal, appendHexadecimal, say } from '../logline'
import { Limit, Volume } from './layout'

/** Lines a second, and at once: a guest may read what is corrupt as often as it likes, and the log has room for more than that. */
const LineRate: u64 = 2
const LineBurst: u64 = 32

const lines = changetype<Bucket>(memory.data(BucketBytes, 8))
/** Lines that were left out since the last. */
let leftOut: u32 = 0

/** Appends a name of a volume or a pool. */
export function appendName(name: usize): void {
  for (let at: usize = 0; at < Limit.Name && load<u8>(name + at) != 0; at++) appendByte(load<u8>(name + at))
}

/** Reports blocks of a volume that cannot be read as they were written; `what` is in the way. Where lines come too often, one says how many were left out before it. */
export function reportCorrupt(it: Volume, block: u64, count: u64, what: string): void {
  if (lines.rate == 0) fill(lines, LineRate, LineBurst, now())
  if (!isOpen(lines, now())) {
    leftOut++
    return
  }
  spend(lines, 1)
  append('volume ')
  appendName(it.name)
  append(': ')
  append(what)
  append(' of bytes ')
  appendHexadecimal(block << 12)
  append(' to ')
  appendHexadecimal((block + count << 12) - 1)
  append(' is corrupt')
  if (leftOut != 0) {
    append('; lines left out before: ')
    appendDecimal(leftOut)
    leftOut = 0
  }
  say()
}
