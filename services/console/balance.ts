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
  weight: u64

  constructor(readonly vm: u32) {
    const known = vmOf(vm)
    this.wanted = known.memoryWanted
    this.least = known.memoryMinimum
    this.most = known.memoryBytes
    this.weight = known.memoryWeight
    this.total = reported(vm, MemoryReport.Total)
    this.available = reported(vm, MemoryReport.Available)
  }

  /** What it is to be given: an eighth of what it has; 0 where it is not short, or can have no more. */
  get need(): u64 { return this.available < this.total >> shortShift && this.wanted < this.most ? min(blocks((this.total >> shortShift) + blockBytes), this.most - this.wanted) : 0 }

  /** What it can give: half of what is idle, down to its least; 0 where there is none. */
  get idle(): u64 {
    const kept = this.total >> idleShift
    return this.available > kept && this.wanted > this.least ? min(blocks((this.available - kept) / 2), this.wanted - this.least) : 0
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

/** VMs that take part, run, have told of their memory and have done what they were asked for last. */
function participants(): Share[] {
  const shares: Share[] = []
  for (let vm: u32 = 0; vm < vmCount(); vm++) {
    if (!vmOf(vm).memoryWeight || vmOf(vm).state != VmState.Running) continue
    if (reported(vm, MemoryReport.Follows) && reported(vm, MemoryReport.Reported)) shares.push(new Share(vm))
  }
  return shares
}

/** Guests that were asked for memory, and keep it, are named once for each time that they were asked. */
function reportRefusals(): void {
  const vms = waiting.keys()
  for (let i = 0; i < vms.length; i++) {
    const vm = vms[i]
    const refuses = excess(vm).length != 0 && !(reported(vm, MemoryReport.Follows) && hasFollowed(new Share(vm)))
    if (refuses && uptime() - waiting.get(vm) < patience) continue
    if (refuses) logText(`${nameOfVm(vm)} ${excess(vm)}`)
    waiting.delete(vm)
  }
}

function hasFollowed(share: Share): bool {
  const given = reported(share.vm, MemoryReport.Given)
  const asked = share.most > share.wanted ? share.most - share.wanted : 0
  return given <= asked + blockBytes && given + blockBytes >= asked
}

/** Gives to the guest that is short and has least for its weight, or takes for it from the one that has most idle for its weight. */
function step(shares: Share[]): void {
  let short: Share | null = null
  let giver: Share | null = null
  for (let i = 0; i < shares.length; i++) {
    const share = shares[i]
    if (!hasFollowed(share)) continue
    if (share.need && (!short || share.wanted * short.weight < short.wanted * share.weight)) short = share
    if (share.idle && (!giver || share.idle * giver.weight > giver.idle * share.weight)) giver = share
  }
  if (!short) return
  const free = hostNumber(HostNumber.FreeBytes)
  const reserve = hostNumber(HostNumber.RamBytes) >> reserveShift
  const spare = free > reserve ? blocks(free - reserve) : 0
  if (spare) move(short, short.wanted + min(short.need, spare), 'which is short of it')
  else if (giver) move(giver, giver.wanted - min(giver.idle, short.need), `for ${nameOfVm(short.vm)}`)
}

function move(share: Share, wanted: u64, why: string): void {
  if (vmSet(share.vm, VmSetting.MemoryWanted, wanted) != 0) return
  logText(`memory of ${nameOfVm(share.vm)}, ${why}: ${size(share.wanted)} -> ${size(wanted)}`)
  if (wanted < share.wanted) waiting.set(share.vm, uptime())
}
