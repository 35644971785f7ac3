/** One vCPU as the scheduler sees it; part of the vCPU's own record. */

export namespace Weight {
  export const Least: u32 = 1
  export const Default: u32 = 256
  export const Most: u32 = 10000
}

/** Fresh memory, all zero, is a blocked entry with no weight yet. */
@unmanaged export class Entry {
  next: usize //      00h  list of runnable entries, the running one among them
  previous: usize //  04h
  weight: u32 //      08h  share of the CPU, relative to the others'
  runnable: u32 //    0Ch  1: on the list
  virtual: i64 //     10h  CPU time had ÷ weight, on the queue's scale: whoever has least runs next
  remainder: u32 //   18h  of that division, so that nothing is lost however short the runs are
  reserved: u32 //    1Ch
  time: u64 //        20h  TSC ticks of CPU time had
}

/** Charges CPU time. */
export function charge(entry: Entry, ran: u64): void {
  const weight = <u64>entry.weight
  const total = ran + entry.remainder
  const quotient = total / weight
  entry.virtual += quotient
  entry.remainder = <u32>(total - quotient * weight)
  entry.time += ran
}
