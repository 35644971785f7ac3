/** The control queue: what a driver wants of its interface, answered at once. VIRTIO 1.2 and, for coalescing, 1.3, 5.1.6.5. */
import { NetNumber, number } from '../../capability/net'
import * as ram from '../../capability/ram'
import { Answer, Command, ControlMac, ControlReceive, ControlReceiveExtra, ControlVlan, GuestAnnounce, GuestOffloads, MultipleQueues, NotificationCoalescing } from '../../capability/virtionet'
import { Chain, read, readableBytes } from '../virtio/chain'
import { Queue } from '../virtio/queue'
import { give, refuse } from '../virtio/virtqueue'
import { setLimits } from './coalescing'
import { addAddress, clearTable, FilterTableLimit, setVlan } from './filter'
import { announced, controlQueueOf, Interface, setMac } from './interface'

/** Class and command, one byte each, lie before what is told. */
const Told: u32 = 2
const MacBytes: u32 = 6
const scratch: usize = memory.data(8, 8)

/** Carries out what a chain that was taken asks for. */
export function command(it: Interface, queue: Queue, chain: Chain): void {
  if (chain.count == chain.readable || !read(chain, 0, scratch, Told)) {
    refuse(queue)
    return
  }
  const isDone = carryOut(it, chain, <u32>load<u8>(scratch) << 8 | load<u8>(scratch + 1))
  ram.write8(chain.range(chain.readable).gpa, isDone ? Answer.Ok : Answer.Error)
  give(queue, chain, 1)
}

function carryOut(it: Interface, chain: Chain, wanted: u32): bool {
  switch (wanted) {
    case Command.Promiscuous: case Command.AllMulticast: return has(it, ControlReceive) && setMode(it, chain, wanted)
    case Command.AllUnicast: case Command.NoMulticast: case Command.NoUnicast: case Command.NoBroadcast: return has(it, ControlReceiveExtra) && setMode(it, chain, wanted)
    case Command.SetMacTable: return has(it, ControlReceive) && setTable(it, chain)
    case Command.SetMac: return has(it, ControlMac) && changeMac(it, chain)
    case Command.AddVlan: case Command.RemoveVlan: return has(it, ControlVlan) && changeVlan(it, chain, wanted == Command.AddVlan)
    case Command.Announced:
      if (!has(it, GuestAnnounce)) return false
      announced(it)
      return true
    case Command.SetPairs: return has(it, MultipleQueues) && setPairs(it, chain)
    case Command.SetGuestOffloads: // the features of the same bits
      if (!has(it, GuestOffloads) || !told(chain, 0, 8) || load<u64>(scratch) & ~it.accepted) return false
      it.guestOffloads = load<u64>(scratch)
      return true
    case Command.CoalesceSending: case Command.CoalesceReceiving: return has(it, NotificationCoalescing) && coalesce(it, chain, wanted == Command.CoalesceSending ? 1 : 0)
  }
  return false
}

@inline function has(it: Interface, feature: u64): bool { return (it.accepted & feature) != 0 }

/** Reads `length` bytes, 8 at most, of what is told from `offset` on; the ones above them are 0. */
function told(chain: Chain, offset: u32, length: u32): bool {
  store<u64>(scratch, 0)
  return read(chain, Told + offset, scratch, length)
}

function setMode(it: Interface, chain: Chain, wanted: u32): bool {
  if (!told(chain, 0, 1)) return false
  const bit: u32 = 1 << wanted // as Mode has it
  it.filter.mode = load<u8>(scratch) ? it.filter.mode | bit : it.filter.mode & ~bit
  return true
}

/** Two lists, each a number of addresses and then these: unicast, multicast. Nothing changes when they are not whole. */
function setTable(it: Interface, chain: Chain): bool {
  const bytes = readableBytes(chain)
  if (!told(chain, 0, 4)) return false
  const unicast = load<u32>(scratch)
  const second = 4 + <u64>unicast * MacBytes
  if (Told + second + 4 > bytes || !told(chain, <u32>second, 4)) return false
  const multicast = load<u32>(scratch)
  if (Told + second + 4 + <u64>multicast * MacBytes > bytes) return false
  clearTable(it.filter)
  addAll(it, chain, 4, unicast)
  addAll(it, chain, <u32>second + 4, multicast)
  return true
}

/** No more are looked at than make all of their kind come. */
function addAll(it: Interface, chain: Chain, offset: u32, count: u32): void {
  for (let index: u32 = 0; index < min(count, FilterTableLimit + 1); index++) {
    if (told(chain, offset + index * MacBytes, MacBytes)) addAddress(it.filter, load<u64>(scratch))
  }
}

/** Its own address, unless the switch would let it send by no other. */
function changeMac(it: Interface, chain: Chain): bool {
  if (!told(chain, 0, MacBytes)) return false
  const mac = load<u64>(scratch)
  if (mac == 0 || mac & 1 || mac != number(it.number, NetNumber.Mac) && number(it.number, NetNumber.MacFixed) != 0) return false
  setMac(it, mac)
  return true
}

function changeVlan(it: Interface, chain: Chain, wanted: bool): bool {
  if (!told(chain, 0, 2) || load<u16>(scratch) > 4094) return false
  setVlan(it.filter, load<u16>(scratch), wanted)
  return true
}

function setPairs(it: Interface, chain: Chain): bool {
  if (!told(chain, 0, 2) || <u32>load<u16>(scratch) - 1 >= it.pairs) return false
  it.activePairs = load<u16>(scratch)
  return true
}

/** max_packets and max_usecs, of all queues that send or all that receive. What is held back is looked at again, since it may be due now. */
function coalesce(it: Interface, chain: Chain, first: u32): bool {
  if (!told(chain, 0, 8)) return false
  it.answered |= it.coalescing.held
  setLimits(it.coalescing, first, controlQueueOf(it), load<u32>(scratch), load<u32>(scratch, 4))
  return true
}
