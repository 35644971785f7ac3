/** virtio-net's numbers, for the interfaces of VMs, the switches and the driver of a host's card. VIRTIO 1.2, 5.1. */

/** Feature bits. 5.1.3. */
@inline export const Checksum: u64 = 1 << 0 // VIRTIO_NET_F_CSUM
@inline export const GuestChecksum: u64 = 1 << 1
@inline export const GuestOffloads: u64 = 1 << 2 // VIRTIO_NET_F_CTRL_GUEST_OFFLOADS
@inline export const MaximumUnit: u64 = 1 << 3 // VIRTIO_NET_F_MTU
@inline export const MacAddress: u64 = 1 << 5
@inline export const GuestTso4: u64 = 1 << 7
@inline export const GuestTso6: u64 = 1 << 8
@inline export const GuestEcn: u64 = 1 << 9
@inline export const HostTso4: u64 = 1 << 11
@inline export const HostTso6: u64 = 1 << 12
@inline export const HostEcn: u64 = 1 << 13
@inline export const MergeBuffers: u64 = 1 << 15 // VIRTIO_NET_F_MRG_RXBUF
@inline export const Status: u64 = 1 << 16
@inline export const ControlQueue: u64 = 1 << 17
@inline export const ControlReceive: u64 = 1 << 18
@inline export const ControlVlan: u64 = 1 << 19
@inline export const ControlReceiveExtra: u64 = 1 << 20
@inline export const GuestAnnounce: u64 = 1 << 21
@inline export const MultipleQueues: u64 = 1 << 22
@inline export const ControlMac: u64 = 1 << 23
@inline export const NotificationCoalescing: u64 = 1 << 53 // VIRTIO 1.3

/** The configuration. 5.1.4. */
export namespace Configuration {
  export const Mac: u32 = 0 // 6 bytes
  export const Status: u32 = 6 // 16 bits
  export const MaximumPairs: u32 = 8 // 16 bits
  export const MaximumUnit: u32 = 10 // 16 bits
  export const Bytes: u32 = 12
}

/** Bits of its status. */
export namespace LinkStatus {
  export const Up: u32 = 1
  export const Announce: u32 = 2
}

/** struct virtio_net_hdr, before each frame. 5.1.6. */
export namespace NetHeader {
  export const Flags: u32 = 0
  export const SegmentType: u32 = 1
  export const HeaderBytes: u32 = 2 // 16 bits, as all that follow
  export const SegmentBytes: u32 = 4
  export const ChecksumStart: u32 = 6
  export const ChecksumOffset: u32 = 8
  export const Buffers: u32 = 10
  export const Bytes: u32 = 12
  export const NeedsChecksum: u32 = 1 // of the flags
}

/** Types of segmentation; with Congestion, CWR is set. */
export namespace SegmentType {
  export const None: u32 = 0
  export const TcpIpv4: u32 = 1
  export const TcpIpv6: u32 = 4
  export const Congestion: u32 = 0x80
}

/** What the control queue is told: class and command, class << 8 | command. 5.1.6.5. */
export namespace Command {
  export const Promiscuous: u32 = 0x0000
  export const AllMulticast: u32 = 0x0001
  export const AllUnicast: u32 = 0x0002
  export const NoMulticast: u32 = 0x0003
  export const NoUnicast: u32 = 0x0004
  export const NoBroadcast: u32 = 0x0005
  export const SetMacTable: u32 = 0x0100
  export const SetMac: u32 = 0x0101
  export const AddVlan: u32 = 0x0200
  export const RemoveVlan: u32 = 0x0201
  export const Announced: u32 = 0x0300
  export const SetPairs: u32 = 0x0400
  export const SetGuestOffloads: u32 = 0x0500
  export const CoalesceSending: u32 = 0x0600
  export const CoalesceReceiving: u32 = 0x0601
}

/** What it answers. */
export namespace Answer {
  export const Ok: u32 = 0
  export const Error: u32 = 1
}
