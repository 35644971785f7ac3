/** Gives back the blocks of deleted volumes, a little at a time. A restart goes on with what is left. */
import { append, say } from '../logline'
import { Purpose } from './allocate'
import { appendName } from './corruption'
import { recordChanged } from './dirty'
import { Limit, VolumeShift } from './layout'
import { unmap, unmappedTo } from './mapping'
import { Outcome } from './outcome'
import { blocksOfHeight, nextDeleted, volume } from './volumes'

let current: u32 = Limit.Volumes
let position: u64 = 0

/** Looks for a deleted volume, after an import or a deletion. */
export function lookForDeleted(): void {
  if (current < Limit.Volumes) return
  current = nextDeleted(0)
  position = 0
}
export function forgetReclaim(): void { current = Limit.Volumes }

export function isReclaiming(): bool { return current < Limit.Volumes }

/** Does one step. What cannot be read keeps its blocks until the next import. */
export function reclaim(): Outcome {
  const deleted = volume(current)
  const end = blocksOfHeight(deleted.height)
  if (position < end && deleted.rootBlock != 0) {
    const status = unmap(deleted, position, end, Purpose.Delete)
    if (status == Outcome.Done) position = unmappedTo
    if (status == Outcome.Corrupt) {
      append('volume ')
      appendName(deleted.name)
      append(' is deleted, but its mapping is corrupt: its space stays taken')
      say()
      next(current + 1)
    }
    return status
  }
  memory.fill(changetype<usize>(deleted), 0, 1 << VolumeShift)
  recordChanged(current)
  next(current + 1)
  return Outcome.Done
}

function next(begin: u32): void {
  current = nextDeleted(begin)
  position = 0
}
