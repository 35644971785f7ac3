/** One sandbox: an instance of a module with a linear memory of its own, called through the gate. */
import { cpu, thisCpu } from '../cpu/cpu'
import { flushEverywhere } from '../cpu/kick'
import { acquire, Lock, release as unlock } from '../cpu/lock'
import * as hw from '../hw'
import * as words from '../log/text'
import { allocate, free, owned, reclaim } from '../memory/frames'
import { InstancePages, MemoryDistance, NucleusLinear, SlotBase, SlotBytes, SlotLinear, WindowBase } from '../memory/layout'
import { Owner } from '../../capability/owner'
import { dropTables, mapPage, reserveDirectory, unmapPage, Write } from '../memory/paging'
import { Capabilities, NoVm } from '../security/capabilities'
import { allowedSpaces, importedSpaces, isNamed } from '../security/policy'
import { describeTrap, recordMissingExport } from './trap'

export const SandboxLimit: u32 = 96
const RecordBase: usize = WindowBase + 0x3F00_0000
const PageBytes: u64 = 4096
const WasmPageBytes: u64 = 65536

export namespace SandboxState {
  export const Free: u32 = 0
  export const Running: u32 = 1
  export const Failed: u32 = 2
}

/** What came of making a sandbox. */
export namespace SandboxStatus {
  export const Ok: i32 = 0
  export const NoModule: i32 = 1
  export const Forbidden: i32 = 2 // it imports what its kind may not have
  export const NoMemory: i32 = 3
  export const Trapped: i32 = 4
}

/** Lies in the shared window behind its capabilities, one page each. */
@unmanaged export class Sandbox extends Capabilities {
  state: u32
  kind: u32 //        SandboxKind
  module: u32
  generation: u32 //  counts instances: an answer for an older one is not delivered
  restarts: u32
  pages: u32 //       of 64 KiB, mapped
  pageLimit: u32 //   of 64 KiB
  nameLength: u32
  trapLength: u32
  restartRequested: bool // by an administrator
  calls: u64
  cpuTime: u64 //     TSC ticks inside
  instance: u64 //    virtual address
  terminal: u32 //    of a terminal's driver: which one it is
  device: u32 //      of a device's driver: the device's number
  firstPort: u32 //   of the switches', that lead to it
  portTotal: u32 //   of these
  startedAt: u64 //   TSC of the last attempt to start it, for the restarts' back-off
  retryAt: u64 //     TSC at which it is started again after a failure, or 0
  quickFailures: u32 // in a row, each soon after a start
  entered: u64 //     its Lock: one CPU at a time
  logLines: u32 //    logged since logSince
  logSince: u64 //    TSC at which they began to be counted

  @inline get lock(): Lock { return changetype<Lock>(changetype<usize>(this) + offsetof<Sandbox>('entered')) }
}

const NameOffset: usize = 0x200
const NameCapacity: u32 = 64
const TrapOffset: usize = 0x400
const TrapCapacity: u32 = 512

/** A sandbox by its number, 1 to SandboxLimit - 1; 0 is the nucleus itself. */
@inline export function sandbox(subject: u32): Sandbox { return changetype<Sandbox>(RecordBase + (<usize>subject << 12)) }
@inline export function sandboxOwner(subject: u32): u32 { return Owner.Sandbox + subject }
@inline export function nameAddress(box: Sandbox): usize { return changetype<usize>(box) + NameOffset }
@inline export function trapAddress(box: Sandbox): usize { return changetype<usize>(box) + TrapOffset }
@inline function slotBase(subject: u32): u64 { return SlotBase + <u64>subject * SlotBytes }

/** Host memory that a sandbox takes, tables included. */
export function sandboxBytes(subject: u32): u64 { return owned(sandboxOwner(subject)) << 12 }

/** Makes the records, and the directories that the slots' tables hang from. False when there is no memory for them. */
export function initializeSandboxes(): bool {
  // A directory serves 32 slots, so it must not be among the frames that any one sandbox takes and gives back.
  for (let subject: u32 = 0; subject < SandboxLimit; subject++) if (!reserveDirectory(slotBase(subject), Owner.Nucleus)) return false
  for (let subject: u32 = 0; subject < SandboxLimit; subject++) {
    const frame = allocate(Owner.Nucleus)
    if (frame == 0) return false
    hw.zero(frame, PageBytes)
    const record = sandbox(subject)
    if (!mapPage(NucleusLinear + changetype<usize>(record), frame, Write, Owner.Nucleus)) return false
    record.subject = subject
    record.vm = NoVm
  }
  return true
}

/** The number of the module of this name, or u32.MAX_VALUE. */
export function findModule(name: string): u32 {
  for (let module: u32 = 0; module < hw.moduleCount(); module++) if (isNamed(hw.moduleName(module), name)) return module
  return u32.MAX_VALUE
}

/** Takes a free record for a sandbox of this kind; 0 when there is none. The caller fills its capabilities, then instantiates. */
export function reserveSandbox(kind: u32, module: u32): u32 {
  for (let subject: u32 = 1; subject < SandboxLimit; subject++) {
    const box = sandbox(subject)
    if (box.state != SandboxState.Free) continue
    const generation = box.generation
    // But for its lock, which another CPU may still be about to leave.
    memory.fill(changetype<usize>(box), 0, offsetof<Sandbox>('entered'))
    memory.fill(changetype<usize>(box) + offsetof<Sandbox>('logLines'), 0, 4096 - offsetof<Sandbox>('logLines'))
    box.generation = generation
    box.subject = subject
    box.vm = NoVm
    box.kind = kind
    box.module = module
    box.state = SandboxState.Failed
    box.linear = slotBase(subject) + SlotLinear
    box.pageLimit = 64
    return subject
  }
  return 0
}

/** The line that was built becomes its name. */
export function setName(box: Sandbox): void { box.nameLength = words.take(nameAddress(box), NameCapacity) }

/** Maps fresh, zeroed memory for the instance and starts it; what an earlier instance had must have been scrubbed before. */
export function instantiate(box: Sandbox): i32 {
  if (box.module >= hw.moduleCount()) return SandboxStatus.NoModule
  const imported = importedSpaces(box.module)
  if ((imported & ~allowedSpaces(box.kind)) != 0) return SandboxStatus.Forbidden
  box.granted = imported
  box.startedAt = hw.readTsc()
  const instanceBase = box.linear - <u64>InstancePages * PageBytes
  const pages = hw.moduleNumber(box.module, hw.ModuleNumber.InitialPages)
  if (!mapFresh(box.subject, instanceBase, InstancePages) || !mapFresh(box.subject, box.linear + PageBytes, pages * 16 - 1)) {
    scrub(box)
    return SandboxStatus.NoMemory
  }
  box.pages = pages
  box.instance = box.linear - MemoryDistance - hw.moduleNumber(box.module, hw.ModuleNumber.MemoryOffset)
  box.generation++
  box.state = SandboxState.Running
  call(box, hw.moduleInstantiate(box.module), NucleusLinear + changetype<usize>(box))
  return box.state == SandboxState.Running ? SandboxStatus.Ok : SandboxStatus.Trapped
}

/** All of it or nothing: a sandbox that asks again and again must not be left with a little more each time. */
function mapFresh(subject: u32, va: u64, count: u32): bool {
  const owner = sandboxOwner(subject)
  for (let i: u32 = 0; i < count; i++) {
    const frame = allocate(owner)
    const mapped = frame != 0 && mapPage(va + <u64>i * PageBytes, frame, Write, owner)
    if (!mapped) {
      if (frame != 0) free(frame, owner)
      while (i-- > 0) free(unmapPage(va + <u64>i * PageBytes), owner)
      return false
    }
    hw.zero(frame, PageBytes)
  }
  return true
}

/** Unmaps and zeroes all that the sandbox had. Its record stays. */
export function scrub(box: Sandbox): void {
  acquire(box.lock) // what another CPU does in it is brought to its end
  if (box.state == SandboxState.Running) box.state = SandboxState.Failed
  unlock(box.lock)
  dropTables(slotBase(box.subject), SlotBytes)
  flushEverywhere()
  acquire(box.lock) // and who waited for it, and answered meanwhile, finds it Failed, not what is made in its place
  unlock(box.lock)
  reclaim(sandboxOwner(box.subject))
  box.pages = 0
}

/** Scrubs the sandbox and gives its record back. */
export function release(subject: u32): void {
  const box = sandbox(subject)
  scrub(box)
  box.state = SandboxState.Free
}

/** Answers memory.grow of a sandbox: the import of boot/runtime.c. Memory is the first CPU's to give; a machine has grown when its guest starts. */
export function growMemory(subject: u32, from: u64, pages: u64): bool {
  const box = sandbox(subject)
  if (thisCpu != 0 || pages > box.pageLimit || from > box.pageLimit - pages) return false
  if (!mapFresh(subject, box.linear + from * WasmPageBytes, <u32>pages * 16)) return false
  box.pages = <u32>(from + pages)
  return true
}

/** The address of an export, or 0. */
export function findExport(box: Sandbox, name: string): u64 {
  const count = hw.moduleNumber(box.module, hw.ModuleNumber.ExportCount)
  for (let i: u32 = 0; i < count; i++) if (isNamed(hw.moduleExportName(box.module, i), name)) return hw.moduleExportFunction(box.module, i)
  return 0
}

/** The sandbox that the call in progress runs in, or 0. */
export let current: u32 = 0
/** TSC at which the timer first interrupted the call in progress, or 0: the watchdog's measure. */
export let interruptedAt: u64 = 0
/** Nanoseconds that a call may take once the timer has seen it. */
export let watchdogLimit: u64 = 1_000_000_000
export function setWatchdogLimit(nanoseconds: u64): void { watchdogLimit = nanoseconds }
export function setInterruptedAt(tsc: u64): void { interruptedAt = tsc }

/**
 * Calls into the sandbox. When a trap or the watchdog ends the call the sandbox is Failed, its trap text is written and the
 * result is 0; the caller decides what that means for whom it serves.
 */
export function call(box: Sandbox, address: u64, a0: u64 = 0, a1: u64 = 0, a2: u64 = 0): u64 {
  acquire(box.lock)
  const result = box.state == SandboxState.Running ? enter(box, address, a0, a1, a2) : 0
  unlock(box.lock)
  return result
}

@inline function enter(box: Sandbox, address: u64, a0: u64, a1: u64, a2: u64): u64 {
  if (address == 0) {
    recordMissingExport()
    return fail(box)
  }
  current = box.subject
  interruptedAt = 0
  box.calls++
  const before = hw.readTsc()
  const result = hw.enter(address, box.instance, a0, a1, a2)
  const ticks = hw.readTsc() - before
  box.cpuTime += ticks
  cpu(thisCpu).sandboxTicks += ticks
  current = 0
  return hw.gateStatus() == 0 ? result : fail(box)
}

function fail(box: Sandbox): u64 {
  box.state = SandboxState.Failed
  box.trapLength = describeTrap(trapAddress(box), TrapCapacity, box)
  return 0
}

/** True when [address, address + length) is the sandbox's own memory; page 0 is nobody's. */
export function isOwnMemory(box: Sandbox, address: usize, length: u32): bool {
  return address >= 4096 && <u64>address + length <= <u64>box.pages * WasmPageBytes
}

/** Copies the nucleus's bytes into the memory of the sandbox that asked; nothing when it gave a wrong address. */
export function giveBytes(box: Sandbox, target: usize, source: usize, length: u32): bool {
  if (!isOwnMemory(box, target, length)) return false
  hw.copyToVirtual(box.linear + target, source, length)
  return true
}

/** Copies bytes of the sandbox that asked into the nucleus. */
export function takeBytes(box: Sandbox, target: usize, source: usize, length: u32): bool {
  if (!isOwnMemory(box, source, length)) return false
  hw.copyFromVirtual(target, box.linear + source, length)
  return true
}
