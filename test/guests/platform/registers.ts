/** The registers a piece of code is run with, and those it left. */
@unmanaged export class Registers {
  rax: u64 //    00h
  rcx: u64 //    08h
  rdx: u64 //    10h
  rbx: u64 //    18h
  unused: u64 // 20h  RSP is the caller's
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
  rflags: u64 // 80h  only as left
}

/** The one set of registers that the tests use: nothing runs two pieces of code at once. */
export const registers: Registers = changetype<Registers>(memory.data(0x88, 16))
