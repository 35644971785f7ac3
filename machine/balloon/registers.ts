/** virtio-balloon's numbers. VIRTIO 1.2, 5.5. */

/** Feature bits. 5.5.3. */
@inline export const MustTellHost: u64 = 1 << 0
@inline export const StatisticsQueue: u64 = 1 << 1
@inline export const PageReporting: u64 = 1 << 5

/** The queues. 5.5.2, which leaves a place for hints of free pages before reports of them; drivers and other devices count without it where hints are not offered. */
export namespace BalloonQueue {
  export const Inflate: u32 = 0
  export const Deflate: u32 = 1
  export const Statistics: u32 = 2
  export const Reporting: u32 = 3 // PageReporting
  export const Count: u32 = 4
}

/** The configuration. 5.5.4. */
export namespace Configuration {
  export const Pages: u32 = 0 // that the driver is to give back
  export const Actual: u32 = 4 // that it has given back, which it writes
  export const Bytes: u32 = 8
}

/** Pages are 4 KiB, whatever the guest's are. 5.5.6. */
export const PageShift: u64 = 12

/** One statistic, packed: 16 bits of tag and 64 of value. 5.5.6.3. */
export namespace Statistic {
  export const Value: u32 = 2
  export const Bytes: u32 = 10
}

/** Tags of statistics, whose values are bytes. 5.5.6.4. */
export namespace StatisticTag {
  export const Free: u32 = 4 // VIRTIO_BALLOON_S_MEMFREE
  export const Total: u32 = 5
  export const Available: u32 = 6
}
