/** What is said of data that is not what was written. */
import { append, appendByte, appendHexadecimal, say } from '../logline'
import { Limit, Volume } from './layout'

/** Appends a name of a volume or a pool. */
export function appendName(name: usize): void {
  for (let at: usize = 0; at < Limit.Name && load<u8>(name + at) != 0; at++) appendByte(load<u8>(name + at))
}

/** Reports blocks of a volume that cannot be read as they were written; `what` is in the way. */
export function reportCorrupt(it: Volume, block: u64, count: u64, what: string): void {
  append('volume ')
  appendName(it.name)
  append(': ')
  append(what)
  append(' of bytes ')
  appendHexadecimal(block << 12)
  append(' to ')
  appendHexadecimal((block + count << 12) - 1)
  append(' is corrupt')
  say()
}
