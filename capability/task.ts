/**
 * A vCPU that is switching to another task, granted to its VM's machine while `switchTask` carries that out: VT-x leaves hardware task switches to the
 * hypervisor. At any other time every import answers nothing.
 */

/** The registers that a task has, and those that it leaves alone; a processor that starts has more (start.ts). */
@unmanaged export class TaskRegisters {
  rax: u64 //    00h  general registers in the order of their encoding
  rcx: u64 //    08h
  rdx: u64 //    10h
  rbx: u64 //    18h
  rsp: u64 //    20h
  rbp: u64 //    28h
  rsi: u64 //    30h
  rdi: u64 //    38h
  r8: u64 //     40h
  r9: u64 //     48h
  r10: u64 //    50h
  r11: u64 //    58h
  r12: u64 //    60h
  r13: u64 //    68h
  r14: u64 //    70h
  r15: u64 //    78h
  rip: u64 //    80h
  rflags: u64 // 88h

  /** A general register by its encoding. */
  @inline general(index: u32): u64 { return load<u64>(changetype<usize>(this) + (<usize>index << 3)) }
  @inline setGeneral(index: u32, value: u64): void { store<u64>(changetype<usize>(this) + (<usize>index << 3), value) }
}
/** Bytes of TaskRegisters. */
export const TaskRegistersBytes: u32 = 0x90

/** What `switchTask` answers: the vector of an exception that the guest takes, its error code in bits 63:32. */
export namespace TaskOutcome {
  export const Done: u64 = 0
  export const Debug: u64 = 1 // the switch is done, and the new task's T flag set
  export const PageFault: u64 = 14 // the one for which `read` or `write` was refused last
}

/** Copies a TaskRegisters to `target`. */
@external('task', 'registers') export declare function registers(target: usize): bool
/** Gives the vCPU the TaskRegisters at `source`. */
@external('task', 'setRegisters') export declare function setRegisters(source: usize): bool
/** A field of the guest's state or of the exit by its encoding in vmcs.ts; 0 for any other. */
@external('task', 'field') export declare function field(field: u32): u64
/** Loads a segment register, with what `start.segment` takes. */
@external('task', 'segment') export declare function segment(segment: u32, selector: u32, base: u64, limit: u32, attributes: u32): void
/** Sets CR0.TS, clears the local breakpoints of DR7 and, with `paging`, loads CR3: the new task has the processor. */
@external('task', 'enter') export declare function enter(cr3: u32, paging: bool): void
/** Copies `size` (1 to 8) bytes at a linear address to `target`; false where the guest takes a page fault. What is no RAM reads as ones. */
@external('task', 'read') export declare function read(linear: u32, size: u32, target: usize): bool
/** Writes the low `size` bytes of `value`; false as `read`. What is no RAM takes nothing. */
@external('task', 'write') export declare function write(linear: u32, size: u32, value: u64): bool
