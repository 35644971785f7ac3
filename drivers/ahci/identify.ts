/** What a device says of itself. ACS-3, 7.12.7 and, of one that takes packets, 7.13.6. */
import { BlockUnit } from '../../capability/block'
import { shared16, shared32 } from '../../capability/device'
import { TransferBytes } from './transfer'
import { Port, TagLimit } from './port'

/** Words of the data. */
namespace Word {
  export const SerialNumber: u32 = 10
  export const PacketDirection: u32 = 62
  export const QueueDepth: u32 = 75 // less one
  export const SerialCapabilities: u32 = 76
  export const CommandSets: u32 = 83
  export const Sectors: u32 = 100 // four of them
  export const SectorSize: u32 = 106
  export const SectorWords: u32 = 117 // two of them
  export const DataSetManagement: u32 = 169
}

/** Words that hold something have 01b in bits 15:14. */
const Valid: u32 = 0x4000
const ValidMask: u32 = 0xc000

const WideAddresses: u32 = 1 << 10 // of CommandSets
const Queueing: u32 = 1 << 8 // of SerialCapabilities
const SeveralLogical: u32 = 1 << 13 // of SectorSize: there are 2^n of them in a physical one
const LargeLogical: u32 = 1 << 12 // they are not of 512 bytes

/** Most blocks of one request: a drive that is trimmed or zeroed as a whole is not asked too often, and what is left of it when its VM ends not waited for too long. */
const RequestBytes: u32 = 32 << 20

/** A serial number, in characters. */
const SerialLength: u32 = 20

@inline function word(port: Port, index: u32): u32 { return shared16(port.data + (index << 1)) }

/** Takes a disk, `most` commands of which can be under way. Answers why it cannot be used, or nothing. */
export function takeDisk(port: Port, description: BlockUnit, most: u32): string {
  const sets = word(port, Word.CommandSets)
  if ((sets & ValidMask) != Valid || !(sets & WideAddresses)) return 'has no addresses of 48 bits'
  const size = word(port, Word.SectorSize)
  const isSized = (size & ValidMask) == Valid
  let bytes: u32 = 512
  if (isSized && size & LargeLogical) {
    const words = word(port, Word.SectorWords) | word(port, Word.SectorWords + 1) << 16
    if (words < 256 || words > 2048 || popcnt(words) != 1) return 'has blocks that are not of 512 to 4096 bytes'
    bytes = words << 1
  }
  const blocks = shared32(port.data + (Word.Sectors << 1)) | <u64>shared32(port.data + (Word.Sectors << 1) + 4) << 32
  if (blocks == 0 || blocks >> 48) return 'has no size that can be'
  port.isPacket = false
  port.hasTrim = (word(port, Word.DataSetManagement) & 1) != 0
  const serial = word(port, Word.SerialCapabilities)
  port.depth = serial != 0xffff && serial & Queueing ? min(min((word(port, Word.QueueDepth) & 31) + 1, most), TagLimit) : 0
  describe(port, description, blocks, bytes)
  if (isSized && size & SeveralLogical && (size & 15) <= 8) description.physicalBlockBytes = bytes << (size & 15)
  description.canDiscard = u32(port.hasTrim)
  return ''
}

/** Takes a drive that takes packets; what it has in it is asked for next. */
export function takePacketDevice(port: Port): void {
  port.isPacket = true
  port.hasTrim = false
  port.depth = 0
  port.wantsDirection = (word(port, Word.PacketDirection) >> 15) != 0
}

/** Describes a unit which has this many blocks. The serial number is taken from Identify's data. */
export function describe(port: Port, description: BlockUnit, blocks: u64, blockBytes: u32): void {
  port.blocks = blocks
  port.shift = ctz(blockBytes)
  description.blocks = blocks
  description.blockBytes = blockBytes
  description.physicalBlockBytes = blockBytes
  description.maxBlocks = (port.isPacket ? TransferBytes : RequestBytes) >> port.shift
  description.readOnly = u32(port.isPacket)
}

/** Takes the serial number without the spaces that it is padded with on either side, showing what cannot be shown as '?'. */
export function takeSerial(port: Port, description: BlockUnit): void {
  let begin: u32 = 0
  let end = SerialLength
  while (begin < end && isBlank(character(port, begin))) begin++
  while (begin < end && isBlank(character(port, end - 1))) end--
  const text = changetype<usize>(description) + offsetof<BlockUnit>()
  for (let index = begin; index < end; index++) {
    const byte = character(port, index)
    store<u8>(text + (index - begin), byte >= 0x20 && byte < 0x7f ? <u8>byte : 0x3f)
  }
  description.serialLength = end - begin
}

@inline function isBlank(byte: u32): bool { return byte == 0x20 || byte == 0 }

/** The first of two characters is in the upper half of their word. */
function character(port: Port, index: u32): u32 { return word(port, Word.SerialNumber + (index >> 1)) >> (index & 1 ? 0 : 8) & 0xff }
