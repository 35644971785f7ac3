/** The board: which part answers which port and which address. No part knows another. */
import * as clock from '../capability/clock'
import { ConfigNumber, number, VirtualDevice } from '../capability/config'
import { GeneralEvent, Mmio, Port, Slot } from './addresses'
import * as balloon from './balloon/balloon'
import * as block from './block/block'
import * as chipset from './chipset/chipset'
import * as deadlines from './deadlines'
import { Deadline, armIfChanged } from './deadlines'
import * as channels from './console/channels'
import * as guestConsole from './console/console'
import * as debug from './debug/debug'
import * as entropy from './entropy/entropy'
import * as hpet from './hpet/hpet'
import * as i8042 from './i8042/i8042'
import * as ioapic from './ioapic/ioapic'
import * as net from './net/net'
import * as msr from './msr/msr'
import * as pci from './pci/pci'
import * as pic from './pic/pic'
import * as pit from './pit/pit'
import * as pm from './pm/pm'
import * as presence from './processors/processors'
import * as rtc from './rtc/rtc'
import * as uart from './uart/uart'
import * as absent from './virtio/absent'
import { wake } from './virtio/wake'
import * as wires from './wires'

let unbacked: u64 = 0

/** Accesses to ports and addresses that no part answers, since power-on. */
export function unbackedAccesses(): u64 { return unbacked }

/** Powers the board on. */
export function reset(): void {
  unbacked = 0
  deadlines.reset()
  wires.reset()
  pic.reset()
  ioapic.reset()
  pit.reset()
  rtc.reset()
  pm.reset()
  presence.reset()
  hpet.reset()
  channels.reset()
  uart.reset()
  i8042.reset()
  chipset.reset()
  pci.reset()
  absent.reset()
  if (number(ConfigNumber.Devices) & VirtualDevice.Entropy) entropy.plug(Slot.Entropy)
  block.plug()
  net.plug()
  if (number(ConfigNumber.Devices) & VirtualDevice.Balloon) balloon.plug(Slot.Balloon)
  if (channels.portCount != 0) guestConsole.plug(Slot.Console)
  debug.reset()
  msr.reset()
}

/** IN: reads 1, 2 or 4 bytes. */
export function portRead(port: u32, size: u32): u32 {
  port &= 0xffff
  const value = isPci(port) ? pci.readPort(port, size) : size == 1 ? readByte(port) : readWide(port, size)
  armIfChanged()
  return value
}

/** OUT: writes 1, 2 or 4 bytes. */
export function portWrite(port: u32, size: u32, value: u32): void {
  port &= 0xffff
  if (isPci(port)) pci.writePort(port, size, value)
  else if (size == 1) writeByte(port, value)
  else writeWide(port, size, value)
  armIfChanged()
}

/** A load of 1, 2, 4 or 8 bytes that does not cross an 8-byte boundary; the bytes above are 0. */
export function mmioRead(gpa: u64, size: u32): u64 {
  const value = readMemory(gpa, size)
  armIfChanged()
  return size >= 8 ? value : value & ((<u64>1 << (size << 3)) - 1)
}

/** Such a store. */
export function mmioWrite(gpa: u64, size: u32, value: u64): void {
  if (gpa - Mmio.IoApic < Mmio.IoApicSize) {
    // Registers are 32 bits wide, 16 bytes apart; a narrower store would be half a command.
    if (size >= 4) ioapic.write(<u32>(gpa - Mmio.IoApic), <u32>value)
  } else if (gpa - Mmio.Hpet < Mmio.HpetSize) {
    const shift = (<u32>gpa & 7) << 3
    const mask: u64 = size >= 8 ? u64.MAX_VALUE : (((<u64>1) << (size << 3)) - 1) << shift
    hpet.write(<u32>(gpa - Mmio.Hpet) & ~7, value << shift, mask)
  } else if (gpa - Mmio.Ecam < Mmio.EcamSize) {
    const offset = <u32>(gpa - Mmio.Ecam)
    pci.writeEcam(offset, min<u32>(size, 4), <u32>value)
    if (size == 8) pci.writeEcam(offset + 4, 4, <u32>(value >> 32))
  } else if (pci.decodes(gpa)) pci.writeMemory(gpa, size, value)
  else unbacked++
  armIfChanged()
}

/** The clock's deadline came: calls the parts whose own has. */
export function tick(): void {
  deadlines.expire()
  const now = clock.now()
  if (deadlines.isDue(Deadline.Pit, now)) pit.tick(now)
  if (deadlines.isDue(Deadline.Hpet, now)) hpet.tick(now)
  if (deadlines.isDue(Deadline.Rtc, now)) rtc.tick(now)
  if (deadlines.isDue(Deadline.Uart, now)) uart.tick()
  if (deadlines.isDue(Deadline.PowerManagement, now)) pm.tick(now)
  if (deadlines.isDue(Deadline.Entropy, now)) entropy.tick()
  if (deadlines.isDue(Deadline.Block, now)) block.tick()
  if (deadlines.isDue(Deadline.Net, now)) net.tick()
  if (deadlines.isDue(Deadline.NetInterrupt, now)) net.tellHeld()
  if (deadlines.isDue(Deadline.Balloon, now)) balloon.tick()
  if (deadlines.isDue(Deadline.Console, now)) guestConsole.tick()
  armIfChanged()
}

/** Characters wait at the far end of COM1, or of its console's ports. */
export function serialInput(): void {
  channels.collect()
  uart.input()
  guestConsole.serialInput()
  armIfChanged()
}

/** Requests to the disks have been carried out. */
export function diskCompleted(): void {
  block.diskCompleted()
  armIfChanged()
}

/** Frames have been sent or received, or the link of an interface has changed. */
export function netProgress(): void {
  net.netProgress()
  armIfChanged()
}

/** The nucleus has done what it was asked for with the VM's memory, or the administrator wants another size of it. */
export function memoryChanged(): void {
  balloon.memoryChanged()
  wake()
  armIfChanged()
}

/** Someone presses the power button. */
export function powerButton(): void {
  pm.powerButton()
  armIfChanged()
}

/** The administrator wants another number of processors. */
export function processors(): void {
  if (presence.follow()) pm.raise(GeneralEvent.Processors)
  armIfChanged()
}

/** The CPU takes an ExtINT: the 8259 pair's vector. */
export function acknowledge(): i32 { return pic.acknowledge() }

/** EOI of a level-triggered vector. */
export function endOfInterrupt(vector: u32): void { ioapic.endOfInterrupt(vector) }

/** A processor asserts FERR#: an x87 error that CR0.NE does not make an exception. */
export function ferr(): void {
  chipset.ferr()
  armIfChanged()
}

/** True for the port of a PCI function. */
@inline function isPci(port: u32): bool { return port >= Port.PciWindow && pci.decodesPort(port) }

function readByte(port: u32): u32 {
  // The serial port first: it is what a guest reads most.
  if ((port & ~7) == Port.Com1) return uart.read(port & 7)
  if ((port & ~15) == Port.Processors) return presence.read(port & 15)
  switch (port) {
    case Port.PicMaster: case Port.PicMaster + 1: return pic.read(false, port & 1)
    case Port.PicSlave: case Port.PicSlave + 1: return pic.read(true, port & 1)
    case Port.Pit: case Port.Pit + 1: case Port.Pit + 2: case Port.Pit + 3: return pit.read(port & 3)
    case Port.KeyboardData: return i8042.readData()
    case Port.SystemControlB: return pit.readSystemControlB()
    case Port.KeyboardCommand: return i8042.readStatus()
    case Port.Rtc: case Port.Rtc + 1: return rtc.read(port & 1)
    case Port.PostCode: case Port.CoprocessorError: return 0xff // written only
    case Port.SystemControlA: return chipset.readSystemControlA()
    case Port.Debug: return debug.read()
    case Port.Elcr: case Port.Elcr + 1: return pic.readTriggers((port & 1) != 0)
    case Port.Pm1aEvent: case Port.Pm1aEvent + 1: case Port.Pm1aEvent + 2: case Port.Pm1aEvent + 3: return pm.readEvent(port & 3)
    case Port.Pm1aControl: case Port.Pm1aControl + 1: return pm.readControl(port & 1)
    case Port.PmTimer: case Port.PmTimer + 1: case Port.PmTimer + 2: case Port.PmTimer + 3: return (pm.readTimer() >> ((port & 3) << 3)) & 0xff
    case Port.Gpe0: case Port.Gpe0 + 1: case Port.Gpe0 + 2: case Port.Gpe0 + 3: return pm.readGeneralEvent(port & 3)
    case Port.ResetControl: return chipset.readResetControl()
    case Port.PciAddress: case Port.PciAddress + 2: case Port.PciAddress + 3: return 0xff // CONFIG_ADDRESS answers 32-bit accesses only
    case Port.PciData: case Port.PciData + 1: case Port.PciData + 2: case Port.PciData + 3: return pci.readData(port & 3, 1) & 0xff
  }
  unbacked++
  return 0xff
}

function writeByte(port: u32, value: u32): void {
  if ((port & ~7) == Port.Com1) {
    uart.write(port & 7, value)
    return
  }
  if ((port & ~15) == Port.Processors) {
    if (presence.write(port & 15, value)) pm.raise(GeneralEvent.Processors)
    return
  }
  switch (port) {
    case Port.PicMaster: case Port.PicMaster + 1:
      pic.write(false, port & 1, value)
      break
    case Port.PicSlave: case Port.PicSlave + 1:
      pic.write(true, port & 1, value)
      break
    case Port.Pit: case Port.Pit + 1: case Port.Pit + 2: case Port.Pit + 3:
      pit.write(port & 3, value)
      break
    case Port.KeyboardData:
      i8042.writeData(value)
      break
    case Port.SystemControlB:
      pit.writeSystemControlB(value)
      break
    case Port.KeyboardCommand:
      i8042.writeCommand(value)
      break
    case Port.Rtc: case Port.Rtc + 1:
      rtc.write(port & 1, value)
      break
    case Port.PostCode: // old kernels write here to let a microsecond pass
      break
    case Port.SystemControlA:
      chipset.writeSystemControlA(value)
      break
    case Port.CoprocessorError:
      chipset.writeCoprocessorError()
      break
    case Port.Debug:
      debug.write(value)
      break
    case Port.Elcr: case Port.Elcr + 1:
      pic.writeTriggers((port & 1) != 0, value)
      break
    case Port.Pm1aEvent: case Port.Pm1aEvent + 1: case Port.Pm1aEvent + 2: case Port.Pm1aEvent + 3:
      pm.writeEvent(port & 3, value)
      break
    case Port.Pm1aControl: case Port.Pm1aControl + 1:
      pm.writeControl(port & 1, value)
      break
    case Port.Gpe0: case Port.Gpe0 + 1: case Port.Gpe0 + 2: case Port.Gpe0 + 3:
      pm.writeGeneralEvent(port & 3, value)
      break
    case Port.PmTimer: case Port.PmTimer + 1: case Port.PmTimer + 2: case Port.PmTimer + 3: // the power management timer is read-only
    case Port.PciAddress: case Port.PciAddress + 2: case Port.PciAddress + 3:
      break
    case Port.ResetControl:
      chipset.writeResetControl(value)
      break
    case Port.PciData: case Port.PciData + 1: case Port.PciData + 2: case Port.PciData + 3:
      pci.writeData(port & 3, 1, value)
      break
    default:
      unbacked++
  }
}

/** Ports that know 2- and 4-byte accesses; elsewhere the bus makes them single bytes. */
function readWide(port: u32, size: u32): u32 {
  if (size == 4 && port == Port.PciAddress) return pci.readAddress()
  if (port - Port.PciData < 4) return pci.readData(port & 3, size)
  if (size == 4 && port == Port.PmTimer) return pm.readTimer()
  const before = unbacked
  let value: u32 = 0
  for (let index: u32 = 0; index < size; index++) value |= (readByte((port + index) & 0xffff) & 0xff) << (index << 3)
  if (unbacked > before) unbacked = before + 1 // one access, however wide
  return value
}

function writeWide(port: u32, size: u32, value: u32): void {
  if (size == 4 && port == Port.PciAddress) {
    pci.writeAddress(value)
    return
  }
  if (port - Port.PciData < 4) {
    pci.writeData(port & 3, size, value)
    return
  }
  const before = unbacked
  for (let index: u32 = 0; index < size; index++) writeByte((port + index) & 0xffff, (value >> (index << 3)) & 0xff)
  if (unbacked > before) unbacked = before + 1
}

function readMemory(gpa: u64, size: u32): u64 {
  if (gpa - Mmio.IoApic < Mmio.IoApicSize) {
    const offset = <u32>(gpa - Mmio.IoApic)
    return ioapic.read(offset & ~3) >> ((offset & 3) << 3)
  }
  if (gpa - Mmio.Hpet < Mmio.HpetSize) return hpet.read(<u32>(gpa - Mmio.Hpet) & ~7) >> ((gpa & 7) << 3)
  if (gpa - Mmio.Ecam < Mmio.EcamSize) {
    const offset = <u32>(gpa - Mmio.Ecam)
    const low = <u64>pci.readEcam(offset, min<u32>(size, 4))
    return size == 8 ? low | ((<u64>pci.readEcam(offset + 4, 4)) << 32) : low
  }
  if (pci.decodes(gpa)) return pci.readMemory(gpa, size)
  unbacked++
  return u64.MAX_VALUE
}
