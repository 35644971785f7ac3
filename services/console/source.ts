/** The rings that text is read from: the nucleus's log and the VMs' serial output. */
import { logBegin, logEnd, logRead, serialBegin, serialEnd, serialRead } from '../../capability/admin'

/** The nucleus's log; a VM's serial output is the VM's index. */
export const LogSource: i32 = -1

const chunkCapacity: u32 = 1024
const chunk = memory.data(1024, 16)

/** Position of the oldest byte kept. */
export function beginOf(source: i32): u64 {
  return source == LogSource ? logBegin() : serialBegin(source)
}

/** Position behind the newest byte. */
export function endOf(source: i32): u64 {
  return source == LogSource ? logEnd() : serialEnd(source)
}

/** Copies bytes from `position`; returns how many. */
export function readFrom(source: i32, position: u64, target: usize, capacity: u32): u32 {
  return source == LogSource ? logRead(position, target, capacity) : serialRead(source, position, target, capacity)
}

/** Where the last `bytes` bytes begin, or the oldest byte if fewer are kept. */
export function tailOf(source: i32, bytes: u64): u64 {
  const end = endOf(source)
  return max(beginOf(source), end > bytes ? end - bytes : 0)
}

/** Where the last `lines` lines begin; a line feed at the very end begins no line. */
export function lastLines(source: i32, lines: u64): u64 {
  const begin = beginOf(source)
  const end = endOf(source)
  let wanted = lines
  let position = end
  while (position > begin) {
    const count = <u32>min<u64>(chunkCapacity, position - begin)
    position -= count
    const got = readFrom(source, position, chunk, count)
    for (let i = got; i > 0; i--) {
      const after = position + i
      if (load<u8>(chunk + i - 1) == 10 && after != end && --wanted == 0) return after
    }
  }
  return begin
}
