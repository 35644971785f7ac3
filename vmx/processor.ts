import { TaskRegisters } from '../capability/task'

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
