/** What the device is: the features that are used of it, and its configuration, announced as a unit. VIRTIO 1.2, 5.2.4 and 5.2.5. */
import { announce, BlockUnit } from '../../capability/block'
import { shared32 } from '../../capability/device'
import { Common } from '../../capability/virtio'
import { append, appendDecimal, appendText, say } from '../message'
import { config32, config8, readCommon8 } from '../virtio/transport'
import { IdBytes } from './commands'
import { BlkSize, BlockConfig, Discard, Flush, ReadOnly, SegMax, SizeMax, Topology, WriteZeroes } from './registers'
import { chainLimit, slotCount } from './slot'

/** Most blocks of one request: a drive that is discarded or zeroed as a whole is not asked too often, and what is left of it when its VM ends not waited for too long. */
const RequestBytes: u32 = 32 << 20

/** How often the configuration is read that changes meanwhile. 2.5.3. */
const ReadTries: u32 = 10

const DescriptionBytes: u32 = 96
const description = memory.data(DescriptionBytes, 8)
const draft = memory.data(DescriptionBytes, 8)
const id = memory.data(IdBytes, 4)
let idLength: u32 = 0

export let hasFlush: bool = false
export let hasDiscard: bool = false
export let hasWriteZeroes: bool = false
export let isReadOnly: bool = false
export let blocks: u64 = 0
/** Bytes of a block, as a power of 2. */
export let shift: u32 = 9
/** Most sectors of 512 bytes of one discard, and of one write of zeroes. */
export let discardLimit: u32 = 0
export let zeroesLimit: u32 = 0
/** Bytes of a segment, and how many segments a request may have. */
export let segmentBytes: u32 = 0
export let segmentLimit: u32 = 0
/** config_generation of what was read. */
export let generation: u32 = 0

let features: u64 = 0

/** These were agreed upon. */
export function takeFeatures(agreed: u64): void {
  features = agreed
  hasFlush = (agreed & Flush) != 0
  hasDiscard = (agreed & Discard) != 0
  hasWriteZeroes = (agreed & WriteZeroes) != 0
  isReadOnly = (agreed & ReadOnly) != 0
}

/** Reads the configuration. Answers why the device cannot be used, or nothing. */
export function readConfiguration(): string {
  let capacity: u64 = 0
  let bytes: u32 = 512
  let exponent: u32 = 0
  for (let count: u32 = 0; ; count++) {
    if (count == ReadTries) return 'its configuration does not hold still'
    generation = readCommon8(Common.ConfigurationGeneration)
    capacity = config32(BlockConfig.Capacity) | <u64>config32(BlockConfig.Capacity + 4) << 32
    if (features & BlkSize) bytes = config32(BlockConfig.BlkSize)
    if (features & Topology) exponent = config8(BlockConfig.PhysicalBlockExponent)
    segmentBytes = features & SizeMax ? config32(BlockConfig.SizeMax) : u32.MAX_VALUE
    segmentLimit = min(features & SegMax ? config32(BlockConfig.SegMax) : 1, chainLimit - 2)
    discardLimit = hasDiscard ? config32(BlockConfig.MaxDiscardSectors) : 0
    zeroesLimit = hasWriteZeroes ? config32(BlockConfig.MaxWriteZeroesSectors) : 0
    if (readCommon8(Common.ConfigurationGeneration) == generation) break
  }
  if (bytes < 512 || bytes > 4096 || popcnt(bytes) != 1) return 'its blocks are not of 512 to 4096 bytes'
  if (capacity >> 48) return 'it claims to be larger than can be'
  // Less than that, and no block can be transferred.
  if (<u64>segmentBytes * segmentLimit < bytes) return 'its requests have no room for a block'
  shift = ctz(bytes)
  blocks = capacity >> (shift - 9)
  if (discardLimit >> (shift - 9) == 0) hasDiscard = false
  if (zeroesLimit >> (shift - 9) == 0) hasWriteZeroes = false
  memory.fill(draft, 0, DescriptionBytes)
  const told = changetype<BlockUnit>(draft)
  told.blocks = blocks
  told.blockBytes = bytes
  told.physicalBlockBytes = bytes << (exponent <= 8 ? exponent : 0)
  told.maxBlocks = RequestBytes >> shift
  told.readOnly = u32(isReadOnly)
  told.canDiscard = u32(hasDiscard && hasWriteZeroes)
  told.serialLength = idLength
  memory.copy(draft + offsetof<BlockUnit>(), id, idLength)
  return ''
}

/** Takes what Get Id answered, showing what cannot be shown as '?'. */
export function takeId(from: usize): void {
  for (let at: u32 = 0; at < IdBytes; at += 4) store<u32>(id + at, shared32(from + at))
  for (idLength = 0; idLength < IdBytes; idLength++) {
    const byte = load<u8>(id + idLength)
    if (byte == 0) break
    store<u8>(id + idLength, byte >= 0x20 && byte < 0x7f ? byte : 0x3f)
  }
  while (idLength && load<u8>(id + idLength - 1) == 0x20) idLength--
}

/** Announces what was read where it is new; false when it is another drive than before, so that what was meant for that must not reach it. */
export function present(): bool {
  const old = changetype<BlockUnit>(description)
  const told = changetype<BlockUnit>(draft)
  if (memory.compare(draft, description, DescriptionBytes) == 0) return true
  const isOther = told.blockBytes != old.blockBytes || memory.compare(draft + offsetof<BlockUnit>(), description + offsetof<BlockUnit>(), 2 * IdBytes) != 0
  memory.copy(description, draft, DescriptionBytes)
  appendText(id, idLength)
  append(' works; blocks: ')
  appendDecimal(blocks)
  append(', commands: ')
  appendDecimal(slotCount)
  say()
  announce(0, description)
  return !isOther
}

/** The unit is gone. */
export function withdraw(): void {
  if (changetype<BlockUnit>(description).blocks == 0) return
  memory.fill(description, 0, DescriptionBytes)
  announce(0, description)
}
