/** The sandbox loader over the real frame allocator and page tables; module code does not run here. */
import { addRange, initialize, owned, ownerOf, tableBytes, total } from '../../kernel/memory/frames'
import { SlotBase, SlotBytes, WindowLimit } from '../../kernel/memory/layout'
import { lookup } from '../../kernel/memory/paging'
import {
  call, findExport, growMemory, initializeSandboxes, instantiate, release, reserveSandbox, sandbox, sandboxBytes, sandboxOwner, scrub, trapAddress,
} from '../../kernel/sandbox/sandbox'
import { SandboxKind } from '../../kernel/security/policy'

export { owned, ownerOf, lookup, release, growMemory, sandboxBytes, sandboxOwner, total }
export const slotBase: u64 = SlotBase
export const slotBytes: u64 = SlotBytes

/** `bytes` of RAM from `base`. */
export function start(base: u64, bytes: u64): bool {
  memory.grow(<i32>((WindowLimit >> 16) - memory.size()))
  const address = <usize>(__heap_base + 15) & ~15
  memory.fill(address, 0, <usize>tableBytes(base + bytes))
  initialize(address, base + bytes)
  addRange(base, bytes)
  return initializeSandboxes()
}

export function reserve(): u32 { return reserveSandbox(SandboxKind.Machine, 0) }
export function begin(subject: u32): i32 { return instantiate(sandbox(subject)) }
export function clean(subject: u32): void { scrub(sandbox(subject)) }
export function state(subject: u32): u32 { return sandbox(subject).state }
export function generation(subject: u32): u32 { return sandbox(subject).generation }
export function pages(subject: u32): u32 { return sandbox(subject).pages }
export function linear(subject: u32): u64 { return sandbox(subject).linear }
export function callMissing(subject: u32): u64 { return call(sandbox(subject), findExport(sandbox(subject), 'missing')) }
export function trap(subject: u32): usize { return trapAddress(sandbox(subject)) }
export function trapLength(subject: u32): u32 { return sandbox(subject).trapLength }
