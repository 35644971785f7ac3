/**
 * A vCPU that has left its guest, granted to its VM's machine while that carries out what the guest was about to do: `execute` an instruction, or
 * `switchTask` where the CPU leaves hardware task switches to the hypervisor. At any other time every import answers nothing.
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

/**
 * A vCPU's registers as the emulator and the exit code see them, the same for both vendors.
 * The vendor's `readProcessor` fills it from the hardware's own state and `writeProcessor` puts it back.
 */
@unmanaged export class Processor extends TaskRegisters {
  cr0: u64 //   90h
  cr2: u64 //   98h
  cr3: u64 //   A0h
  cr4: u64 //   A8h
  efer: u64 //  B0h
  esBase: u64 //B8h  segment bases in the order of their encoding
  csBase: u64 //C0h
  ssBase: u64 //C8h
  dsBase: u64 //D0h
  fsBase: u64 //D8h
  gsBase: u64 //E0h
  cpl: u32 //   E8h  0–3
  codeSize: u32 // ECh  16, 32 or 64: the default operand and address size of the code segment
  stackSize: u32 // F0h  16, 32 or 64: the stack pointer's width
}
/** Bytes of Processor. */
export const ProcessorBytes: u32 = 0xF4

/** What `switchTask` answers: the vector of an exception that the guest takes, its error code in bits 63:32. */
export namespace TaskOutcome {
  export const Done: u64 = 0
  export const Debug: u64 = 1 // the switch is done, and the new task's T flag set
  export const PageFault: u64 = 14 // the one for which `read` or `write` was refused last
}

/** What `execute` answers. */
export namespace EmulateStatus {
  export const Done: i32 = 0 // registers, memory and RIP are as after the instruction
  export const Again: i32 = 1 // a repeated string instruction has more to do: RIP stays on it, so that interrupts can be taken between
  export const Fault: i32 = 2 // the guest takes the fault for which `locate` was refused last; RIP stays
  export const Unsupported: i32 = 3 // nothing was changed
  export const Undefined: i32 = 4 // nor here: the guest takes #UD
}

/** An access; the bits of a page fault's error code but Stack. SDM vol. 3, 4.7. */
export namespace Access {
  export const Read: u32 = 0
  export const Write: u32 = 1 << 1
  export const User: u32 = 1 << 2 // made at CPL 3
  export const Fetch: u32 = 1 << 4
  export const Stack: u32 = 1 << 8 // through SS: a non-canonical address is #SS and not #GP
}

/** An operand in memory once translated: up to 8 bytes in one page or two. */
@unmanaged export class Span {
  first: u64 //      00h  guest physical address
  second: u64 //     08h  of what lies in the next page
  firstBytes: u32 // 10h  bytes in the first page
  size: u32 //       14h  bytes in all
}
/** Bytes of Span. */
export const SpanBytes: u32 = 0x18

/** What lies at a guest physical address, and whose it is. */
export namespace Reach {
  export const Device: u32 = 0 // the machine's own: the nucleus has done nothing
  export const Memory: u32 = 1
  export const Apic: u32 = 2 // the local APIC, which takes what was stored last when the machine has returned
}

/** Copies the vCPU's Processor to `target`. */
@external('vcpu', 'registers') export declare function registers(target: usize): bool
/** Gives the vCPU the TaskRegisters at `source`. */
@external('vcpu', 'setRegisters') export declare function setRegisters(source: usize): bool
/** A field of the guest's state or of the exit by its encoding in vmcs.ts; 0 for any other. */
@external('vcpu', 'field') export declare function field(field: u32): u64
/** Loads a segment register, with what `start.segment` takes. */
@external('vcpu', 'segment') export declare function segment(segment: u32, selector: u32, base: u64, limit: u32, attributes: u32): void
/** Sets CR0.TS, clears the local breakpoints of DR7 and, with `paging`, loads CR3: the new task has the processor. */
@external('vcpu', 'enter') export declare function enter(cr3: u32, paging: bool): void
/** Copies the Instruction that is to be executed to `target`. */
@external('vcpu', 'instruction') export declare function instruction(target: usize): bool
/** Translates `size` (1 to 8) bytes at a linear address for an `access` into a Span at `target`; false where the guest takes a fault. */
@external('vcpu', 'locate') export declare function locate(linear: u64, size: u32, access: u32, target: usize): bool
/** Copies `size` (1 to 8) bytes of one page to `target` where they are not a device's. Answers a Reach. */
@external('vcpu', 'read') export declare function read(gpa: u64, size: u32, target: usize): u32
/** Stores the low `size` bytes of `value` likewise. */
@external('vcpu', 'write') export declare function write(gpa: u64, size: u32, value: u64): u32
/** Notes an access to a port for the guest's breakpoints. */
@external('vcpu', 'port') export declare function port(port: u32, size: u32): void
