/** A frame's way through its switch: what it must not be, where it goes, and in which form. docs/network.md says the same in words. */
import { NetOffload } from '../../capability/net'
import { Drop, PortFlag, PortLimit, SwitchFrame } from '../../capability/switch'
import { SegmentType } from '../../capability/virtionet'
import { learn, locate } from './addresses'
import { Bucket, isOpen, spend } from '../bucket'
import { countDrop, countSent } from './counting'
import * as frame from './frame'
import { Broadcast, isGroup, NetHeaderBytes } from './frame'
import { isOwn } from './locked'
import { isTransportOnly, moveOffload, payload, readOffload, segmentBytes, segmentType } from './offload'
import { nextHead, send } from './outgoing'
import { flow, lookInside } from './packet'
import { areConnected, carries, has, isTagged, isUp, NoSwitch, Port, portAt } from './port'
import { sendSegments } from './segment'
import { NoPort, Switch, switchAt } from './switches'

/** 01-80-C2-00-00-00 to -0F: between neighbours on a wire, such as spanning tree and LLDP. IEEE 802.1Q-2018, table 8-1. */
@inline const ReservedAddress: u64 = 0x0000_00c2_8001
/** Of one that passes. */
const Passes: u32 = Drop.Count

let vlan: u32 = 0
let number: u32 = 0 // of the frame, among those taken
let hash: u32 = 0
let now: u64 = 0
let isMirrored: bool = false
let isSent: bool = false

/** Passes frame `index` of those taken on to whom it is for. */
export function forward(taken: SwitchFrame, index: u32, time: u64): void {
  const port = portAt(taken.port)
  number = index
  now = time
  countSent(port, taken.bytes - NetHeaderBytes)
  spend(port.sending, taken.bytes)
  let reason = port.attached == NoSwitch || has(port, PortFlag.Down) ? Drop.Detached : judge(port, taken)
  if (reason == Passes) reason = distribute(port, switchAt(port.attached))
  if (reason != Passes) countDrop(port, reason)
}

/** Why a frame must not pass, or Passes. */
function judge(port: Port, taken: SwitchFrame): u32 {
  if (!frame.hold(taken)) return Drop.Malformed
  lookInside()
  if (!readOffload()) return Drop.Malformed
  if (has(port, PortFlag.Mirror)) return Drop.FromMirror
  if ((frame.destination & 0xf0ff_ffff_ffff) == ReservedAddress) return Drop.Reserved
  if (!admit(port)) return Drop.Vlan
  if (has(port, PortFlag.MacLocked) && frame.source != port.settings.mac) return Drop.MacSpoof
  if (has(port, PortFlag.AddressLocked) && !(isOwn(port) && isTransportOnly())) return Drop.AddressSpoof
  return Passes
}

/** Finds the VLAN of a frame; false where it is none of the port's. An untagged frame, and one whose tag has a priority only, is of the port's own. */
function admit(port: Port): bool {
  const tagged = frame.control & 0xfff
  if (frame.hasTag && tagged != 0 && !has(port, PortFlag.Trunk) || frame.hasInnerTag()) return false
  vlan = tagged != 0 ? tagged : port.settings.vlan
  if (vlan == 0xfff || !carries(port, vlan)) return false
  frame.retag(vlan)
  return true
}

/** Sends it to whom it is for; why to nobody, or Passes. */
function distribute(port: Port, it: Switch): u32 {
  if (!learn(port, vlan, frame.source, now)) return Drop.MacSpoof
  const target = isGroup(frame.destination) ? PortLimit : locate(port.attached, vlan, frame.destination, now)
  const storm = stormOf(port, target)
  if (storm != Passes) return storm
  hash = flow()
  isMirrored = has(port, PortFlag.Mirrored)
  isSent = false
  if (target != PortLimit) {
    if (target == port.number) return Drop.NoTarget
    if (!areConnected(port, portAt(target))) return Drop.Isolated
    reach(portAt(target))
  } else {
    for (let index: u32 = 0; index < it.count; index++) {
      const other = portAt(it.member(index))
      if (areConnected(port, other)) reach(other)
    }
  }
  if (!isSent) return Drop.NoTarget
  if (isMirrored && it.mirror != NoPort && isUp(portAt(it.mirror))) emit(portAt(it.mirror), vlan != 0)
  return Passes
}

/** Frames that all ports get are limited by their kind. */
function stormOf(port: Port, target: u32): u32 {
  if (frame.destination == Broadcast) return pass(port.broadcasts, Drop.BroadcastStorm)
  if (isGroup(frame.destination)) return pass(port.multicasts, Drop.MulticastStorm)
  return target == PortLimit ? pass(port.unknowns, Drop.UnknownStorm) : Passes
}

function pass(bucket: Bucket, reason: u32): u32 {
  if (!isOpen(bucket, now)) return reason
  spend(bucket, 1)
  return Passes
}

/** Sends it to one port, if it is there and of the VLAN. */
function reach(port: Port): void {
  if (!isUp(port) || !carries(port, vlan)) return
  isSent = true
  if (emit(port, isTagged(port, vlan)) && has(port, PortFlag.Mirrored)) isMirrored = true
}

/** Sends it in the form that a port takes; false when it is dropped there. */
function emit(port: Port, tagged: bool): bool {
  const carried = segmentType == SegmentType.None ? frame.bytes - frame.network : payload - frame.network + segmentBytes
  if (carried > port.maximumBytes) {
    countDrop(port, Drop.TooLong)
    return false
  }
  if (!isOpen(port.receiving, now)) {
    countDrop(port, Drop.ReceiveRate)
    return false
  }
  spend(port.receiving, frame.bytes)
  if (!takesSegments(port)) sendSegments(number, port.number, tagged, hash)
  else if (tagged == frame.hasTag) send(number, port.number, frame.head, frame.seen, frame.seen, frame.bytes - frame.seen, hash)
  else {
    const target = nextHead()
    const at = frame.writeLink(target, tagged)
    moveOffload(target, at - frame.network)
    memory.copy(target + at, frame.head + frame.network, frame.seen - frame.network)
    send(number, port.number, target, at + frame.seen - frame.network, frame.seen, frame.bytes - frame.seen, hash)
  }
  return true
}

/** True when a port takes a frame like this in one piece. */
function takesSegments(port: Port): bool {
  if (segmentType == SegmentType.None) return true
  const needed = ((segmentType & ~SegmentType.Congestion) == SegmentType.TcpIpv4 ? NetOffload.SegmentIpv4 : NetOffload.SegmentIpv6) |
    (segmentType & SegmentType.Congestion ? NetOffload.SegmentCongestion : 0)
  return (port.offloads & needed) == needed
}
