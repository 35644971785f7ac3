/** The driver's own commands: one at a time, on a port that has no other. */
import { physical, shared16, shared32 } from '../../capability/device'
import { Header, Opcode, PacketOpcode, QueuedErrorLog, Table, writeFis, writeRegion } from './commands'
import { DataBytes, Port, State } from './port'
import { Cause, PortRegister, TaskFile } from './registers'

export namespace Step {
  export const Identify: u32 = 0
  export const IdentifyPacket: u32 = 1
  export const Capacity: u32 = 2
  export const Log: u32 = 3
}

export namespace Answer {
  export const None: u32 = 0
  export const Given: u32 = 1
  export const Failed: u32 = 2
}

/** Asks the device; the port is started, and empty. */
export function ask(port: Port, step: u32): void {
  port.state = State.Asking
  port.step = step
  memory.fill(port.data, 0, DataBytes)
  writeRegion(port.table + Table.Regions, physical(port.data), step == Step.Capacity ? 8 : DataBytes)
  let flags = Header.FisDwords | 1 << Header.EntriesShift
  if (step == Step.Capacity) {
    // Eight bytes come by PIO, whose byte count limit stands where an address would (MMC-6, 6.22; ACS-3, 7.18): drives do not reckon with so few by DMA.
    writeFis(port.table, Opcode.Packet, 0, 8 << 8, 0)
    memory.fill(port.table + Table.Packet, 0, 16)
    store<u8>(port.table + Table.Packet, PacketOpcode.ReadCapacity)
    flags |= Header.Packet
  } else if (step == Step.Log) writeFis(port.table, Opcode.ReadLogExt, 0, QueuedErrorLog, 1)
  else writeFis(port.table, step == Step.Identify ? Opcode.Identify : Opcode.IdentifyPacket, 0, 0, 0)
  const header = port.header(0)
  store<u32>(header, flags)
  store<u32>(header, 0, 4)
  store<u64>(header, physical(port.table), 8)
  port.write(PortRegister.Issue, 1)
}

/** Whether it has answered; `causes` are what the port's interrupt status had. */
export function answer(port: Port, causes: u32): u32 {
  if (causes & (Cause.TaskFile | Cause.Fatal)) return Answer.Failed
  if (port.read(PortRegister.Issue) & 1) return Answer.None
  return port.read(PortRegister.TaskFile) & (TaskFile.Failed | TaskFile.Busy) ? Answer.Failed : Answer.Given
}

/** 16 bits of what it read, at an even offset; 32 bits in the order in which SCSI has them. */
export function data16(port: Port, offset: u32): u32 { return shared16(port.data + offset) }
export function data32(port: Port, offset: u32): u32 { return bswap(shared32(port.data + offset)) }
