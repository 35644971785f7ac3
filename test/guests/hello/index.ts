import { bootMagic } from '../platform/hw'
import { initializeSerial, print, printHex, printLine } from '../platform/serial'
export function interrupt(vector: u32, error: u64): bool { return false }
export function main(): void {
  initializeSerial()
  print('hello ')
  printHex(bootMagic(), 8)
  printLine('')
}
