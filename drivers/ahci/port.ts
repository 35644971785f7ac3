/** The ports: each a page that the HBA reads and writes, in which its record lies too. AHCI 1.3.1, 4. */
import { physical, read32, write32, write64 } from '../../capability/device'
import { HeaderShift } from './commands'
import { PortBytes, PortRegister, Register, RegistersBar } from './registers'

/** What is contiguous for the HBA: this much of memory, at multiples of it. */
export const PageBytes: u32 = 4096

/** Ports that are driven: a unit each. */
export const PortLimit: u32 = 16

/** Command slots of a port. */
export const TagLimit: u32 = 32

/** No slot. */
export const NoSlot: u32 = u32.MAX_VALUE

/** Where a port stands. */
export namespace State {
  export const Empty: u32 = 0 // nothing is plugged in
  export const Ended: u32 = 1 // what is plugged in cannot be used
  export const Working: u32 = 2
  export const Stopping: u32 = 3 // the HBA may be at its commands, until it says that it is not
  export const Resetting: u32 = 4 // COMRESET is sent
  export const Linking: u32 = 5 // until the device is there
  export const Readying: u32 = 6 // until it is ready
  export const Asking: u32 = 7 // a command of the driver's own is under way
}

/** What follows when the HBA has let go of a port's commands. */
export namespace Plan {
  export const Restart: u32 = 0
  export const Reset: u32 = 1
  export const AskAgain: u32 = 2
}

/**
 *     000h  command list
 *     400h  received FISes
 *     500h  command table of the driver's own commands
 *     600h  what those read
 *     800h  this record
 */
@unmanaged export class Port {
  until: u64 //       when the state has to have changed
  blocks: u64 //      of the device
  number: u32 //      on the HBA
  state: u32
  plan: u32
  step: u32 //        which of its own commands is under way
  asked: u32 //       how often it was
  failures: u32 //    resets without a command that succeeded between them
  shift: u32 //       bytes of a block, as a power of 2
  depth: u32 //       commands that the device queues; 0: none
  issued: u32 //      tags whose commands are under way, a bit for each
  told: u32 //        those that the HBA was told of
  first: u32 //       slot whose request waits the longest, and the last; NoSlot
  last: u32
  isAlone: bool //    the command under way is not queued
  isPacket: bool //   the device takes packets
  wantsDirection: bool // and their direction
  hasTrim: bool
  tellsNot: bool //   which of the queued commands failed: it is given none any more

  @inline get list(): usize { return changetype<usize>(this) - Record }
  @inline get table(): usize { return this.list + 0x500 }
  @inline get data(): usize { return this.list + DataOffset }
  @inline header(tag: u32): usize { return this.list + (<usize>tag << HeaderShift) }
  /** The slot of a tag's command. */
  @inline slotOf(tag: u32): u32 { return load<u8>(this.list + Slots + tag) }
  @inline setSlot(tag: u32, slot: u32): void { store<u8>(this.list + Slots + tag, <u8>slot) }
  @inline get registers(): u32 { return Register.Ports + this.number * PortBytes }
  @inline read(register: u32): u32 { return read32(RegistersBar, this.registers + register) }
  @inline write(register: u32, value: u32): void { write32(RegistersBar, this.registers + register, value) }
}

const DataOffset: usize = 0x600
const Record: usize = 0x800
const Slots: usize = 0xf00

/** Bytes that a command of the driver's own reads at most. */
export const DataBytes: u32 = 512

const pages = memory.data(PortLimit * PageBytes, 4096)

/** How many there are. */
export let portCount: u32 = 0

/** Port `unit`, below portCount. */
@inline export function portAt(unit: u32): Port { return changetype<Port>(pages + <usize>unit * PageBytes + Record) }
@inline export function unitOf(port: Port): u32 { return <u32>((changetype<usize>(port) - pages) / PageBytes) }

/** Makes records of the ports that are implemented, as far as there is room; how many are implemented. */
export function preparePorts(implemented: u32): u32 {
  const count = <u32>popcnt(implemented)
  for (portCount = 0; implemented && portCount < PortLimit; implemented &= implemented - 1) {
    const port = portAt(portCount++)
    port.number = ctz(implemented)
    port.first = NoSlot
  }
  return count
}

/** Tells the HBA, which is at rest, where a port's lists lie. */
export function placeLists(port: Port): void {
  const address = physical(port.list)
  write64(RegistersBar, port.registers + PortRegister.CommandList, address)
  write64(RegistersBar, port.registers + PortRegister.ReceivedFis, address + 0x400)
}
