/**
 * What the virtual switches' service has. Of a frame it sees its first bytes, and says to which ports it goes; the payload it never sees. The bytes that it judged are those that are
 * delivered: the nucleus gives a receiver a head out of the service's memory, and the rest out of the sender's. So a guest that changes a frame meanwhile deceives nobody, and a tag is
 * added, removed or a frame segmented by a head that differs.
 *
 * The nucleus calls `frames` when some wait or there is room for those that were refused, `portChanged(port)` when what `number` says of a port has changed, `orders` when an
 * administrator wants something, and `tick` when the time of `arm` has come. Not 0 from `frames`: it is to be called again soon, since the service does a little at a time.
 */

/** Ports, numbered from 0: a VM's interface or a network card each. Which is which, who made them knows. */
export const PortLimit: u32 = 256

/** What `number` knows of a port. */
export namespace PortNumber {
  export const Ready: u32 = 0 // 1: its driver takes frames, and a network card's link is up
  export const Offloads: u32 = 1 // NetOffload of capability/net.ts
  export const MaximumBytes: u32 = 2 // the MTU
}
@external('switch', 'number') export declare function number(port: u32, key: u32): u64

/** Most bytes of a frame that the service sees: virtio_net_hdr, and what Ethernet, a tag, IP and TCP need. */
export const HeadLimit: u32 = 12 + 128

/** A frame that was sent. */
@unmanaged export class SwitchFrame {
  port: u32 //   by whom
  bytes: u32 //  all of it, virtio_net_hdr included; at least these 12, at most NetFrameLimit
  seen: u32 //   of them, the first ones, follow: all, or HeadLimit
  reserved: u32

  @inline get head(): usize { return changetype<usize>(this) + 16 }
}
/** From one SwitchFrame to the next. */
export const SwitchFrameBytes: u32 = 160

/**
 * Has done with the frames of the last call, and copies the next ones to `target`, `capacity` at most, SwitchFrameBytes from one to the next, those of one port in their order and every
 * port's in turn; how many.
 */
@external('switch', 'take') export declare function take(target: usize, capacity: u32): u32

/** Takes no frames of a port until told otherwise; they wait. */
@external('switch', 'pause') export declare function pause(port: u32, paused: bool): void

/** A frame for a port: `headBytes` at `head`, then `bytes` of frame `frame` of those taken last from its byte `from` on. */
@unmanaged export class Delivery {
  frame: u32
  port: u32
  head: u32
  headBytes: u32 // HeadLimit + 4 at most
  from: u32
  bytes: u32
  hash: u32 //      of its flow, the same for both directions; queue `hash` modulo their number gets it
  refused: u32 //   written by the nucleus. 1: the port had no buffer, or is not ready
}

/** Delivers `count` frames, at `deliveries`, in this order. */
@external('switch', 'deliver') export declare function deliver(deliveries: usize, count: u32): void

/** Tells who is behind a port whether its link is up. */
@external('switch', 'setLink') export declare function setLink(port: u32, up: bool): void

/** Nanoseconds since some moment before boot. */
@external('switch', 'now') export declare function now(): u64

/** Has `tick` called when `now` is past `time`, once; replaces what was asked before, and 0 takes it back. */
@external('switch', 'arm') export declare function arm(time: u64): void

/** What an administrator can ask for. `name` is of a switch. */
export namespace SwitchOperation {
  export const Create: u32 = 0
  export const Delete: u32 = 1 // a switch without ports
  export const Attach: u32 = 2 // `port`, with its settings
  export const Detach: u32 = 3 // `port`; its settings stay known
  export const Set: u32 = 4 // other settings for `port`, which stays where it is
  export const Info: u32 = 5
  export const Next: u32 = 6 // the first switch whose number is `number` or more
  export const PortInfo: u32 = 7 // of one that is not attached NoSuchPort, with the settings that it had last; zeros when it never had any
  export const PortNext: u32 = 8 // the first port of the switch whose number is `number` or more
  export const AddressNext: u32 = 9 // the first learned address whose place in the table is `number` or more, of any switch
  export const Forget: u32 = 10 // all addresses that the switch has learned
}

/** What a port is. docs/network.md says what each means. */
export namespace PortFlag {
  export const Uplink: u32 = 1 << 0 // to the network outside; one for a switch
  export const Trunk: u32 = 1 << 1 // frames of the VLANs of `trunk`, tagged; untagged ones are of `vlan`
  export const Private: u32 = 1 << 2 // is connected with uplinks and promiscuous ports only
  export const Promiscuous: u32 = 1 << 3 // is connected with private ports also
  export const MacLocked: u32 = 1 << 4 // sends by no other address than `mac`
  export const AddressLocked: u32 = 1 << 5 // and by no other IP addresses than those listed
  export const Mirror: u32 = 1 << 6 // is given what mirrored ports of its switch send and get, and nothing else; one for a switch
  export const Mirrored: u32 = 1 << 7
  export const Down: u32 = 1 << 8 // its link is
  export const All: u32 = (1 << 9) - 1
}

/** IP addresses of each version that a port can have. */
export const AddressCount: u32 = 4
/** Most bytes of a burst: what a rate of bytes can be behind. */
@inline export const BurstLimit: u64 = 1 << 33

/** The settings of a port. Numbers that are 0 limit nothing. */
@unmanaged export class PortSettings {
  flags: u32 //          PortFlag
  vlan: u32 //           0 to 4094; 0 is the network of frames without a tag
  mac: u64 //            the first byte lowest
  sendRate: u64 //       bytes a second that it may send: more wait
  sendBurst: u64 //      bytes that may come at once
  receiveRate: u64 //    that it may get: more are dropped
  receiveBurst: u64
  broadcastRate: u32 //  frames a second that it may send: more are dropped
  multicastRate: u32
  unknownRate: u32 //    to addresses that nobody knows
  addressLimit: u32 //   that are learned of it

  /** AddressCount IPv4 addresses, each 4 bytes as in a packet; 0: none. */
  @inline get ipv4(): usize { return changetype<usize>(this) + 64 }
  /** AddressCount IPv6 addresses of 16 bytes. */
  @inline get ipv6(): usize { return changetype<usize>(this) + 80 }
  /** 4096 bits: those of the VLANs of a trunk. */
  @inline get trunk(): usize { return changetype<usize>(this) + 144 }
}
export const PortSettingsBytes: u32 = 144 + 512

/** Letters, digits and other ASCII without spaces, 31 at most, zeros behind them. */
export const SwitchNameBytes: u32 = 32

@unmanaged export class SwitchOrder {
  reserved: u32
  operation: u32
  port: u32
  number: u32

  @inline get name(): usize { return changetype<usize>(this) + 16 }
  @inline get settings(): PortSettings { return changetype<PortSettings>(changetype<usize>(this) + 48) }
}
export const SwitchOrderBytes: u32 = 48 + PortSettingsBytes

/** How an order ended. */
export namespace SwitchStatus {
  export const Ok: u32 = 0
  export const Unsupported: u32 = 1 // there is no such order
  export const NoSuchSwitch: u32 = 2
  export const NameTaken: u32 = 3
  export const WrongName: u32 = 4
  export const TooManySwitches: u32 = 5
  export const InUse: u32 = 6 // a switch with ports, or a port that is attached already
  export const NoSuchPort: u32 = 7 // there is none of this number, or it is not attached; or, of …Next, no more
  export const WrongVlan: u32 = 8
  export const WrongMac: u32 = 9 // a group's, none, or that of another locked port in the same VLAN
  export const UplinkTaken: u32 = 10
  export const MirrorTaken: u32 = 11
  export const WrongFlags: u32 = 12 // unknown, or two that do not go together
  export const WrongRate: u32 = 13 // a rate without a burst, or too great a one
  export const Failed: u32 = 14 // the service has failed; whether it was carried out is to be looked at
}

/** Why a frame went nowhere, or not to one port: indexes of a port's `drops`. docs/network.md explains each. */
export namespace Drop {
  // of the sender, one for each frame that reaches nobody, in the order in which they are looked for
  export const Detached: u32 = 0
  export const Malformed: u32 = 1
  export const FromMirror: u32 = 2
  export const Reserved: u32 = 3
  export const Vlan: u32 = 4
  export const MacSpoof: u32 = 5
  export const AddressSpoof: u32 = 6
  export const BroadcastStorm: u32 = 7
  export const MulticastStorm: u32 = 8
  export const UnknownStorm: u32 = 9
  export const Isolated: u32 = 10 // the one port that it is for is not connected with it
  export const NoTarget: u32 = 11 // it is for the port it came from, or there is nobody else
  // of the receiver
  export const TooLong: u32 = 12
  export const ReceiveRate: u32 = 13
  export const NoRoom: u32 = 14
  export const Count: u32 = 15
}

/** What a port has done since it was attached. Bytes are of frames without virtio_net_hdr. */
@unmanaged export class PortCounters {
  sentFrames: u64 //     by the port, dropped ones too
  sentBytes: u64
  deliveredFrames: u64 // to the port
  deliveredBytes: u64

  /** Drop.Count counts of 64 bits. */
  @inline get drops(): usize { return changetype<usize>(this) + 32 }
}
export const PortCountersBytes: u32 = 32 + 8 * 15

/** The answer to an order. */
@unmanaged export class SwitchAnswer {
  status: u32
  number: u32 //    of the switch; of AddressNext the place in the table
  port: u32 //      of PortInfo, PortNext and AddressNext
  count: u32 //     of a switch its ports; of a port the addresses that are learned of it; of AddressNext the VLAN
  mac: u64 //       of AddressNext
  linkUp: u32 //    of a port
  reserved: u32

  /** Of the switch, SwitchNameBytes. */
  @inline get name(): usize { return changetype<usize>(this) + 32 }
  @inline get settings(): PortSettings { return changetype<PortSettings>(changetype<usize>(this) + 64) }
  @inline get counters(): PortCounters { return changetype<PortCounters>(changetype<usize>(this) + 64 + PortSettingsBytes) }
}
export const SwitchAnswerBytes: u32 = 64 + PortSettingsBytes + PortCountersBytes

/** Copies the next order, a SwitchOrder, to `target`. False when there is none. The one before has been answered. */
@external('switch', 'order') export declare function order(target: usize): bool
/**
 * Copies what the service is to begin with, one of OrderCount of configuration.ts, to `target`: orders that create switches, then those that attach ports, or that detach them and say what they were; all zero is none.
 * False when there is none of this number. `keep` puts another in its place, which an instance that is started later finds.
 */
@external('switch', 'record') export declare function record(index: u32, target: usize): bool
@external('switch', 'keep') export declare function keep(index: u32, source: usize): void

/** Answers an order with the SwitchAnswer at `source`. */
@external('switch', 'answer') export declare function answer(source: usize): void
