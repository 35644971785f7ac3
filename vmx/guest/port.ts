import { isArmed, note, Watched } from './watch'

let portRead: (port: u32, size: u32) => u32 = unbackedRead
let portWrite: (port: u32, size: u32, value: u32) => void = unbackedWrite

function unbackedRead(port: u32, size: u32): u32 { return u32.MAX_VALUE }
function unbackedWrite(port: u32, size: u32, value: u32): void { /* nothing is there to take it */ }

/** Where IN and OUT go, the string forms too; size is 1, 2 or 4. Whether the guest may use the port was the processor's to check. */
export function setPorts(read: (port: u32, size: u32) => u32, write: (port: u32, size: u32, value: u32) => void): void {
  portRead = read
  portWrite = write
}

/** Reads a port of the current VM; upper bytes are as the device left them. */
export function readPort(port: u32, size: u32): u32 {
  if (isArmed()) note(port, size, Watched.Port)
  return portRead(port, size)
}

/** Writes a port of the current VM. */
export function writePort(port: u32, size: u32, value: u32): void {
  if (isArmed()) note(port, size, Watched.Port)
  portWrite(port, size, value)
}
