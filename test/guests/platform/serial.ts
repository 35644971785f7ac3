/** Printing on COM1, a 16550A at 3F8h, polled. */
import { in8, linear, out8 } from './hw'

const Port: u32 = 0x3F8
const FifoDepth: u32 = 16 // 16550A data sheet: 16 bytes

namespace Register {
  export const Data: u32 = 0
  export const InterruptEnable: u32 = 1
  export const FifoControl: u32 = 2
  export const LineControl: u32 = 3
  export const ModemControl: u32 = 4
  export const LineStatus: u32 = 5
}

let room: u32 = 0

/** 115200 baud, 8N1, FIFOs on, interrupts off. */
export function initializeSerial(): void {
  out8(Port + Register.InterruptEnable, 0)
  out8(Port + Register.LineControl, 0x80) // DLAB
  out8(Port + Register.Data, 1)
  out8(Port + Register.InterruptEnable, 0)
  out8(Port + Register.LineControl, 3)
  out8(Port + Register.FifoControl, 7)
  out8(Port + Register.ModemControl, 0x0B) // DTR, RTS, OUT2: the interrupt line is let through
}

/** Lets the receiver raise its interrupt. */
export function enableReceiverInterrupt(): void { out8(Port + Register.InterruptEnable, 1) }

/** The next byte received, or -1. */
export function receive(): i32 {
  return in8(Port + Register.LineStatus) & 1 ? i32(in8(Port + Register.Data)) : -1
}

/** Sends one byte. */
export function put(byte: u32): void {
  if (!room) {
    // An absent or stuck port must not hang the guest.
    for (let tries = 0; tries < 1000000 && !(in8(Port + Register.LineStatus) & 0x20); tries++) {}
    room = FifoDepth
  }
  room--
  out8(Port + Register.Data, byte)
}

/** Waits until everything was sent. */
export function flush(): void {
  for (let tries = 0; tries < 1000000 && !(in8(Port + Register.LineStatus) & 0x40); tries++) {}
}

/** Prints text of Latin characters. */
export function print(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const character: u32 = text.charCodeAt(i)
    if (character == 0x0A) put(0x0D)
    put(character)
  }
}

/** Prints text and ends the line. */
export function printLine(text: string): void {
  print(text)
  print('\n')
}

/** Prints an unsigned number in decimal. */
export function printDecimal(value: u64): void {
  if (value >= 10) printDecimal(value / 10)
  put(0x30 + u32(value % 10))
}

/** Prints at least `digits` hexadecimal digits. */
export function printHex(value: u64, digits: u32 = 1): void {
  if (digits > 1 || value >= 16) printHex(value >> 4, digits > 1 ? digits - 1 : 1)
  const digit = u32(value & 15)
  put(digit < 10 ? 0x30 + digit : 0x57 + digit)
}

/** Prints ` name=value`. */
export function printField(name: string, value: u64): void {
  put(0x20)
  print(name)
  put(0x3D)
  printDecimal(value)
}
