/** The `admin` capability: the host, its memory, its sandboxes, its devices, the terminal. */
import { coreOf } from '../cpu/core'
import { Activity, cpu, cpuCount, ticksOf } from '../cpu/cpu'
import * as hw from '../hw'
import { AdminStatus, CpuNumber, HostNumber, HostSetting, HostText, PowerOrder, SandboxNumber, SandboxText } from '../../capability/admin'
import { Vendor } from '../../capability/virtualization'
import { appendName, configuration } from '../config/configuration'
import { acpi } from '../firmware/acpi'
import { appendBootLoader } from '../firmware/bootloader'
import { readPci } from '../host/pci'
import { requestPower } from '../host/power'
import { isEarlyPresent } from '../log/early'
import { awaitRoom, showByte, terminalInput } from '../log/terminal'
import * as words from '../log/text'
import { Frame } from '../memory/block'
import { owned, total } from '../memory/frames'
import { Owner } from '../../capability/owner'
import { giveBytes, isOwnMemory, nameAddress, Sandbox, sandbox, sandboxBytes, SandboxLimit, SandboxState, takeBytes, trapAddress } from '../sandbox/sandbox'
import { apicFrequency, reference, tscFrequency } from '../time/calibrate'
import { bootTsc, later, toNanoseconds, toTicks, uptime } from '../time/clock'
import { featureWord, identifiers, isOnIntel } from '../../vmx/operations'
import { requestOrders } from '../vm/attention'
import { hostBlocked } from '../vm/host'
import { forcedTicks, isCoreScheduling, setCoreScheduling } from '../vm/scheduling'
import { setConsoleDeadline } from '../vm/timers'
import { Version } from '../version'
import { giveText } from './answer'

export function adminHostNumber(subject: u32, key: u32): u64 {
  if (key >= HostNumber.Features) return featureWord(key - HostNumber.Features)
  switch (key) {
    case HostNumber.RamBytes: return total() << Frame.Shift
    case HostNumber.FreeBytes: return owned(Owner.Free) << Frame.Shift
    case HostNumber.CpuCount: return cpuCount()
    case HostNumber.CpuPresent: return max(acpi().cpuCount, 1)
    case HostNumber.TscFrequency: return tscFrequency
    case HostNumber.Uptime: return uptime()
    case HostNumber.CoreScheduling: return u32(isCoreScheduling())
    case HostNumber.SerialPort: return u32(isEarlyPresent())
    case HostNumber.ApicTimerFrequency: return apicFrequency
    case HostNumber.Epoch: return acpi().epoch
    case HostNumber.Blocked: return hostBlocked()
    case HostNumber.Vendor: return isOnIntel() ? Vendor.Intel : Vendor.Amd
    case HostNumber.Identifiers: return identifiers()
    case HostNumber.Cr4: return hw.readCr4()
  }
  return 0
}

export function adminHostSet(subject: u32, setting: u32, value: u64): i32 {
  if (setting != HostSetting.CoreScheduling || value > 1) return AdminStatus.OutOfRange
  setCoreScheduling(value != 0)
  return AdminStatus.Ok
}

export function adminCpuNumber(subject: u32, number: u32, key: u32): u64 {
  if (number >= cpuCount()) return 0
  const box = cpu(number)
  const now = hw.readTsc()
  switch (key) {
    case CpuNumber.Online: return toNanoseconds(now - box.onlineSince)
    case CpuNumber.Guests: return toNanoseconds(ticksOf(box, Activity.Guest, now))
    case CpuNumber.Sandboxes: return toNanoseconds(box.sandboxTicks)
    case CpuNumber.Idle: return toNanoseconds(ticksOf(box, Activity.Idle, now))
    case CpuNumber.Waiting: return toNanoseconds(box.waitTicks)
    case CpuNumber.ForcedIdle: return toNanoseconds(forcedTicks(number))
    case CpuNumber.Core: return coreOf(number)
  }
  return 0
}

export function adminCpuid(subject: u32, leaf: u32, register: u32): u32 { return hw.cpuid(leaf, 0, register) }

const buffer: usize = memory.data(4096)

export function adminHostText(subject: u32, key: u32, target: usize, capacity: u32): u32 {
  switch (key) {
    case HostText.Version: words.text(Version); break
    case HostText.BootLoader: appendBootLoader(); break
    case HostText.Name: appendName(configuration().hostName); break
    case HostText.Clock: words.text(reference); break
  }
  return giveText(subject, target, capacity)
}

export function adminMemoryBytes(subject: u32, owner: u32): u64 { return owned(owner) << Frame.Shift }

/** What there is to tell of a slot that cannot be is what there is of the nucleus's own, which is no sandbox: nothing. */
function slot(index: u32): Sandbox { return sandbox(index < SandboxLimit ? index : 0) }

export function adminSandboxCount(subject: u32): u32 { return SandboxLimit }

export function adminSandboxNumber(subject: u32, index: u32, key: u32): u64 {
  const box = slot(index)
  switch (key) {
    case SandboxNumber.State: return box.state
    case SandboxNumber.MemoryBytes: return sandboxBytes(box.subject)
    case SandboxNumber.Calls: return box.calls
    case SandboxNumber.Restarts: return box.restarts
    case SandboxNumber.Generation: return box.generation
    case SandboxNumber.CpuTime: return toNanoseconds(box.cpuTime)
  }
  return 0
}

export function adminSandboxText(subject: u32, index: u32, key: u32, target: usize, capacity: u32): u32 {
  const box = slot(index)
  if (key == SandboxText.Name) words.bytes(nameAddress(box), box.nameLength)
  else if (key == SandboxText.Trap) words.bytes(trapAddress(box), box.trapLength)
  return giveText(subject, target, capacity)
}

/** Noted, and carried out by the run loop: the console may be asking for itself. */
export function adminSandboxRestart(subject: u32, index: u32): i32 {
  if (slot(index).state == SandboxState.Free) return AdminStatus.NoSuchObject
  slot(index).restartRequested = true
  requestOrders()
  return AdminStatus.Ok
}

export function adminPciRead(subject: u32, address: u32): u32 { return readPci(address) }

export function adminTerminalRead(subject: u32, target: usize, capacity: u32): u32 {
  let count: u32 = 0
  const limit = min(capacity, 4096)
  // Ahead of taking any: what cannot be given is not lost.
  if (!isOwnMemory(sandbox(subject), target, limit)) return 0
  while (count < limit) {
    const byte = terminalInput().pull()
    if (byte < 0) break
    store<u8>(buffer + count++, <u8>byte)
  }
  return giveBytes(sandbox(subject), target, buffer, count) ? count : 0
}

export function adminTerminalWrite(subject: u32, source: usize, length: u32): u32 {
  const count = min(length, 4096)
  if (!takeBytes(sandbox(subject), buffer, source, count)) return 0
  let taken: u32 = 0
  while (taken < count && showByte(load<u8>(buffer + taken))) taken++
  if (taken < length) awaitRoom(true)
  return taken
}

export function adminPower(subject: u32, order: u32): i32 {
  if (order > PowerOrder.Reboot) return AdminStatus.OutOfRange
  requestPower(order)
  requestOrders()
  return AdminStatus.Ok
}

export function adminWakeAt(subject: u32, deadline: u64): void { setConsoleDeadline(later(toTicks(deadline), bootTsc)) }
