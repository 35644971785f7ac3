/** The controller's namespaces, as units that are announced. NVM Express 1.4, 5.15.2.1, figure 245. */
import { announce, BlockUnit } from '../../capability/block'
import { append, appendDecimal, say } from '../message'
import { field16, field32, field8, hasDeallocate, hasWriteZeroes, namespaceCount, serial, serialLength, transferBytes } from './identify'

namespace Field {
  export const Size: u32 = 0 // NSZE
  export const Features: u32 = 24 // NSFEAT
  export const FormatCount: u32 = 25 // NLBAF, less one
  export const Format: u32 = 26 // FLBAS
  export const WriteGranularity: u32 = 64 // NPWG, less one
  export const Attributes: u32 = 99 // NSATTR
  export const Formats: u32 = 128 // LBAF: metadata bytes | block bytes as a power of 2 << 16
}

const HasWriteGranularity: u32 = 1 << 4 // OPTPERF of NSFEAT
const WriteProtected: u32 = 1 << 0 // of NSATTR

/** Units that there can be; capability/block.ts. */
export const UnitLimit: u32 = 16

/** Most blocks of a namespace: 2^48 times 4 KiB are 2^60 bytes. */
@inline const BlockLimit: u64 = 1 << 48

/** A description with the text of its serial number, as `announce` takes it: 64 characters at most. */
const DescriptionBytes: u32 = 96

@unmanaged export class Unit {
  namespace: u32 // its identifier; 0: there is no such unit
  shift: u32 //     bytes of a block, as a power of 2
  listed: bool //   in the list of active namespaces that was read last
}

const units = memory.data(UnitLimit * offsetof<Unit>(), 8)
const descriptions = memory.data(UnitLimit * DescriptionBytes, 8)
const scratch = memory.data(DescriptionBytes, 8)

@inline export function unitAt(unit: u32): Unit { return changetype<Unit>(units + <usize>unit * offsetof<Unit>()) }
@inline function descriptionAt(unit: u32): usize { return descriptions + <usize>unit * DescriptionBytes }

/** Takes the list of active namespaces from Identify's data; where there is none (before 1.1), all that the controller counts are. */
export function takeList(given: bool): void {
  for (let unit: u32 = 0; unit < UnitLimit; unit++) unitAt(unit).listed = false
  for (let index: u32 = 0; index < UnitLimit + 1; index++) {
    const namespace = given ? field32(index << 2) : index < namespaceCount ? index + 1 : 0
    if (!namespace) break
    if (!list(namespace)) {
      append('it has more than ')
      appendDecimal(UnitLimit)
      append(' namespaces; the others are left alone')
      say()
      break
    }
  }
  for (let unit: u32 = 0; unit < UnitLimit; unit++) if (!unitAt(unit).listed) withdraw(unit)
}

/** The next unit from `unit` on whose namespace is to be identified, or UnitLimit. */
export function nextListed(unit: u32): u32 {
  while (unit < UnitLimit && !unitAt(unit).listed) unit++
  return unit
}

/** Takes a namespace from Identify's data and announces what is new of it. One that cannot be worked with is left alone, and it is said why. */
export function takeNamespace(unit: u32, identified: bool): void {
  const description = changetype<BlockUnit>(scratch)
  memory.fill(scratch, 0, DescriptionBytes)
  if (!identified || !describe(unit, description)) {
    withdraw(unit)
    return
  }
  if (memory.compare(scratch, descriptionAt(unit), DescriptionBytes) == 0) return
  memory.copy(descriptionAt(unit), scratch, DescriptionBytes)
  announce(unit, scratch)
}

/** How many are announced. */
export function unitCount(): u32 {
  let count: u32 = 0
  for (let unit: u32 = 0; unit < UnitLimit; unit++) count += u32(unitAt(unit).namespace != 0)
  return count
}

/** A unit is gone. */
export function withdraw(unit: u32): void {
  unitAt(unit).namespace = 0
  if (changetype<BlockUnit>(descriptionAt(unit)).blocks == 0) return
  memory.fill(descriptionAt(unit), 0, DescriptionBytes)
  announce(unit, descriptionAt(unit))
}

/** Finds the namespace's unit, or makes it one; false when there are too many. */
function list(namespace: u32): bool {
  let unused: u32 = UnitLimit
  for (let unit: u32 = 0; unit < UnitLimit; unit++) {
    const at = unitAt(unit)
    if (at.namespace == namespace) {
      at.listed = true
      return true
    }
    if (!at.namespace && unused == UnitLimit) unused = unit
  }
  if (unused == UnitLimit) return false
  unitAt(unused).namespace = namespace
  unitAt(unused).listed = true
  return true
}

function describe(unit: u32, description: BlockUnit): bool {
  const blocks = field32(Field.Size) | <u64>field32(Field.Size + 4) << 32
  const index = field8(Field.Format) & 0xf
  const format = field32(Field.Formats + (index << 2))
  const shift = format >> 16 & 0xff
  if (blocks == 0) return false // not active
  if (index > field8(Field.FormatCount)) return refuse(unit, 'has a format that there is none of')
  if (format & 0xffff) return refuse(unit, 'is formatted with metadata, which is not supported')
  if (shift < 9 || shift > 12) return refuse(unit, 'has blocks that are not of 512 to 4096 bytes')
  if (blocks > BlockLimit) return refuse(unit, 'claims to be larger than can be')
  unitAt(unit).shift = shift
  description.blocks = blocks
  description.blockBytes = 1 << shift
  description.physicalBlockBytes = 1 << shift
  // A granularity that is no power of 2 is of no use to anybody.
  const granularity = field16(Field.WriteGranularity) + 1
  if (field8(Field.Features) & HasWriteGranularity && (granularity & granularity - 1) == 0) description.physicalBlockBytes = granularity << shift
  description.maxBlocks = transferBytes >> shift
  description.readOnly = field8(Field.Attributes) & WriteProtected
  description.canDiscard = u32(hasDeallocate && hasWriteZeroes)
  nameUnit(description, unitAt(unit).namespace)
  return true
}

/** The first namespace has the controller's serial number, as it stands on the device; another's has its identifier behind it. */
function nameUnit(description: BlockUnit, namespace: u32): void {
  const text = changetype<usize>(description) + offsetof<BlockUnit>()
  memory.copy(text, serial, serialLength)
  description.serialLength = serialLength
  if (namespace == 1) return
  let divisor: u32 = 1
  while (namespace / divisor >= 10) divisor *= 10
  store<u8>(text + description.serialLength++, 0x2d) // -
  for (; divisor; divisor /= 10) store<u8>(text + description.serialLength++, <u8>(0x30 + namespace / divisor % 10))
}

function refuse(unit: u32, reason: string): bool {
  append('namespace ')
  appendDecimal(unitAt(unit).namespace)
  append(' ')
  append(reason)
  say()
  return false
}
