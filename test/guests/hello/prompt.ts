/** A line typed at the serial port, with backspace. */
import { print, printLine, put, receive } from '../platform/serial'
import { carryOutLine } from './commands'

const Capacity: u32 = 128

const line: usize = memory.data(128)
let length: u32 = 0

export function prompt(): void { print('hello> ') }

/** Takes in what was typed since. */
export function typed(): void {
  for (let byte = receive(); byte >= 0; byte = receive()) {
    if (byte == 0x0D || byte == 0x0A) finish()
    else if ((byte == 8 || byte == 0x7F) && length) {
      length--
      print('\b \b')
    } else if (byte >= 0x20 && byte < 0x7F && length < Capacity) {
      store<u8>(line + length++, <u8>byte)
      put(byte)
    }
  }
}

function finish(): void {
  printLine('')
  if (length) carryOutLine(line, length)
  length = 0
  prompt()
}
