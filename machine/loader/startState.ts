/** The two processor states in which kernels are entered: flat 32-bit protected mode and 64-bit mode, both with a usable GDT. */
import * as ram from '../../capability/ram'
import * as start from '../../capability/start'
import { segment, StartSegment, StartState, StartStateBytes } from '../../capability/start'
import { NOWHERE, takeLow } from './claims'
import { refuse, say, sayHexadecimal } from '../message'

/** Selectors that Linux calls __BOOT_CS and __BOOT_DS and GRUB uses for Multiboot as well. */
const CODE_SELECTOR: u32 = 0x10
const DATA_SELECTOR: u32 = 0x18

/** Flat segment descriptors, already accessed. Intel SDM vol. 3, 3.4.5; AMD APM vol. 2, 4.7 and 4.8. */
@inline const CODE32_DESCRIPTOR: u64 = 0x00cf_9b00_0000_ffff
@inline const CODE64_DESCRIPTOR: u64 = 0x00af_9b00_0000_ffff
@inline const DATA_DESCRIPTOR: u64 = 0x00cf_9300_0000_ffff
const GDT_BYTES: u32 = 0x20

/** The same, in the form of `segment`. A 32-bit TSS busy is a 64-bit one in long mode: type Bh. */
const CODE32_ATTRIBUTES: u32 = 0xc9b
const CODE64_ATTRIBUTES: u32 = 0xa9b
const DATA_ATTRIBUTES: u32 = 0xc93
const TASK_ATTRIBUTES: u32 = 0x08b
const TASK_LIMIT: u32 = 0x67

/** Control bits. Intel SDM vol. 3, 2.5 and 2.2.1. */
@inline const CR0_PE: u64 = 1
@inline const CR0_ET: u64 = 1 << 4
@inline const CR0_PG: u64 = 1 << 31
@inline const CR4_PAE: u64 = 1 << 5
@inline const EFER_LME: u64 = 1 << 8
@inline const EFER_LMA: u64 = 1 << 10
@inline const RFLAGS_ALWAYS: u64 = 2 // interrupts and single-stepping off

/** Page table bits. Intel SDM vol. 3, 4.5. */
@inline const PRESENT_WRITABLE: u64 = 3
@inline const LARGE_PAGE: u64 = 1 << 7
@inline const LARGE_PAGE_BYTES: u64 = 0x20_0000
const PAGE_BYTES: u64 = 0x1000
const MAPPED_GIB: u32 = 4

/** What the boot processor is to start with; a boot protocol's own registers are set once its mode is. */
export const state = changetype<StartState>(memory.data(0xD0, 8))

/** Hands it to the nucleus. */
export function giveState(): bool { return start.state(changetype<usize>(state)) }

/** Protected mode with flat 4 GiB segments, no paging, no interrupts, at `entry`. False, with the reason logged, when that cannot be. */
export function enterProtectedMode(entry: u64): bool {
  if (entry > u32.MAX_VALUE) {
    say('kernel: its entry point ')
    sayHexadecimal(entry)
    return refuse(' is above 4 GiB, where 32-bit code cannot run: check the linker script')
  }
  if (!setDescriptors(CODE32_DESCRIPTOR)) return false
  setSegments(CODE32_ATTRIBUTES)
  state.cr0 = CR0_PE | CR0_ET
  begin(entry)
  return true
}

/** 64-bit mode at `entry` with the first 4 GiB mapped one to one. False, with the reason logged, when there is no room for its tables. */
export function enterLongMode(entry: u64): bool {
  const root = identityMap()
  if (root == NOWHERE || !setDescriptors(CODE64_DESCRIPTOR)) return false
  setSegments(CODE64_ATTRIBUTES)
  state.cr0 = CR0_PE | CR0_ET | CR0_PG
  state.cr3 = root
  state.cr4 = CR4_PAE
  state.efer = EFER_LME | EFER_LMA
  begin(entry)
  return true
}

function begin(entry: u64): void {
  state.rip = entry
  state.rflags = RFLAGS_ALWAYS
}

/** A GDT, and all else 0: whoever takes an exception before he has an IDT stops at once instead of running through the vectors of real mode. */
function setDescriptors(code: u64): bool {
  memory.fill(changetype<usize>(state), 0, StartStateBytes)
  const gdt = takeLow(GDT_BYTES, 8)
  if (gdt == NOWHERE) return refuse('the VM has no free RAM below 4 GiB for a GDT: give it more memory')
  ram.write64(gdt, 0)
  ram.write64(gdt + 8, 0)
  ram.write64(gdt + CODE_SELECTOR, code)
  ram.write64(gdt + DATA_SELECTOR, DATA_DESCRIPTOR)
  state.gdtrBase = gdt
  state.gdtrLimit = GDT_BYTES - 1
  return true
}

function setSegments(code: u32): void {
  segment(StartSegment.Cs, CODE_SELECTOR, 0, 0xffff_ffff, code)
  segment(StartSegment.Ds, DATA_SELECTOR, 0, 0xffff_ffff, DATA_ATTRIBUTES)
  segment(StartSegment.Es, DATA_SELECTOR, 0, 0xffff_ffff, DATA_ATTRIBUTES)
  segment(StartSegment.Fs, DATA_SELECTOR, 0, 0xffff_ffff, DATA_ATTRIBUTES)
  segment(StartSegment.Gs, DATA_SELECTOR, 0, 0xffff_ffff, DATA_ATTRIBUTES)
  segment(StartSegment.Ss, DATA_SELECTOR, 0, 0xffff_ffff, DATA_ATTRIBUTES)
  segment(StartSegment.Tr, 0, 0, TASK_LIMIT, TASK_ATTRIBUTES)
}

/** One PML4 page, one page directory pointer page and a directory of 2 MiB pages for each GiB. */
function identityMap(): u64 {
  const root = takeLow(PAGE_BYTES * (2 + MAPPED_GIB), PAGE_BYTES)
  if (root == NOWHERE) {
    refuse('the VM has no free RAM below 4 GiB for page tables: give it more memory')
    return NOWHERE
  }
  const pointers = root + PAGE_BYTES
  const directories = pointers + PAGE_BYTES
  ram.zero(root, PAGE_BYTES * 2)
  ram.write64(root, pointers | PRESENT_WRITABLE)
  for (let i: u64 = 0; i < MAPPED_GIB; i++) ram.write64(pointers + i * 8, (directories + i * PAGE_BYTES) | PRESENT_WRITABLE)
  for (let i: u64 = 0; i < MAPPED_GIB * 512; i++) {
    ram.write64(directories + i * 8, i * LARGE_PAGE_BYTES | PRESENT_WRITABLE | LARGE_PAGE)
  }
  return root
}
