/** A request made a command. ACS-3, 7; MMC-6, 6.15. */
import { physical } from '../../capability/device'
import { DiskOperation, DiskStatus } from '../../capability/disk'
import { append, say } from '../message'
import { Header, Opcode, PacketDma, PacketOpcode, PacketToHost, Table, Trim, writeFis, writeRegion } from './commands'
import { Port } from './port'
import { Slot } from './slot'
import { listRegions, regions, repeatPage, TransferBytes } from './transfer'

/** No DiskStatus: there is a command of the request's. */
export const UnderWay: u32 = 0xff

/** What the ranges of DATA SET MANAGEMENT fill: 64 of 8 bytes, address and length. */
const RangesBytes: u32 = 512
const RangesOffset: usize = 0x200 // of the slot's page, behind the one region that describes them
const RangeBlocks: u32 = 0xffff

/** What is written where zeroes are wanted: ATA has no command that all drives have, and one that only trims promises nothing. */
const zeroes = memory.data(4096, 4096)

/** Whether the next command of a slot's is queued. */
@inline export function isQueued(port: Port, slot: Slot): bool { return port.depth != 0 && !port.tellsNot && slot.request.operation != DiskOperation.Flush && slot.request.operation != DiskOperation.Discard }

/** Writes a command for what is left of the slot's request, or as much as one command can do, to a tag's place in the list; UnderWay, or how the request has ended. */
export function issue(port: Port, slot: Slot, tag: u32): u32 {
  const request = slot.request
  const operation = request.operation
  if (operation == DiskOperation.Flush) {
    if (port.isPacket) return DiskStatus.Ok
    slot.piece = slot.left
    return give(port, slot, tag, Opcode.FlushCacheExt, 0, 0, 0, 0)
  }
  if (operation > DiskOperation.WriteZeroes) return DiskStatus.Unsupported
  if (operation != DiskOperation.Read && port.isPacket) return operation == DiskOperation.Write ? DiskStatus.Failed : DiskStatus.Unsupported
  if (slot.left == 0 || slot.block > port.blocks || slot.left > port.blocks - slot.block) return DiskStatus.Failed
  if (operation == DiskOperation.Discard) return port.hasTrim ? trim(port, slot, tag) : DiskStatus.Unsupported
  const wanted = <u32>min<u64>(<u64>slot.left << port.shift, TransferBytes)
  if (operation == DiskOperation.WriteZeroes) {
    repeatPage(slot, physical(zeroes), wanted)
    slot.piece = wanted >> port.shift
  } else {
    slot.piece = listRegions(slot, wanted, 1 << port.shift) >> port.shift
    if (slot.piece == 0) {
      append('the memory of a request lies so that the controller cannot be told of it')
      say()
      return DiskStatus.Failed
    }
  }
  if (port.isPacket) return readPacket(port, slot, tag)
  const isRead = operation == DiskOperation.Read
  const direction = isRead ? 0 : Header.Write
  // Of a queued command FEATURES has the count, and COUNT the tag in bits 7:3 (Serial ATA Revision 3, 13.6.4); 65536 blocks would be 0 in both.
  if (isQueued(port, slot)) return give(port, slot, tag, isRead ? Opcode.ReadQueued : Opcode.WriteQueued, slot.piece, slot.block, tag << 3, direction)
  return give(port, slot, tag, isRead ? Opcode.ReadDmaExt : Opcode.WriteDmaExt, 0, slot.block, slot.piece, direction)
}

function trim(port: Port, slot: Slot, tag: u32): u32 {
  const ranges = slot.page + RangesOffset
  memory.fill(ranges, 0, RangesBytes)
  slot.piece = 0
  for (let range: u32 = 0; range < RangesBytes && slot.piece < slot.left; range += 8) {
    const count = min(slot.left - slot.piece, RangeBlocks)
    store<u64>(ranges + range, slot.block + slot.piece | <u64>count << 48)
    slot.piece += count
  }
  writeRegion(slot.regions, slot.table + RangesOffset, RangesBytes)
  return give(port, slot, tag, Opcode.DataSetManagement, Trim, 0, 1, Header.Write | 1 << Header.EntriesShift)
}

function readPacket(port: Port, slot: Slot, tag: u32): u32 {
  const packet = slot.page + Table.Packet
  memory.fill(packet, 0, 16)
  store<u8>(packet, PacketOpcode.Read)
  store<u32>(packet, bswap(<u32>slot.block), 2)
  store<u32>(packet, bswap(slot.piece), 6)
  return give(port, slot, tag, Opcode.Packet, port.wantsDirection ? PacketDma | PacketToHost : PacketDma, 0, 0, Header.Packet)
}

/** `flags` are the header's; where they do not say how many regions there are, it is those that were listed. */
function give(port: Port, slot: Slot, tag: u32, opcode: u32, features: u32, block: u64, count: u32, flags: u32): u32 {
  writeFis(slot.page, opcode, features, block, count)
  if (opcode != Opcode.FlushCacheExt && !(flags >> Header.EntriesShift)) flags |= regions << Header.EntriesShift
  const header = port.header(tag)
  store<u32>(header, Header.FisDwords | flags)
  store<u32>(header, 0, 4)
  store<u64>(header, slot.table, 8)
  slot.age = 0
  return UnderWay
}
