/**
 * A VM's network interfaces, as its machine sees them. Frames go by reference: the nucleus copies each once, from the guest memory that the sender's machine named to
 * that which the receiver's did, and the virtual switch (capability/switch.ts) says to whom. Every frame has a virtio_net_hdr of 12 bytes (VIRTIO 1.2, 5.1.6) in front of
 * it, in memory like the frame itself; who sends has written it, and who receives gets it as the switch found it good.
 *
 * An interface has a ring of frames to be sent and one of buffers for each queue that it receives by. They lie in the machine's memory, as NetRing says, and the nucleus works
 * on slots in their order, so that an index says all there is to say of what is done: one call a batch. When some are done, or the link changes, the machine's
 * export `netProgress` is called, not for each frame.
 *
 * **Who does what a receiver's driver has not negotiated.** Segmenting is the switch's, which has the headers: a frame for TCP to segment goes to a port without
 * NetOffload.Segment… as several, each a head of the switch's and a part of the sender's bytes. A checksum is the receiver's machine's (or driver's, of an uplink), which completes it in
 * its own guest's memory before it gives the buffer back. So each does what it can see anyway, and the nucleus, which has to be trusted, does neither.
 */

/** What `number` knows of an interface. */
export namespace NetNumber {
  export const Mac: u32 = 0 // the first byte lowest
  export const MaximumBytes: u32 = 1 // of what a frame carries behind its header of 14 or 18 bytes: the MTU
  export const Link: u32 = 2 // 1: up
  export const MacFixed: u32 = 3 // 1: frames with another source are dropped by the switch
}

/** What an interface can be given. */
export namespace NetOffload {
  export const SegmentIpv4: u32 = 1 << 0 // TCP that is longer than a frame
  export const SegmentIpv6: u32 = 1 << 1
  export const SegmentCongestion: u32 = 1 << 2 // such TCP with CWR set (RFC 3168)
  export const Merge: u32 = 1 << 3 // a frame may go on in the next slot's buffer; without it, it needs one where it fits whole
}

/** A part of guest memory, all of which is to be RAM; for a network card's driver, of its own. */
@unmanaged export class NetSegment {
  gpa: u64
  length: u32 // bytes, not 0
  reserved: u32
}

/** A frame to be sent, or a buffer. */
@unmanaged export class NetSlot {
  first: u32 //   index of its first NetSegment
  count: u32 //   of them
  bytes: u32 //   to be sent; or written by the nucleus: how many were received
  slots: u32 //   of a buffer, written by the nucleus: how many this frame takes up, in the first of them
}

/** Slots of a ring and segments of all of them: an index counts on, and its slot or segment is the one at the index modulo these. */
export const NetSlots: u32 = 256
export const NetSegments: u32 = 1024

/** A ring: NetSlots × NetSlot, then NetSegments × NetSegment. */
export const NetRingBytes: u32 = 16 * 256 + 16 * 1024

/** Rings of an interface: frames to be sent, and from FirstReceive on buffers, one for each queue. */
export namespace NetRing {
  export const Send: u32 = 0
  export const FirstReceive: u32 = 1
}

/** Queues that an interface can receive by. */
export const NetQueueLimit: u32 = 8

/** Most bytes of a frame, with its virtio_net_hdr: 64 KiB behind an Ethernet header with a tag. */
export const NetFrameLimit: u32 = 12 + 18 + 65535

/** How many interfaces the VM has; they are numbered from 0. */
@external('net', 'count') export declare function count(): u32

/** One of NetNumber of an interface. */
@external('net', 'number') export declare function number(index: u32, key: u32): u64

/** Says where a ring is, NetRingBytes of this sandbox's memory. It is empty; where there was one, all its slots are taken back. */
@external('net', 'ring') export declare function ring(index: u32, ring: u32, address: usize): void

/** What the interface takes from now on: NetOffload, and by how many queues, the first ones of the interface; a frame's flow says by which. 0: nothing, its driver is not ready. */
@external('net', 'accept') export declare function accept(index: u32, offloads: u32, queues: u32): void

/** Slots before index `until` are the nucleus's until they are done; the index of the first that is not. */
@external('net', 'offer') export declare function offer(index: u32, ring: u32, until: u32): u32

/** Of a card's driver: what the card is, and again whenever its link changes. `mac` as NetNumber.Mac, `maximumBytes` as NetNumber.MaximumBytes. */
@external('net', 'announce') export declare function announce(mac: u64, maximumBytes: u32, linkUp: bool): void

/** Takes all slots of a ring back: when this returns nobody reads or writes what they name, and the ring is empty, its next index 0. */
@external('net', 'withdraw') export declare function withdraw(index: u32, ring: u32): void
