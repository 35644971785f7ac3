/** What the guest says of its memory, for the administrator. VIRTIO 1.2, 5.5.6.3. */
import { MemoryReport, report } from '../../capability/ram'
import * as clock from '../../capability/clock'
import { Chain, read, readableBytes } from '../virtio/chain'
import { Statistic, StatisticTag } from './registers'

/** Statistics that are looked at: more than there are tags. */
const StatisticLimit: u32 = 32

const bytes: usize = memory.data(320, 8) // StatisticLimit × Statistic.Bytes

/** Passes on those that an administrator is told. */
export function reportStatistics(chain: Chain): void {
  const length = <u32>min<u64>(readableBytes(chain), StatisticLimit * Statistic.Bytes) / Statistic.Bytes * Statistic.Bytes
  if (!read(chain, 0, bytes, length)) return
  for (let at: u32 = 0; at < length; at += Statistic.Bytes) {
    const key = keyOf(load<u16>(bytes + at))
    if (key != MemoryReport.Count) report(key, max(load<u64>(bytes + at + Statistic.Value), 1))
  }
  report(MemoryReport.Reported, max(clock.now(), 1))
}

function keyOf(tag: u32): u32 {
  switch (tag) {
    case StatisticTag.Free: return MemoryReport.Free
    case StatisticTag.Total: return MemoryReport.Total
    case StatisticTag.Available: return MemoryReport.Available
  }
  return MemoryReport.Count
}
