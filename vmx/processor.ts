/**
 * A vCPU's registers as the emulator and the exit code see them, the same for both vendors.
 * The vendor's `readProcessor` fills it from the hardware's own state and `writeProcessor` puts it back.
 */
@unmanaged export class Processor {
  rax: u64 //   00h  general registers in the order of their encoding
  rcx: u64 //   08h
  rdx: u64 //   10h
  rbx: u64 //   18h
  rsp: u64 //   20h
  rbp: u64 //   28h
  rsi: u64 //   30h
  rdi: u64 //   38h
  r8: u64 //    40h
  r9: u64 //    48h
  r10: u64 //   50h
  r11: u64 //   58h
  r12: u64 //   60h
  r13: u64 //   68h
  r14: u64 //   70h
  r15: u64 //   78h
  rip: u64 //   80h
  rflags: u64 //88h
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
