/**
 * A host of up to 32 processors that the scheduler runs, in simulated time: a tick is a nanosecond. A processor looks for somebody to run when its
 * timer goes off, as late as timers are, when it is kicked, or when its vCPU halts; what the scheduler writes into its record without a kick it does
 * not see. What each vCPU had is counted here, not taken from the scheduler, and each rule that it must keep is watched at each step.
 */
import * as schedule from '../../kernel/schedule'
import { Entry, Group, Pool, PoolBytes, Processor, processorAt } from '../../kernel/schedule'

@inline const Forever: u64 = u64.MAX_VALUE
@inline const Period: u64 = 50_000_000
/** A timer's and an interrupt's lateness, at most. */
@inline const Late: u64 = 2000
@inline const KickDelay: u64 = 5000
const VcpuLimit: u32 = 256
const VmLimit: u32 = 64

/** A vCPU: computes for about `work` ns, sleeps for about `sleep`; without `work` it never sleeps. */
@unmanaged class Vcpu {
  vm: u32
  wantsToRun: bool //  not asleep
  onProcessor: i32 //  that runs it in truth, or -1
  work: u64
  sleep: u64
  left: u64 //         of its work
  wakeAt: u64
  readySince: u64 //   wants to run and does not
  woken: bool //       and has not run since it woke
  time: u64
  longestWait: u64 //  for a processor, where its cap was not in the way
  longestLatency: u64 //from waking to running
  wakes: u32
  last: i32 //         processor that ran it last, or -1
  changes: u32 //      of it
}

@unmanaged class Vm {
  cap: u32
  used: u64 //         in this period
  most: i64 //         the most that it had in a period beyond its cap, in ns
  affinity: u64
}

@unmanaged class Cpu {
  vcpu: i32
  lookAt: u64 //       when its timer or a kick makes it look
  idleBeside: u64 //   since when it idles beside a vCPU that it may run
  turns: u64
  forced: u64 //       idle beside a VM that had its core, while a vCPU of another waited that it may run
  mixed: u64 //        since when it runs one VM and its core another, too
}

const poolAddress: usize = memory.data(2304, 64)
const groups: usize = memory.data(64 * 64, 8)
const entries: usize = memory.data(256 * 64, 8)
const vms: usize = memory.data(64 * 32, 8)
const vcpus: usize = memory.data(256 * 128, 8)
const cpus: usize = memory.data(32 * 64, 8)
let processorCount: u32 = 0
let vmCount: u32 = 0
let vcpuCount: u32 = 0
let now: u64 = 0
let seed: u64 = 0
export let decisions: u32 = 0
export let kickCount: u32 = 0
export let moves: u32 = 0
/** Turns on a processor that the vCPU may not use, of one that sleeps, or of one that runs elsewhere: each must stay 0. */
export let violations: u32 = 0
/** The longest that a processor idled beside a vCPU that it may run and whose cap was not used up. */
export let longestIdleBeside: u64 = 0
/** The longest that two VMs ran on one core where none are to. */
export let longestMixed: u64 = 0
/** How many threads each core has; 1 while VMs may share one. */
let threads: u32 = 1
@inline function coreOf(number: u32): u32 { return ((<u32>1 << threads) - 1) << number - number % threads }

@inline function pool(): Pool { return changetype<Pool>(poolAddress) }
@inline function group(n: u32): Group { return changetype<Group>(groups + <usize>n * offsetof<Group>()) }
@inline function entry(n: u32): Entry { return changetype<Entry>(entries + <usize>n * offsetof<Entry>()) }
@inline function vm(n: u32): Vm { return changetype<Vm>(vms + <usize>n * 32) }
@inline function vcpu(n: u32): Vcpu { return changetype<Vcpu>(vcpus + <usize>n * 128) }
@inline function cpu(n: u32): Cpu { return changetype<Cpu>(cpus + <usize>n * 64) }

/** xorshift64*. */
function random(below: u64): u64 {
  seed ^= seed >> 12
  seed ^= seed << 25
  seed ^= seed >> 27
  return (seed * 0x2545_F491_4F6C_DD1D >> 16) % below
}
/** Half to one and a half of it. */
@inline function about(time: u64): u64 { return time / 2 + random(time + 1) }

export function start(processors: u32, randomSeed: u64): void {
  assert(PoolBytes <= 2304 && offsetof<Entry>() <= 64 && offsetof<Group>() <= 64 && offsetof<Vcpu>() <= 128 && offsetof<Vm>() <= 32 && offsetof<Cpu>() <= 64)
  memory.fill(groups, 0, 64 * 64)
  memory.fill(entries, 0, 256 * 64)
  memory.fill(vms, 0, 64 * 32)
  memory.fill(vcpus, 0, 256 * 128)
  schedule.initialize(pool(), 1_000_000_000)
  processorCount = processors
  vmCount = vcpuCount = 0
  now = 0
  seed = randomSeed * 0x9E37_79B9_7F4A_7C15 | 1
  decisions = kickCount = violations = moves = 0
  longestIdleBeside = longestMixed = 0
  threads = 1
  for (let n: u32 = 0; n < processors; n++) {
    schedule.addProcessor(pool(), n)
    const c = cpu(n)
    c.vcpu = -1
    c.lookAt = 0
    c.idleBeside = c.mixed = Forever
    c.turns = c.forced = 0
  }
}

/** A VM; vCPUs are added to the last one. */
export function addVm(weight: u32, cap: u32, affinity: u64, preferred: u64): u32 {
  vmCount++
  setVm(vmCount - 1, weight, cap, affinity, preferred)
  return vmCount - 1
}

/** Cores have so many threads from now on, and none runs two VMs at the same time; 1: any may. */
export function shareCores(count: u32): void {
  threads = count
  pool().exclusive = u32(count != 1)
  for (let n: u32 = 0; n < processorCount; n++) schedule.setCore(pool(), processorAt(pool(), n), coreOf(n), now)
}

/** Changes what an administrator may change. */
export function setVm(n: u32, weight: u32, cap: u32, affinity: u64, preferred: u64): void {
  if (vm(n).cap != cap) vm(n).used = 0
  vm(n).cap = cap
  vm(n).affinity = affinity
  schedule.setGroup(pool(), group(n), weight, cap, affinity, preferred, now)
}

export function addVcpu(work: u64, sleep: u64): u32 {
  const n = vcpuCount++
  const v = vcpu(n)
  v.vm = vmCount - 1
  v.onProcessor = v.last = -1
  v.work = work
  v.sleep = sleep
  v.left = work == 0 ? Forever : about(work)
  v.wakeAt = Forever
  v.wantsToRun = true
  v.readySince = now
  schedule.add(pool(), group(v.vm), entry(n))
  schedule.wake(pool(), entry(n), now)
  return n
}

/** From outside, as a pause does. Until it is resumed it neither runs nor wakes. */
export function pause(n: u32): void {
  const v = vcpu(n)
  v.wakeAt = Forever
  v.wantsToRun = false
  schedule.block(pool(), entry(n), now)
}
export function resume(n: u32): void {
  const v = vcpu(n)
  if (v.wantsToRun) return
  v.wantsToRun = true
  v.woken = false
  v.readySince = now
  v.left = v.work == 0 ? Forever : max(v.left, 1)
  schedule.wake(pool(), entry(n), now)
}
/** Another behaviour from its next sleep on; one that never slept begins to. */
export function setLoad(n: u32, work: u64, sleep: u64): void {
  const v = vcpu(n)
  v.work = work
  v.sleep = sleep
  v.left = work == 0 ? Forever : min(v.left, about(work))
}

export function time(n: u32): u64 { return vcpu(n).time }
export function charged(n: u32): u64 {
  schedule.settle(pool(), processorAt(pool(), entry(n).home), now)
  return entry(n).time
}
export function longestWait(n: u32): u64 { return vcpu(n).longestWait }
export function longestLatency(n: u32): u64 { return vcpu(n).longestLatency }
/** Where it ran last, or -1. */
export function processorOf(n: u32): i32 { return vcpu(n).last }
/** How often it moved to another processor. */
export function changes(n: u32): u32 { return vcpu(n).changes }
export function wakes(n: u32): u32 { return vcpu(n).wakes }
/** The most that a VM had in one period beyond its cap. */
export function mostBeyondCap(n: u32): i64 { return vm(n).most }
export function turns(n: u32): u64 { return cpu(n).turns }
/** How long a processor was forced to idle; and what the scheduler says of that. */
export function forced(n: u32): u64 { return cpu(n).forced }
export function forcedSaid(n: u32): u64 {
  for (let other: u32 = 0; other < processorCount; other++) schedule.settle(pool(), processorAt(pool(), other), now)
  return processorAt(pool(), n).forced
}
/** Forgets the longest waits so far: what follows a change is looked at alone. */
export function forgetWaits(): void {
  for (let n: u32 = 0; n < vcpuCount; n++) vcpu(n).longestWait = vcpu(n).longestLatency = 0
}

/** Runs for so long. */
export function run(duration: u64): void {
  const end = now + duration
  while (now < end) {
    takeKicks()
    // What comes next.
    let next = min(end, (now / Period + 1) * Period)
    for (let n: u32 = 0; n < processorCount; n++) {
      const c = cpu(n)
      next = min(next, c.lookAt)
      if (c.vcpu >= 0 && vcpu(c.vcpu).left != Forever) next = min(next, now + vcpu(c.vcpu).left)
    }
    for (let n: u32 = 0; n < vcpuCount; n++) next = min(next, vcpu(n).wakeAt)
    pass(max(next, now))
    for (let n: u32 = 0; n < vcpuCount; n++) if (vcpu(n).wakeAt <= now) wakeUp(n)
    for (let n: u32 = 0; n < processorCount; n++) {
      const c = cpu(n)
      if (c.vcpu >= 0 && vcpu(c.vcpu).left == 0) halt(c)
      if (c.lookAt <= now) look(n)
    }
    watchIdle()
  }
}

/** Time passes: whoever runs has it. */
function pass(until: u64): void {
  const passed = until - now
  for (let n: u32 = 0; n < processorCount; n++) {
    const c = cpu(n)
    if (c.vcpu < 0) {
      if (isForced(n)) c.forced += passed
      continue
    }
    const v = vcpu(c.vcpu)
    v.time += passed
    if (!isOthers(n, v.vm)) c.mixed = Forever
    else if (c.mixed == Forever) c.mixed = now
    if (c.mixed != Forever) longestMixed = max(longestMixed, until - c.mixed)
    if (v.left != Forever) v.left -= passed
    vm(v.vm).used += passed
  }
  now = until
  if (now % Period != 0 || passed == 0) return
  for (let n: u32 = 0; n < vmCount; n++) {
    const one = vm(n)
    if (one.cap != 0) one.most = max(one.most, <i64>one.used - <i64>(Period * one.cap / 100))
    one.used = 0
  }
}

function wakeUp(n: u32): void {
  const v = vcpu(n)
  v.wakeAt = Forever
  v.left = v.work == 0 ? Forever : about(v.work)
  v.wantsToRun = true
  v.woken = true
  v.readySince = now
  v.wakes++
  schedule.wake(pool(), entry(n), now)
}

function halt(c: Cpu): void {
  const n = <u32>c.vcpu
  const v = vcpu(n)
  c.vcpu = -1
  c.lookAt = now
  v.onProcessor = -1
  v.wantsToRun = false
  v.wakeAt = now + about(v.sleep)
  schedule.block(pool(), entry(n), now)
}

/** A processor asks the scheduler whom to run. */
function look(number: u32): void {
  const c = cpu(number)
  const processor = processorAt(pool(), number)
  const before = c.vcpu
  if (before >= 0) {
    vcpu(before).onProcessor = -1
    if (vcpu(before).wantsToRun) vcpu(before).readySince = now
  }
  const picked = schedule.pickNext(pool(), processor, now)
  decisions++
  c.lookAt = processor.sliceEnd == schedule.Never ? Forever : max(processor.sliceEnd, now) + random(Late)
  c.vcpu = picked === null ? -1 : <i32>((changetype<usize>(picked) - entries) / offsetof<Entry>())
  if (picked === null) return
  const v = vcpu(c.vcpu)
  if (!v.wantsToRun || v.onProcessor >= 0 || (vm(v.vm).affinity >> number & 1) == 0 || isOthers(number, v.vm)) violations++
  v.onProcessor = number
  if (v.last != number) v.changes++
  v.last = number
  c.turns++
  if (c.vcpu == before) return
  moves++
  const waited = now - v.readySince
  if (v.woken) v.longestLatency = max(v.longestLatency, waited)
  if (vm(v.vm).cap == 0) v.longestWait = max(v.longestWait, waited)
  v.woken = false
}

function takeKicks(): void {
  for (let set = pool().kicks; set != 0; set &= set - 1) {
    const c = cpu(ctz(set))
    c.lookAt = min(c.lookAt, now + random(KickDelay))
    kickCount++
  }
  pool().kicks = 0
}

/** Nobody may wait where a processor that could run it idles, for longer than a kick takes. */
function watchIdle(): void {
  for (let number: u32 = 0; number < processorCount; number++) {
    const c = cpu(number)
    if (c.vcpu >= 0 || !hasWork(number)) {
      c.idleBeside = Forever
      continue
    }
    if (c.idleBeside == Forever) c.idleBeside = now
    longestIdleBeside = max(longestIdleBeside, now - c.idleBeside)
  }
}

/** Whether the rest of a processor's core runs another VM. */
function isOthers(number: u32, owner: u32): bool {
  for (let set = coreOf(number) & ~(<u32>1 << number); set != 0; set &= set - 1) {
    const other = cpu(ctz(set)).vcpu
    if (other >= 0 && vcpu(other).vm != owner) return true
  }
  return false
}

/** Whether a processor that idles might run a vCPU that waits, would its core not run another VM. */
function isForced(number: u32): bool {
  if (threads == 1) return false
  for (let n: u32 = 0; n < vcpuCount; n++) {
    const v = vcpu(n)
    if (v.wantsToRun && v.onProcessor < 0 && (vm(v.vm).affinity >> number & 1) != 0 && isOthers(number, v.vm)) return true
  }
  return false
}

function hasWork(number: u32): bool {
  for (let n: u32 = 0; n < vcpuCount; n++) {
    const v = vcpu(n)
    if (!v.wantsToRun || v.onProcessor >= 0 || (vm(v.vm).affinity >> number & 1) == 0 || isOthers(number, v.vm)) continue
    const one = vm(v.vm)
    // What its other vCPUs have taken of its cap is not there to be used.
    if (one.cap == 0 || one.used + 5_000_000 * processorCount < Period * one.cap / 100) return true
  }
  return false
}
