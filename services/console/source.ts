/** The rings that text is read from: the nucleus's log and the VMs' serial output. */
import { logBegin, logEnd, logRead, serialBegin, serialEnd, serialRead, serialWrite } from '../../capability/admin'
import { channelBegin, channelEnd, channelRead, channelWrite, hasChannels } from './channels'

/** The nucleus's log; a VM's serial output is the VM's index, and that of its console's ports `portSource`. */
export const LogSource: i32 = -1

const channelShift: i32 = 8

/** The source of a port of a VM's console. */
export function portSource(vm: u32, port: u32): i32 { return vm | <i32>(port + 1) << channelShift }
/** The VM that a source belongs to, which is not the log. */
export function vmOfSource(source: i32): u32 { return source & (1 << channelShift) - 1 }
/** 0 for its serial port, else one more than its console's port. */
export function channelOfSource(source: i32): u32 { return source >> channelShift }

const chunkCapacity: u32 = 1024
const chunk = memory.data(1024, 16)

/** Position of the oldest byte kept. */
export function beginOf(source: i32): u64 {
  return source == LogSource ? logBegin() : hasChannels(vmOfSource(source)) ? channelBegin(vmOfSource(source), channelOfSource(source)) : serialBegin(source)
}

/** Position behind the newest byte. */
export function endOf(source: i32): u64 {
  return source == LogSource ? logEnd() : hasChannels(vmOfSource(source)) ? channelEnd(vmOfSource(source), channelOfSource(source)) : serialEnd(source)
}

/** Copies bytes from `position`; returns how many. */
export function readFrom(source: i32, position: u64, target: usize, capacity: u32): u32 {
  if (source == LogSource) return logRead(position, target, capacity)
  return hasChannels(vmOfSource(source)) ? channelRead(vmOfSource(source), channelOfSource(source), position, target, capacity) : serialRead(source, position, target, capacity)
}

/** Sends bytes to what a VM's source is the output of; returns how many were taken. */
export function sendTo(source: i32, from: usize, length: u32): u32 {
  return hasChannels(vmOfSource(source)) ? channelWrite(vmOfSource(source), channelOfSource(source), from, length) : serialWrite(source, from, length)
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
