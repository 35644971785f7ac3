/** The PCI root bridge and its interrupt routing. PCI Firmware Specification 3.0, 4.1; ACPI 6.5, 6.2.13. */
import { IoApicFact, Mmio, PciBus, Port } from '../addresses'
import { close, closeResources, hardwareId, eisaId, integer, name, nameInteger, openDevice, openPackage, openResources, path } from './aml'
import { emptyMethod } from './amlMethod'
import { busNumbers, ioPorts, ioWindow, levelInterrupt, memoryWindow } from './resources'

const SLOTS: u32 = 32
const PINS: u32 = 4 // INTA# to INTD#
const CONFIGURATION_PORTS: u32 = 8
const LAST_PORT: u32 = 0xffff

/** Writes the bridge and the links that its routing table names. */
export function writePciBus(): void {
  writeLink('LNKA', 0)
  writeLink('LNKB', 1)
  writeLink('LNKC', 2)
  writeLink('LNKD', 3)
  const bridge = openDevice('PCI0')
  hardwareId('PNP0A08')
  name('_CID')
  eisaId('PNP0A03')
  nameInteger('_UID', 0)
  nameInteger('_BBN', PciBus.First)
  nameInteger('_SEG', 0)
  const resources = openResources('_CRS')
  busNumbers(PciBus.First, PciBus.Last)
  ioPorts(Port.PciAddress, CONFIGURATION_PORTS)
  ioWindow(0, Port.PciAddress - 1)
  ioWindow(Port.PciAddress + CONFIGURATION_PORTS, LAST_PORT)
  memoryWindow(Mmio.PciWindow, Mmio.PciWindowSize)
  closeResources(resources)
  writeRouting()
  close(bridge)
}

/**
 * An interrupt link that is fixed to one input of the I/O APIC. Routing names links rather than inputs because an input alone
 * would be taken for active low, and these are active high.
 */
function writeLink(label: string, index: u32): void {
  const link = openDevice(label)
  hardwareId('PNP0C0F')
  nameInteger('_UID', index)
  writeLinkInterrupt('_PRS', index)
  writeLinkInterrupt('_CRS', index)
  emptyMethod('_DIS', 0)
  emptyMethod('_SRS', 1)
  close(link)
}

function writeLinkInterrupt(label: string, index: u32): void {
  const resources = openResources(label)
  levelInterrupt(IoApicFact.PciPin + index)
  closeResources(resources)
}

/** Slot s, pin p goes to link (s + p) mod 4, so that the first pins of neighbours do not share one. */
function writeRouting(): void {
  name('_PRT')
  const table = openPackage(SLOTS * PINS)
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    for (let pin: u32 = 0; pin < PINS; pin++) {
      const route = openPackage(4)
      integer(slot << 16 | 0xffff) // every function of the slot
      integer(pin)
      path(linkName((slot + pin) % PINS))
      integer(0)
      close(route)
    }
  }
  close(table)
}

function linkName(index: u32): string {
  switch (index) {
    case 0: return 'LNKA'
    case 1: return 'LNKB'
    case 2: return 'LNKC'
    default: return 'LNKD'
  }
}
