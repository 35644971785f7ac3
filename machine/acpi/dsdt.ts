/** The DSDT: what an operating system cannot find out by itself about this board. ACPI 6.5, 5.2.11.1. */
import { AcpiFact, BlockLength, Line, Mmio, Port } from '../addresses'
import { close, closeResources, hardwareId, integer, name, nameInteger, openDevice, openPackage, openResources, openScope } from './aml'
import { beginTable, finishTable } from './buffer'
import { writePciBus } from './pciBus'
import { writeProcessorEvent, writeProcessors } from './processors'
import { fixedMemory, ioPorts, isaInterrupt } from './resources'

/** Revision 2: integers of 64 bits. */
const REVISION: u32 = 2
const PIC_CASCADE: u32 = 2

/** Writes the DSDT at `gpa`, of a board with room for `possible` processors; its length. */
export function writeDsdt(gpa: u64, possible: u32): u32 {
  beginTable('DSDT', REVISION)
  writeSleepStates()
  const system = openScope('_SB_')
  writeProcessors(possible)
  writePciBus()
  writeMotherboard()
  writeIsaDevices()
  close(system)
  if (possible > 1) writeProcessorEvent()
  return finishTable(gpa)
}

/** S5, power off, is the only sleep state. 7.4.2. */
function writeSleepStates(): void {
  name('_S5_')
  const values = openPackage(4)
  integer(AcpiFact.SleepTypeS5)
  integer(AcpiFact.SleepTypeS5)
  integer(0)
  integer(0)
  close(values)
}

/** What the board itself decodes and nothing else may be given. */
function writeMotherboard(): void {
  const board = openDevice('MBRD')
  hardwareId('PNP0C02')
  const resources = openResources('_CRS')
  fixedMemory(Mmio.Ecam, Mmio.EcamSize)
  ioPorts(Port.SystemControlB, 1)
  ioPorts(Port.PostCode, 1)
  ioPorts(Port.SystemControlA, 1)
  ioPorts(Port.Debug, 1)
  ioPorts(Port.Elcr, 2)
  ioPorts(Port.Pm1aEvent, BlockLength.Pm1aEvent)
  ioPorts(Port.Pm1aControl, BlockLength.Pm1aControl)
  ioPorts(Port.PmTimer, BlockLength.PmTimer)
  ioPorts(Port.Gpe0, BlockLength.Gpe0)
  ioPorts(Port.Processors, BlockLength.Processors)
  closeResources(resources)
  close(board)
}

function writeIsaDevices(): void {
  writeIsaDevice('PIC_', 'PNP0000', Port.PicMaster, 2, Port.PicSlave, 2, PIC_CASCADE)
  writeIsaDevice('PIT_', 'PNP0100', Port.Pit, 4, 0, 0, Line.Timer)
  writeIsaDevice('RTC_', 'PNP0B00', Port.Rtc, 2, 0, 0, Line.Rtc)
  writeIsaDevice('KBD_', 'PNP0303', Port.KeyboardData, 1, Port.KeyboardCommand, 1, Line.Keyboard)
  writeIsaDevice('FPU_', 'PNP0C04', Port.CoprocessorError, 1, 0, 0, Line.Ferr)
  writeIsaDevice('COM1', 'PNP0501', Port.Com1, 8, 0, 0, Line.Com1)

  const hpet = openDevice('HPET')
  hardwareId('PNP0103')
  const resources = openResources('_CRS')
  fixedMemory(Mmio.Hpet, Mmio.HpetSize)
  closeResources(resources)
  close(hpet)
}

/** A device with one or two (`secondLength` not 0) ranges of ports and one interrupt. */
function writeIsaDevice(label: string, id: string, first: u32, firstLength: u32, second: u32, secondLength: u32, line: u32): void {
  const device = openDevice(label)
  hardwareId(id)
  nameInteger('_UID', 0)
  const resources = openResources('_CRS')
  ioPorts(first, firstLength)
  if (secondLength != 0) ioPorts(second, secondLength)
  isaInterrupt(line)
  closeResources(resources)
  close(device)
}
