/** What others leave at known places of a device, by which it is seen that the device is in use. */
import { Content } from '../../capability/storage'
import { SuperblockMagic } from './layout'
import { loadBlock, loaded } from './load'
import { blocksOf } from './medium'
import { Outcome } from './outcome'

/** A number of so many bytes at a place of the device. */
@unmanaged class Signature {
  place: u64
  value: u64
  bytes: u32
  content: u32
}

const ZfsFirst: u32 = 32 // its ring of uberblocks, 1 KiB apart: blocks 32 to 63 of the first label
const ZfsLast: u32 = 63
@inline const ZfsMagic: u64 = 0x00BA_B10C

const signatures: usize = memory.data(32 * 24, 8)
let count: u32 = 0

function expect(place: u64, value: u64, bytes: u32, content: u32): void {
  const made = changetype<Signature>(signatures + <usize>(count++) * 24)
  made.place = place
  made.value = value
  made.bytes = bytes
  made.content = content
}

/** In the order in which they are told: a disk of partitions has an MBR too, and so has a file system that boots. By their blocks. */
export function prepareSignatures(): void {
  count = 0
  expect(4096, SuperblockMagic, 8, Content.Pool)
  expect(8192, SuperblockMagic, 8, Content.Pool)
  expect(512, 0x5452_4150_2049_4645, 8, Content.Gpt) // "EFI PART"
  expect(4096, 0x5452_4150_2049_4645, 8, Content.Gpt) // with blocks of 4 KiB
  expect(0x438, 0xEF53, 2, Content.Ext)
  expect(0, 0x4253_4658, 4, Content.Xfs) // "XFSB"
  expect(0x10040, 0x4D5F_5366_5248_425F, 8, Content.Btrfs) // "_BHRfS_M"
  for (let sector: u64 = 0; sector < 4; sector++) expect(sector << 9, 0x454E_4F4C_4542_414C, 8, Content.Lvm) // "LABELONE"
  expect(3, 0x2020_2020_5346_544E, 8, Content.Ntfs) // "NTFS    "
  expect(3, 0x2D53_462D_4556_462D, 8, Content.BitLocker) // "-FVE-FS-"
  expect(54, 0x3154_4146, 4, Content.Fat) // "FAT1": FAT12, FAT16
  expect(82, 0x3354_4146, 4, Content.Fat) // "FAT3": FAT32
  expect(0, 0xBEBA_534B_554C, 6, Content.Luks) // "LUKS" BAh BEh
  expect(4086, 0x4341_5053_5041_5753, 8, Content.Swap) // "SWAPSPACE2", a page of 4 KiB
  expect(0x8001, 0x3130_3044_43, 5, Content.Iso9660) // "CD001"
  expect(0, 0xA92B_4EFC, 4, Content.Md) // metadata 1.1
  expect(4096, 0xA92B_4EFC, 4, Content.Md) // 1.2
  expect(510, 0xAA55, 2, Content.Mbr)
}

let next: u32 = 0
/** What `look` found. */
export let content: u32 = Content.Nothing

/** Begins to look at a medium. */
export function beginLook(): void {
  next = 0
  content = Content.Nothing
}

/** Looks for all that is known, and for anything at the places where GPT, MD and old superblocks end a medium. */
export function look(handle: u32): Outcome {
  const blocks = blocksOf(handle)
  for (; content == Content.Nothing && next < blocksOfLook(); next++) {
    const block = blockOfLook(next, blocks)
    if (block >= blocks) continue
    const status = loadBlock(handle, block)
    if (status != Outcome.Done) return status
    judge(block, blocks)
  }
  return Outcome.Done
}

// Blocks 0, 1, 2, 8 and 16, the last sixteen, and ZFS's.
function blocksOfLook(): u32 { return 5 + 16 + ZfsLast - ZfsFirst + 1 }
function blockOfLook(index: u32, blocks: u64): u64 {
  if (index < 3) return index
  if (index < 5) return index == 3 ? 8 : 16
  return index < 21 ? blocks - 16 + (index - 5) : <u64>(ZfsFirst + index - 21)
}

function judge(block: u64, blocks: u64): void {
  for (let index: u32 = 0; index < count && content == Content.Nothing; index++) {
    const known = changetype<Signature>(signatures + <usize>index * 24)
    if (known.place >> 12 != block) continue
    const mask = known.bytes == 8 ? u64.MAX_VALUE : (<u64>1 << (known.bytes << 3)) - 1
    if ((valueAt(<u32>known.place & 4095) & mask) == known.value) content = known.content
  }
  if (content != Content.Nothing) return
  if (block >= ZfsFirst && block <= ZfsLast) for (let at: u32 = 0; at < 4096; at += 1024) if (valueAt(at) == ZfsMagic) content = Content.Zfs
  if (block + 16 < blocks) return
  for (let at: u32 = 0; at < 4096; at += 512) {
    const value = valueAt(at)
    if (value == SuperblockMagic) content = Content.Pool
    else if (value == 0x5452_4150_2049_4645) content = Content.Gpt
    else if (<u32>value == 0xA92B_4EFC) content = Content.Md // metadata 1.0
  }
}

/** Eight bytes of `loaded`, zeros behind its end. */
function valueAt(at: u32): u64 {
  if (at <= 4088) return load<u64>(loaded + at)
  return load<u64>(loaded + 4088) >> ((at - 4088) << 3)
}
