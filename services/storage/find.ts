/** What a VM's disk is to know of the volume that it is. */
import { BlockUnit, BlockUnitBytes } from '../../capability/block'
import { DiskTransferLimit } from '../../capability/disk'
import { BlockBytes, Limit, VolumeFlag } from './layout'
import { PoolState, state } from './pool'
import { volume, volumeByName } from './volumes'

const place: usize = memory.data(96, 8)
const name: usize = memory.data(64)

/** Where a name is put, zeros behind it, and what is found. */
export function question(): usize { return place }

/** The number of the volume of that name, of which a BlockUnit is left in its place; u32.MAX_VALUE when there is none. */
export function find(): u32 {
  memory.copy(name, place, 64)
  const number = state == PoolState.None ? Limit.Volumes : volumeByName(name)
  if (number == Limit.Volumes) return u32.MAX_VALUE
  memory.fill(place, 0, BlockUnitBytes)
  const unit = changetype<BlockUnit>(place)
  unit.blockBytes = 512
  unit.blocks = volume(number).bytes / unit.blockBytes
  unit.physicalBlockBytes = BlockBytes
  unit.maxBlocks = DiskTransferLimit
  unit.readOnly = u32((volume(number).flags & VolumeFlag.ReadOnly) != 0)
  unit.canDiscard = 1
  while (unit.serialLength < 64 && load<u8>(name + unit.serialLength) != 0) unit.serialLength++
  memory.copy(place + offsetof<BlockUnit>(), name, unit.serialLength)
  return number
}
