/** The board as a vCPU reaches it whose instruction the machine carries out. */
import { port as notePort } from '../../capability/vcpu'

let mmioRead: (gpa: u64, size: u32) => u64 = unbackedRead
let mmioWrite: (gpa: u64, size: u32, value: u64) => void = unbackedWrite
let portRead: (port: u32, size: u32) => u32 = unbackedPortRead
let portWrite: (port: u32, size: u32, value: u32) => void = unbackedPortWrite

function unbackedRead(gpa: u64, size: u32): u64 { return u64.MAX_VALUE }
function unbackedWrite(gpa: u64, size: u32, value: u64): void { /* nothing is there to take it */ }
function unbackedPortRead(port: u32, size: u32): u32 { return u32.MAX_VALUE }
function unbackedPortWrite(port: u32, size: u32, value: u32): void { /* nothing is there to take it */ }

/** Says who answers, with what the board's functions of these names take. */
export function connect(read: (gpa: u64, size: u32) => u64, write: (gpa: u64, size: u32, value: u64) => void, input: (port: u32, size: u32) => u32, output: (port: u32, size: u32, value: u32) => void): void {
  mmioRead = read
  mmioWrite = write
  portRead = input
  portWrite = output
}

/** A device's `size` (1 to 8) bytes that lie in one page, zero-extended. */
export function readDevice(gpa: u64, size: u32): u64 {
  if (isWhole(gpa, size)) return mmioRead(gpa, size) & u64.MAX_VALUE >> (64 - (<u64>size << 3))
  let value: u64 = 0
  for (let done: u32 = 0; done < size;) {
    const step = piece(gpa + done, size - done)
    value |= readDevice(gpa + done, step) << (<u64>done << 3)
    done += step
  }
  return value
}

/** Writes the low `size` bytes of `value` likewise. */
export function writeDevice(gpa: u64, size: u32, value: u64): void {
  if (isWhole(gpa, size)) return mmioWrite(gpa, size, value & u64.MAX_VALUE >> (64 - (<u64>size << 3)))
  for (let done: u32 = 0; done < size;) {
    const step = piece(gpa + done, size - done)
    writeDevice(gpa + done, step, value >> (<u64>done << 3))
    done += step
  }
}

/** True where a device sees one access. */
@inline function isWhole(gpa: u64, size: u32): bool { return (size & (size - 1)) == 0 && (<u32>gpa & 7) + size <= 8 }

/** The largest naturally aligned access at `gpa` within `left` bytes. */
@inline function piece(gpa: u64, left: u32): u32 {
  let size: u32 = 8
  while (size > left || <u32>gpa & (size - 1)) size >>= 1
  return size
}

/** Reads a port; upper bytes are as the device left them. Whether the guest may use it was the processor's to check. */
export function readPort(port: u32, size: u32): u32 {
  notePort(port, size)
  return portRead(port, size)
}

/** Writes a port. */
export function writePort(port: u32, size: u32, value: u32): void {
  notePort(port, size)
  portWrite(port, size, value)
}
