/** A virtqueue as a device keeps it, and what split and packed ones have in common. VIRTIO 1.2, 2.6. */
/** Most descriptors of a queue. */
export const QueueLimit: u32 = 256

/** What `take` came to. */
export namespace Taken {
  export const Nothing: u32 = 0
  export const Chain: u32 = 1
  export const Fault: u32 = 2
}

/** Why a chain is not simply taken: one field, so that most queues are asked once. */
export namespace Care {
  export const None: u8 = 0
  export const Absence: u8 = 1 // it may name memory that has to come first
  export const Fault: u8 = 2 //   nothing is taken any more
}

@unmanaged export class Queue {
  descriptors: u64 // gpa of the descriptor table, or of the packed ring
  driver: u64 //      gpa of the available ring, or of the driver's event suppression
  device: u64 //      gpa of the used ring, or of the device's event suppression
  size: u32
  vector: u32 //      MSI-X
  enabled: bool
  packed: bool
  eventIndex: bool
  indirect: bool
  care: u8 //         a Care: what keeps the next chain from being taken at once
  nextWrap: bool //   packed: the driver's wrap counter where `next` is
  usedWrap: bool //   packed: the device's
  resetting: bool //  the driver wants no more of it, and chains are under way
  isAwaiting: bool // the next chain names memory that is to come back first
  next: u32 //        split: the index of the next chain, modulo 2^16; packed: the slot
  used: u32 //        the same of the next one to be given back
  unsignalled: u32 // indexes, or slots, given back since the last interrupt was decided on
  underWay: u32 //    chains that were taken and have not come back

  @inline get faulty(): bool { return this.care == Care.Fault }
}

/** Bytes of a Queue. */
export const QueueBytes: u32 = 64

/** Whether an event index lies among the indexes from `old` up to, but without, `now`, all of 16 bits. 2.7.10.1. */
export function passes(event: u32, now: u32, old: u32): bool { return ((now - event - 1) & 0xffff) < ((now - old) & 0xffff) }
