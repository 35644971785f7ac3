/** What the controller says of itself. NVM Express 1.4, 5.15.2.2, figure 247. */
import { physical, shared16, shared32 } from '../../capability/device'
import { append, say } from '../message'
import { CompletionShift, SubmissionShift } from './commands'
import { PageBytes } from './queue'
import { PageLimit } from './slot'

namespace Field {
  export const SerialNumber: u32 = 4
  export const ModelNumber: u32 = 24
  export const MaximumTransfer: u32 = 77 // MDTS
  export const EntrySizes: u32 = 512 // SQES, CQES
  export const NamespaceCount: u32 = 516 // NN
  export const Optional: u32 = 520 // ONCS
  export const WriteCache: u32 = 525 // VWC
  export const SglSupport: u32 = 536 // SGLS
}

namespace Optional {
  export const DatasetManagement: u32 = 1 << 2
  export const WriteZeroes: u32 = 1 << 3
}

const page = memory.data(4096, 4096)

/** Bytes that one command may transfer. */
export let transferBytes: u32 = 0
/** It may have what was written in volatile memory. */
export let hasWriteCache: bool = false
/** Whether Dataset Management deallocates, and whether there is Write Zeroes. */
export let hasDeallocate: bool = false
export let hasWriteZeroes: bool = false
/** It takes SGLs; if `sglAligned`, of multiples of 4 bytes. */
export let hasSgl: bool = false
export let sglAligned: bool = false
/** NN: the greatest namespace identifier. */
export let namespaceCount: u32 = 0
/** SN and MN, ASCII, without what they are padded with. */
export const serial = memory.data(20)
export const model = memory.data(40)
export let serialLength: u32 = 0
export let modelLength: u32 = 0

/** Where Identify's data goes. */
export function identifyPage(): u64 { return physical(page) }

/** 8, 16 or 32 bits of it, at `offset`. */
export function field8(offset: u32): u32 { return shared16(page + (offset & ~1)) >> (offset & 1) * 8 & 0xff }
export function field16(offset: u32): u32 { return shared16(page + offset) }
export function field32(offset: u32): u32 { return shared32(page + offset) }

/** Takes it from Identify's data; false, and says why, when it cannot be worked with. */
export function takeController(): bool {
  const sizes = field16(Field.EntrySizes)
  const submission = sizes & 0xff
  const completion = sizes >> 8
  if (!allows(submission, SubmissionShift) || !allows(completion, CompletionShift)) {
    append('its queues have no entries of 64 and 16 bytes')
    say()
    return false
  }
  const maximum = field8(Field.MaximumTransfer)
  transferBytes = PageBytes * (maximum == 0 || maximum > ctz(PageLimit) ? PageLimit : 1 << maximum)
  const optional = field16(Field.Optional)
  hasDeallocate = (optional & Optional.DatasetManagement) != 0
  hasWriteZeroes = (optional & Optional.WriteZeroes) != 0
  hasWriteCache = (field8(Field.WriteCache) & 1) != 0
  const sgl = field32(Field.SglSupport) & 3
  hasSgl = sgl == 1 || sgl == 2
  sglAligned = sgl == 2
  namespaceCount = field32(Field.NamespaceCount)
  serialLength = takeText(serial, Field.SerialNumber, 20)
  modelLength = takeText(model, Field.ModelNumber, 40)
  return true
}

/** SQES and CQES: the least size and, in the high half, the greatest, both as powers of 2. */
function allows(sizes: u32, shift: u32): bool { return (sizes & 0xf) <= shift && sizes >> 4 >= shift }

/** Takes a text without the spaces that it is padded with, showing what cannot be shown as '?'; its length. */
function takeText(target: usize, offset: u32, bytes: u32): u32 {
  while (bytes > 0 && (field8(offset + bytes - 1) == 0x20 || field8(offset + bytes - 1) == 0)) bytes--
  for (let index: u32 = 0; index < bytes; index++) {
    const byte = field8(offset + index)
    store<u8>(target + index, byte >= 0x20 && byte < 0x7f ? <u8>byte : 0x3f)
  }
  return bytes
}
