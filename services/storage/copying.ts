/** Snapshots, clones and rollbacks: volumes that share their trees. */
import { OrderStatus, StorageAnswer, StorageOrder } from '../../capability/storage'
import { answer, deleteVolume, isBusy, nameRecord, newRecord, orderStatus } from './administration'
import { recordChanged } from './dirty'
import { describeVolume } from './information'
import { Limit, Volume, VolumeFlag, VolumeShift, VolumeState } from './layout'
import { Outcome } from './outcome'
import { seal } from './seal'
import { prepareCount, share } from './space'
import { nextInState, volume } from './volumes'

/** Copies what says where a volume's blocks are; its root is shared. */
function copyRoot(to: Volume, from: Volume): void {
  to.bytes = from.bytes
  to.height = from.height
  to.rootBlock = from.rootBlock
  to.rootChecksum = from.rootChecksum
}

/** The root of a volume is about to be shared: its count is in memory, and what changed has its checksums. */
function prepareRoot(it: Volume): Outcome {
  if (it.rootBlock == 0) return Outcome.Done
  const status = prepareCount(it.rootBlock)
  if (status == Outcome.Done) seal()
  return status
}

/** Makes a snapshot or a clone. */
export function copyVolume(number: u32, order: StorageOrder, reply: StorageAnswer, flags: u32): Outcome {
  const copy = newRecord(order.other)
  if (copy == Limit.Volumes) return answer(orderStatus)
  const status = prepareRoot(volume(number))
  if (status != Outcome.Done) return status
  const from = volume(number)
  if (from.rootBlock != 0) share(from.rootBlock)
  const made = nameRecord(copy, order.other)
  copyRoot(made, from)
  made.flags = flags
  made.originLow = from.uuidLow
  made.originHigh = from.uuidHigh
  return answer(describeVolume(reply, copy))
}

/** A volume becomes what a snapshot of any volume holds. What it held goes to a record that is deleted. */
export function rollBack(number: u32, snapshot: u32): Outcome {
  if (snapshot == Limit.Volumes) return answer(OrderStatus.NoSuchVolume)
  if ((volume(number).flags & VolumeFlag.ReadOnly) != 0) return answer(OrderStatus.ReadOnly)
  if (isBusy(number)) return answer(OrderStatus.InUse)
  if (number == snapshot) return answer(OrderStatus.Ok)
  const old = nextInState(VolumeState.None, 0)
  if (old == Limit.Volumes) return answer(OrderStatus.TooManyVolumes)
  const status = prepareRoot(volume(snapshot))
  if (status != Outcome.Done) return status
  memory.copy(changetype<usize>(volume(old)), changetype<usize>(volume(number)), 1 << VolumeShift)
  if (volume(snapshot).rootBlock != 0) share(volume(snapshot).rootBlock)
  copyRoot(volume(number), volume(snapshot))
  recordChanged(number)
  return answer(deleteVolume(old))
}
