/** Stands in kernel/interrupts/ of a nucleus that finds its local APICs as some firmware leaves them, and none of an emulator's does. */
import * as hw from '../hw'
import { commit } from '../log/log'
import * as words from '../log/text'

const ApicBaseMsr: u32 = 0x1B
const X2ApicFeature: u32 = 1 << 21 // of CPUID.1:ECX

/** Switches the local APIC to x2APIC mode where there is one, and says so. SDM vol. 3, 11.12.1. */
export function beginInX2ApicMode(): void {
  if ((hw.cpuid(1, 0, 2) & X2ApicFeature) == 0) return
  hw.writeMsr(ApicBaseMsr, hw.readMsr(ApicBaseMsr) | 3 << 10)
  if ((hw.readMsr(ApicBaseMsr) >> 10 & 3) != 3) return
  words.text('local APIC ')
  words.decimal(hw.cpuid(1, 0, 1) >> 24)
  words.text(' is in x2APIC mode')
  commit()
}
