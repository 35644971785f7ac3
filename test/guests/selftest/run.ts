/** Pieces of machine code in every mode and ring, and how they end. */
import { enter, faultAddress, faultCode, faultError, faultFlags, faultInstruction, faultStack, faultStackSegment, linear, load32, NoFault, store32, store64, store8 } from '../platform/hw'
import { code16, code32, code64, data, data16, describe, initializeDescriptors, Selector } from '../platform/descriptors'
import { EndVector, fillRealTable, fillTable, initializeLegacy, Legacy, Low, runLegacy } from '../platform/legacy'
import { registers } from '../platform/registers'

export namespace Mode {
  export const Long: u32 = 0
  export const Compatibility32: u32 = 1
  export const Compatibility16: u32 = 2
  export const Protected32: u32 = 3
  export const Protected16: u32 = 4
  export const Real: u32 = 5
  export const Virtual: u32 = 6 // virtual-8086
  export const Count: u32 = 7
}

/** How legacy modes are to be set up; `fresh` sets what is usual. */
export namespace World {
  export let cr0: u32 = 0
  export let cr3: u32 = 0
  export let cr4: u32 = 0
  export let efer: u32 = 0
  export let flags: u32 = 2
}

/** Protected mode without paging, IOPL 0, interrupts off. */
export function fresh(): void {
  World.cr0 = 0x31 // NE, ET, PE
  World.cr3 = 0
  World.cr4 = 0x600 // OSFXSR, OSXMMEXCPT
  World.efer = 0
  World.flags = 2
}

/** How the last piece of code ended. */
export namespace Ended {
  export let vector: u32 = 0
  export let error: u64 = 0
  export let address: u64 = 0 // CR2
  export let ip: u64 = 0
  export let cs: u32 = 0
  export let flags: u64 = 0
  export let sp: u64 = 0
  export let ss: u32 = 0
}

/** What IRETQ is to load, and DS and ES beside it. */
@unmanaged class Frame {
  ip: u64 //    00h
  cs: u64 //    08h
  flags: u64 // 10h
  sp: u64 //    18h
  ss: u64 //    20h
  ds: u64 //    28h
}

const frame = changetype<Frame>(memory.data(48, 16))
const interruptTable: usize = memory.data(512, 16)
const task: usize = memory.data(104 + 32 + 8192 + 8, 16)
const Permissions: usize = 104 + 32 // the I/O permission map; below it VME's 32 bytes
const TaskSize: u32 = 104 + 32 + 8192 + 1

/** To be called once, before any `run`. */
export function initializeRun(): void {
  initializeDescriptors()
  initializeLegacy()
  fillTable(u32(linear(interruptTable)))
  fresh()
  memory.fill(task + 104, 0xFF, TaskSize - 104)
  store<u32>(task + 4, Low.InnerStack) // ESP0
  store<u32>(task + 8, Selector.Data) // SS0
  store<u16>(task + 102, u16(Permissions))
}

/** Lets every ring use a port, or not. Intel SDM vol. 1, 19.5.2. */
export function permitPort(port: u32, yes: bool): void {
  const at = task + Permissions + (<usize>port >> 3)
  const bit = <u8>1 << u8(port & 7)
  store<u8>(at, yes ? load<u8>(at) & ~bit : load<u8>(at) | bit)
}

/** The 32-bit TSS, the interrupt table of legacy modes. */
export function taskState(): usize { return task }
export function protectedTable(): u32 { return u32(linear(interruptTable)) }

function digit(character: u32): u32 { return character <= 0x39 ? character - 0x30 : (character | 0x20) - 0x57 }

/** Writes bytes given in hexadecimal, with spaces where they help, and returns the address after them. */
export function assemble(at: u64, bytes: string): u64 {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes.charCodeAt(i) == 0x20) continue
    store8(at++, digit(bytes.charCodeAt(i)) << 4 | digit(bytes.charCodeAt(i + 1)))
    i++
  }
  return at
}

/** Whether code of a mode is 16 bits wide. */
export function isNarrow(mode: u32): bool { return mode == Mode.Compatibility16 || mode == Mode.Protected16 || mode >= Mode.Real }

/**
 * Runs machine code at Low.Code in a mode and a ring; returns the exception's vector, or NoFault where it came to its end. General registers are
 * those of `registers`; RDI, and BX in 16-bit code, may be pointed to Low.Data by `pointAtData`.
 */
export function run(mode: u32, ring: u32, bytes: string): u32 {
  const end = assemble(Low.Code, bytes)
  assemble(end, 'CD 31')
  return runAt(mode, ring, Low.Code, end)
}

/** The same for code that is in place, with its end's address. */
export function runAt(mode: u32, ring: u32, start: u64, end: u64): u32 {
  if (mode >= Mode.Protected32) outsideLongMode(mode, ring, u32(start))
  else insideLongMode(mode, ring, start)
  // In virtual-8086 mode INT takes #GP unless IOPL is 3: at the end that is as good.
  const base = isNarrow(mode) ? Low.Base : 0
  if (mode == Mode.Virtual && Ended.vector == 13 && Ended.ip + base == end) Ended.vector = NoFault
  return Ended.vector
}

/** `pointAtData()` before a run makes [rdi], [edi] and, in 16-bit code, [bx] name Low.Data: the same ModRM byte says all three. */
export function pointAtData(mode: u32): void {
  registers.rdi = Low.Data
  registers.rbx = isNarrow(mode) ? Low.Data - Low.Base : Low.Data
}

function insideLongMode(mode: u32, ring: u32, start: u64): void {
  const narrow = mode == Mode.Compatibility16
  const base = narrow ? Low.Base : 0
  frame.ip = start - base
  frame.cs = mode == Mode.Long ? code64(ring) : narrow ? code16(ring) : code32(ring)
  frame.flags = World.flags
  frame.sp = Low.Stack - base
  frame.ss = narrow ? data16(ring) : data(ring)
  frame.ds = frame.ss
  Ended.vector = enter(changetype<usize>(frame), changetype<usize>(registers))
  Ended.error = faultError()
  Ended.address = faultAddress()
  Ended.ip = faultInstruction()
  Ended.cs = faultCode()
  Ended.flags = faultFlags()
  Ended.sp = faultStack()
  Ended.ss = faultStackSegment()
}

@inline function put(field: u32, value: u32): void { store32(Low.Record + field, value) }
@inline function get(field: u32): u32 { return load32(Low.Record + field) }

function outsideLongMode(mode: u32, ring: u32, start: u32): void {
  const narrow = isNarrow(mode)
  const base: u32 = narrow ? Low.Base : 0
  const real = mode >= Mode.Real
  put(Legacy.Cr0, World.cr0)
  put(Legacy.Cr3, World.cr3)
  put(Legacy.Cr4, World.cr4)
  put(Legacy.Efer, World.efer)
  put(Legacy.Ip, start - base)
  put(Legacy.Cs, real ? Low.Segment : narrow ? code16(ring) : code32(ring))
  put(Legacy.Flags, World.flags | (mode == Mode.Virtual ? 1 << 17 : 0))
  put(Legacy.Sp, Low.Stack - base)
  const segment = real ? Low.Segment : narrow ? data16(ring) : data(ring)
  for (let field = Legacy.Ss; field <= Legacy.Gs; field += 4) put(field, segment)
  put(Legacy.Edi, u32(registers.rdi))
  put(Legacy.Esi, u32(registers.rsi))
  put(Legacy.Ebp, u32(registers.rbp))
  put(Legacy.Ebx, u32(registers.rbx))
  put(Legacy.Edx, u32(registers.rdx))
  put(Legacy.Ecx, u32(registers.rcx))
  put(Legacy.Eax, u32(registers.rax))
  describe(Selector.Task, u32(linear(task)), TaskSize - 1, 0x89)
  put(Legacy.Tr, Selector.Task)
  put(Legacy.Ldt, 0)
  put(Legacy.Real, mode == Mode.Real ? 1 : 0)
  const limit: u64 = mode == Mode.Real ? 0x3FF : 511
  store64(Low.Record + Legacy.Idt, limit | (mode == Mode.Real ? 0 : linear(interruptTable) << 16))
  if (mode == Mode.Real) fillRealTable()
  runLegacy()
  const vector = get(Legacy.Vector)
  Ended.vector = vector == EndVector ? NoFault : vector
  Ended.error = get(Legacy.Error)
  Ended.address = get(Legacy.Cr2)
  Ended.ip = get(Legacy.EndIp)
  Ended.cs = get(Legacy.EndCs)
  Ended.flags = get(Legacy.EndFlags)
  Ended.sp = get(Legacy.EndSp)
  Ended.ss = get(Legacy.EndSs)
  registers.rdi = get(Legacy.EndRegisters)
  registers.rsi = get(Legacy.EndRegisters + 4)
  registers.rbp = get(Legacy.EndRegisters + 8)
  registers.rbx = get(Legacy.EndRegisters + 16)
  registers.rdx = get(Legacy.EndRegisters + 20)
  registers.rcx = get(Legacy.EndRegisters + 24)
  registers.rax = get(Legacy.EndRegisters + 28)
}

/** A mode's name as the end of a check's. */
export function modeName(mode: u32, inRing0: bool): string {
  if (inRing0) {
    switch (mode) {
      case Mode.Long: return '  in 64-bit ring 0'
      case Mode.Compatibility32: return '  in 32-bit compatibility mode, ring 0'
      case Mode.Compatibility16: return '  in 16-bit compatibility mode, ring 0'
      case Mode.Protected32: return '  in 32-bit protected mode, ring 0'
      case Mode.Protected16: return '  in 16-bit protected mode, ring 0'
    }
  }
  switch (mode) {
    case Mode.Long: return '  in 64-bit code'
    case Mode.Compatibility32: return '  in 32-bit compatibility mode'
    case Mode.Compatibility16: return '  in 16-bit compatibility mode'
    case Mode.Protected32: return '  in 32-bit protected mode'
    case Mode.Protected16: return '  in 16-bit protected mode'
    case Mode.Real: return '  in real mode'
  }
  return '  in virtual-8086 mode'
}
