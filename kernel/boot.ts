/** From the boot loader to the run loop. */
import * as hw from './hw'
import { open as openSymbols } from './debug/symbols'
import { panic } from './debug/panic'
import { cpu, initializeCpus } from './cpu/cpu'
import { configuration } from './config/configuration'
import { startCpus } from './cpu/start'
import { appendBootLoader } from './firmware/bootloader'
import { readBootInformation } from './firmware/multiboot'
import { initializeIoApics } from './interrupts/ioapic'
import { initializeLocalApic, localApicId, Vector } from './interrupts/localapic'
import { maskPics } from './interrupts/pic'
import { initializeEarly } from './log/early'
import { commit, initializeLog, say, setLogClock } from './log/log'
import { initializeTerminal } from './log/terminal'
import * as words from './log/text'
import { Version } from './version'
import { bringUpMemory } from './memory/bringup'
import { owned, total } from './memory/frames'
import { Owner } from '../capability/owner'
import { initializeSandboxes } from './sandbox/sandbox'
import { apicFrequency, calibrate, reference, tscFrequency } from './time/calibrate'
import { startConsole } from './service/console'
import { startDrivers } from './device/drivers'
import { startSwitch } from './network/service'
import { readConfiguration, readDevices, readFirmware } from './service/readers'
import { initializeClock, uptime } from './time/clock'
import { autostart, createVms } from './vm/configure'
import { hostBlocked, initializeVirtualization } from './vm/host'
import { runLoop } from './vm/run'
import { initializeScheduling, setCoreScheduling } from './vm/scheduling'
import { expireTimers } from './vm/timers'
import { Blocked } from '../capability/virtualization'

/** Never returns. `magic` and `information` are EAX and EBX as the boot loader left them, `entryTsc` the TSC then. */
export function boot(magic: u32, information: u32, entryTsc: u64): void {
  initializeEarly()
  initializeLog()
  initializeTerminal()
  words.text('Typervisor ')
  say(Version)
  const told = readBootInformation(magic, information)
  openSymbols(hw.imagePhysical(hw.ImageAddress.SymbolsStart), <u32>(hw.imageAddress(hw.ImageAddress.SymbolsEnd) - hw.imageAddress(hw.ImageAddress.SymbolsStart)))
  if (!told) panic('not booted by Multiboot: no memory map', 0, 0)
  if (!bringUpMemory()) panic('the memory map leaves no room for the nucleus', 0, 0)
  if (!initializeSandboxes() || !initializeCpus()) panic('no memory for the sandboxes', 0, 0)
  maskPics()
  // The I/O APICs are found by what comes next, and the firmware may have left a pin open: only the timer may interrupt it.
  initializeLocalApic(Vector.Timer - 0x10)
  readFirmware()
  initializeLocalApic(0)
  cpu(0).apicId = localApicId()
  initializeIoApics()
  if (!calibrate()) panic('no clock: HPET, ACPI PM timer and PIT all stand still', 0, 0)
  initializeClock()
  setLogClock(uptime)
  describeHost()
  initializeScheduling()
  initializeVirtualization()
  reportVirtualization()
  if (!readConfiguration() || !createVms()) panic('no memory for the VMs\' records', 0, 0)
  startCpus()
  if (configuration().coreScheduling != 0) setCoreScheduling(true)
  expireTimers() // from the first call into a sandbox on, the timer must run that stops one which does not return
  startSwitch()
  startConsole()
  readDevices()
  startDrivers()
  autostart()
  runLoop(entryTsc)
}

function reportVirtualization(): void {
  if (hostBlocked() == Blocked.No) return
  words.text('guests cannot run; the console says why: reason ')
  words.decimal(hostBlocked())
  commit()
}

function describeHost(): void {
  words.text('boot loader ')
  appendBootLoader()
  commit()
  words.text('RAM ')
  words.decimal(total() * 4)
  words.text(' KiB, free ')
  words.decimal(owned(Owner.Free) * 4)
  say(' KiB')
  words.text('TSC ')
  words.decimal(tscFrequency)
  words.text(' Hz, local APIC timer ')
  words.decimal(apicFrequency)
  words.text(' Hz, against the ')
  say(reference)
}
