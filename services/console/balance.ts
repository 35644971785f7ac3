/**
 * Moves memory between the VMs whose configuration gives them a weight for it: a guest that is short of memory gets what the host has free or, where it has
 * none, what another guest has idle. One step at a time, and the next when guests have followed: what they say of their memory is seconds old.
 */
import { HostNumber, hostNumber, vmCount, vmSet, VmSetting, VmState } from '../../capability/admin'
import { MemoryReport } from '../../capability/ram'
import { requestWake, uptime } from './deadline'
import { size } from './format'
import { excess, reported } from './memory'
import { logText, nameOfVm } from './text'
import { vmOf } from './vm'

/** Nanoseconds between two looks: guests are asked for statistics as often. */
const period: u64 = 2_000_000_000
const blockBytes: u64 = 2 << 20
/** A guest is short of memory with less than an eighth of it available, and has idle memory with more than a quarter. */
const shortShift: u64 = 3
const idleShift: u64 = 2
/** Of the host's memory, what stays free for sandboxes and small VMs that start. */
const reserveShift: u64 = 5

/** Nanoseconds after which a guest that has not given what it was asked for is reported. */
const patience: u64 = 10_000_000_000

let nextLook: u64 = 0
/** Since when guests that were asked for memory have not given all of it, by their VM, as long as nobody has been told. */
const waiting = new Map<u32, u64>()

class Share {
  wanted: u64
  least: u64
  most: u64
  total: u64
  available: u64
  given: u64
  weight: u64

  constructor(readonly vm: u32) {
    const known = vmOf(vm)
    this.wanted = known.memoryWanted
    this.least = known.memoryMinimum
    this.most = known.memoryBytes
    this.weight = known.memoryWeight
    this.total = reported(vm, MemoryReport.Total)
    this.available = reported(vm, MemoryReport.Available)
    this.given = reported(vm, MemoryReport.Given)
  }

  /** Whether its guest gives memory back and says how much it could do without: a driver may leave out any statistic. VIRTIO 1.2, 5.5.6.4. */
  get isTold(): bool { return reported(this.vm, MemoryReport.Follows) != 0 && reported(this.vm, MemoryReport.Reported) != 0 && this.total != 0 && this.available != 0 }

  get asked(): u64 { return this.most > this.wanted ? this.most - this.wanted : 0 }

  /** It has taken what it was allowed to; it may not have given what it was asked for, and is short for having given what it could. */
  get hasTaken(): bool { return this.given <= this.asked + blockBytes }

  get hasFollowed(): bool { return this.hasTaken && this.given + blockBytes >= this.asked }

  /** What it keeps by now, and has to be given more than. */
  get kept(): u64 { return this.given < this.asked ? blocks(this.most - this.given) : this.wanted }

  /** What it is to be given: an eighth of what it has; 0 where it is not short, or can have no more. */
  get need(): u64 { return this.available < this.total >> shortShift && this.kept < this.most ? min(blocks((this.total >> shortShift) + blockBytes), this.most - this.kept) : 0 }

  /** What it can give: half of what is idle, down to its least; 0 where there is none. */
  get idle(): u64 {
    const spared = this.total >> idleShift
    return this.available > spared && this.wanted > this.least ? min(blocks((this.available - spared) / 2), this.wanted - this.least) : 0
  }
}

function blocks(bytes: u64): u64 { return bytes / blockBytes * blockBytes }

/** Looks when it is time, and asks to be woken for the next time while there is anybody to look at. */
export function balance(): void {
  const shares = participants()
  if (!shares.length && !waiting.size) return
  if (uptime() >= nextLook) {
    nextLook = uptime() + period
    reportRefusals()
    step(shares)
  }
  requestWake(nextLook)
}

/** VMs that take part and run: those that have not told of their memory may do so before the next look. */
function participants(): Share[] {
  const shares: Share[] = []
  for (let vm: u32 = 0; vm < vmCount(); vm++) {
    if (vmOf(vm).memoryWeight && vmOf(vm).state == VmState.Running) shares.push(new Share(vm))
  }
  return shares
}

/** Guests that were asked for memory, and keep it, are named once for each time that they were asked. */
function reportRefusals(): void {
  const vms = waiting.keys()
  for (let i = 0; i < vms.length; i++) {
    const vm = vms[i]
    const refuses = excess(vm).length != 0 && !(reported(vm, MemoryReport.Follows) && new Share(vm).hasFollowed)
    if (refuses && uptime() - waiting.get(vm) < patience) continue
    if (refuses) logText(`${nameOfVm(vm)} ${excess(vm)}`)
    waiting.delete(vm)
  }
}

/** Gives to the guest that is short and has least for its weight, or takes for it from the one that has most idle for its weight. */
function step(shares: Share[]): void {
  let short: Share | null = null
  let giver: Share | null = null
  for (let i = 0; i < shares.length; i++) {
    const share = shares[i]
    if (!share.isTold) continue
    if (share.hasTaken && share.need && (!short || share.kept * short.weight < short.kept * share.weight)) short = share
    if (share.hasFollowed && share.idle && (!giver || share.idle * giver.weight > giver.idle * share.weight)) giver = share
  }
  if (!short) return
  const free = hostNumber(HostNumber.FreeBytes)
  const reserve = hostNumber(HostNumber.RamBytes) >> reserveShift
  const spare = free > reserve ? blocks(free - reserve) : 0
  if (spare) move(short, short.kept + min(short.need, spare), 'which is short of it')
  else if (giver) move(giver, giver.wanted - min(giver.idle, short.need), `for ${nameOfVm(short.vm)}`)
}

function move(share: Share, wanted: u64, why: string): void {
  if (vmSet(share.vm, VmSetting.MemoryWanted, wanted) != 0) return
  logText(`memory of ${nameOfVm(share.vm)}, ${why}: ${size(share.wanted)} -> ${size(wanted)}`)
  if (wanted < share.wanted) waiting.set(share.vm, uptime())
}
