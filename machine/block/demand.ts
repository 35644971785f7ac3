/** What a chain asks of a disk. Only its header, its status byte and what is the machine's own to answer is touched; data stays where it is. VIRTIO 1.2, 5.2.6. */
import * as ram from '../../capability/ram'
import { DiskOperation, DiskSegment, DiskSegmentLimit, serial } from '../../capability/disk'
import { Chain, read, readableBytes } from '../virtio/chain'
import { Disk, ExtentLimit } from './disk'
import { BlockStatus, Discard, Extent, Header, IdBytes, ReadOnly, RequestType, SectorBytes, WriteZeroes } from './registers'

/** Instead of a status: the disk is to be asked. */
export const AskDisk: u32 = 0x100

/** The request that was understood last, in the words of capability/disk.ts. */
export let operation: u32 = 0
export let sector: u64 = 0
export let sectors: u32 = 0
export let segmentCount: u32 = 0
/** Where its status byte is. */
export let statusAt: u64 = 0
/** Bytes that the driver has to read, if it succeeds, beside the status. */
export let written: u32 = 0

export const segments: usize = memory.data(4064, 8) // DiskSegmentLimit × DiskSegment
const header: usize = memory.data(16, 8) // Header.Bytes, or Extent.Bytes
const id: usize = memory.data(20, 8) // IdBytes

/** Finds the status byte, the last that can be written, and the header, the first 16 that are to be read; false for a chain that has no room for both. */
export function frame(chain: Chain): bool {
  if (chain.count == chain.readable) return false
  const last = chain.range(chain.count - 1)
  statusAt = last.gpa + last.length - 1
  return read(chain, 0, header, Header.Bytes)
}

/** What a chain with a frame asks for: AskDisk, or one of BlockStatus when there is nothing to ask. */
export function understand(disk: Disk, chain: Chain): u32 {
  sector = load<u64>(header + Header.Sector)
  sectors = 0
  segmentCount = 0
  written = 0
  switch (load<u32>(header + Header.Type)) {
    case RequestType.In: return transfer(chain, DiskOperation.Read)
    case RequestType.Out: return disk.offered & ReadOnly ? BlockStatus.IoError : transfer(chain, DiskOperation.Write)
    case RequestType.GetId: return identify(disk, chain)
    case RequestType.Discard: return disk.offered & Discard ? extent(chain, DiskOperation.Discard, 0) : refusal(disk)
    case RequestType.WriteZeroes: return disk.offered & WriteZeroes ? extent(chain, DiskOperation.WriteZeroes, Extent.Unmap) : refusal(disk)
    case RequestType.Flush:
      operation = DiskOperation.Flush
      sector = 0
      return AskDisk
  }
  return BlockStatus.Unsupported
}

/** Of what would change a disk that can't do it. 5.2.6.2. */
function refusal(disk: Disk): u32 { return disk.offered & ReadOnly ? BlockStatus.IoError : BlockStatus.Unsupported }

/** Whole sectors, into what can be written before the status byte or out of what there is to be read behind the header. */
function transfer(chain: Chain, ofOperation: u32): u32 {
  operation = ofOperation
  const isRead = ofOperation == DiskOperation.Read
  let skip: u32 = isRead ? 0 : Header.Bytes
  let bytes: u64 = 0
  const end = isRead ? chain.count : chain.readable
  for (let index: u32 = isRead ? chain.readable : 0; index < end; index++) {
    const range = chain.range(index)
    const skipped = min(skip, range.length)
    const length = range.length - skipped - u32(index + 1 == chain.count)
    skip -= skipped
    if (length == 0) continue
    if (segmentCount == DiskSegmentLimit) return BlockStatus.IoError
    const segment = changetype<DiskSegment>(segments + <usize>segmentCount * offsetof<DiskSegment>())
    segmentCount++
    segment.gpa = range.gpa + skipped
    segment.length = length
    bytes += length
  }
  if (bytes == 0 || bytes % SectorBytes != 0) return BlockStatus.IoError
  sectors = <u32>(bytes / SectorBytes)
  if (isRead) written = <u32>min<u64>(bytes, u32.MAX_VALUE - 1)
  return AskDisk
}

/** One extent, as the configuration says. 5.2.6.2. */
function extent(chain: Chain, ofOperation: u32, knownFlags: u32): u32 {
  if (readableBytes(chain) != Header.Bytes + Extent.Bytes || !read(chain, Header.Bytes, header, Extent.Bytes)) return BlockStatus.IoError
  if (load<u32>(header + Extent.Flags) & ~knownFlags) return BlockStatus.Unsupported
  operation = ofOperation
  sector = load<u64>(header + Extent.Sector)
  sectors = load<u32>(header + Extent.Sectors)
  return sectors - 1 < ExtentLimit ? AskDisk : BlockStatus.IoError
}

/** Writes the serial number, and 0 behind it, to what can be written before the status byte. */
function identify(disk: Disk, chain: Chain): u32 {
  memory.fill(id, 0, IdBytes)
  serial(disk.number, id, IdBytes)
  for (let index = chain.readable; index < chain.count && written < IdBytes; index++) {
    const range = chain.range(index)
    const length = min(range.length - u32(index + 1 == chain.count), IdBytes - written)
    if (length != 0) ram.copyIn(range.gpa, id + written, length)
    written += length
  }
  return BlockStatus.Ok
}
