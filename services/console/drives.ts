/** Says when a drive that the pool may use is pulled out, and when one is there again. */
import { storageDevice } from '../../capability/admin'
import { BlockUnit } from '../../capability/block'
import { requestWake, uptime } from './deadline'
import { print } from './terminal'
import { textAt } from './text'
import { hide } from './view'

const period: u64 = 1_000_000_000 // nanoseconds between looks whether one is back
const mostDrives: u32 = 32
const longestSerial: u32 = 64
const unit = changetype<BlockUnit>(memory.data(96, 8))
/** By the drive's number: its serial number, '' while it is gone. */
const known: string[] = []
const before: string[] = []

/** Announces what has changed. */
export function announceDrives(): void {
  let isOneGone = false
  for (let drive: u32 = 0; drive < mostDrives && storageDevice(drive, changetype<usize>(unit)); drive++) {
    const isGone = unit.blocks == 0
    if (isGone) isOneGone = true
    if (<i32>drive == known.length) {
      known.push(isGone ? '' : serial())
      before.push(known[drive])
    }
    if (isGone != (known[drive].length != 0)) continue
    known[drive] = isGone ? '' : serial()
    if (!isGone) before[drive] = known[drive]
    hide()
    print(isGone ? `*** The drive ${before[drive]} was pulled out. If the pool needs it (pool info), whoever uses a volume waits until it is back.\n`
      : `*** The drive ${before[drive]} is there. vm resume lets VMs go on that waited for it.\n`)
  }
  if (isOneGone) requestWake(uptime() + period)
}

/** Never empty: one without a number is called so. */
function serial(): string {
  const text = textAt(changetype<usize>(unit) + offsetof<BlockUnit>(), min(unit.serialLength, longestSerial))
  return text.length ? text : 'without a serial number'
}
