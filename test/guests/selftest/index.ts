import { initializeSerial } from '../platform/serial'
import { powerOff } from '../platform/power'
import { initializePic } from '../platform/pic'
import { received } from './interrupts'
import { summary } from './report'
import { testExcursion } from './excursion'

export function interrupt(vector: u32, error: u64): bool { return received(vector) }

export function main(): void {
  initializeSerial()
  initializePic(0x20)
  testExcursion()
  summary()
  powerOff()
}
