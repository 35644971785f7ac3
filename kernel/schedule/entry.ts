/** What the scheduler sees of a VM and of its vCPUs; parts of their own records. */

export namespace Weight {
  export const Least: u32 = 1
  export const Most: u32 = 10000
}

/** One VM. Its weight is shared by those of its entries that have something to do: how many it has makes it neither more nor less. */
@unmanaged export class Group {
  weight: u32 //       00h  share of the processors, relative to the others'
  cap: u32 //          04h  percent of one processor that it has at most; 0: no limit
  runnable: u32 //     08h  how many of its entries are
  running: u32 //      0Ch  processors that run one
  affinity: u64 //     10h  processors that may run its entries
  preferred: u64 //    18h  those that should, where there is a choice
  least: i64 //        20h  the least slice, in its entries' virtual time
  left: i64 //         28h  of this period's CPU time, what no processor has taken yet; less than none after a slice that ended late
  periods: u64 //      30h  the pool's count of them when `left` was last filled up
  first: usize //      38h  its entries
}

/** One vCPU. */
@unmanaged export class Entry {
  next: usize //       00h  runnable entries, the running ones among them, least virtual time first
  previous: usize //   04h
  sibling: usize //    08h  the group's next
  group: usize //      0Ch
  processor: usize //  10h  that runs it, or 0
  home: u32 //         14h  number of the processor that ran it last, or is to
  runnable: u32 //     18h  1: on the list
  remainder: u32 //    1Ch  of the division in `charge`, so that nothing is lost however short the runs are
  virtual: i64 //      20h  CPU time had ÷ its part of the group's weight: whoever has least runs next
  time: u64 //         28h  TSC ticks of CPU time had
}

@inline export function entryAt(address: usize): Entry { return changetype<Entry>(address) }
@inline export function groupOf(entry: Entry): Group { return changetype<Group>(entry.group) }

/** CPU time as virtual time of the group's entries. */
export function toVirtual(group: Group, ticks: u64): i64 { return <i64>(ticks * max(group.runnable, 1) / group.weight) }

/** Adds CPU time to what an entry had. */
@inline export function charge(entry: Entry, ran: u64): void {
  const group = groupOf(entry)
  const weight = group.weight
  const total = ran * max(group.runnable, 1) + entry.remainder
  const quotient = total / weight
  entry.virtual += quotient
  entry.remainder = <u32>(total - quotient * weight)
  entry.time += ran
}
