/** What the exception stubs saved. boot/runtime.h, struct exception_frame. */
import * as hw from '../hw'

@unmanaged export class ExceptionFrame {
  rax: u64 //    00h
  rbx: u64 //    08h
  rcx: u64 //    10h
  rdx: u64 //    18h
  rsi: u64 //    20h
  rdi: u64 //    28h
  rbp: u64 //    30h
  r8: u64 //     38h
  r9: u64 //     40h
  r10: u64 //    48h
  r11: u64 //    50h
  r12: u64 //    58h
  r13: u64 //    60h
  r14: u64 //    68h
  r15: u64 //    70h
  vector: u64 // 78h
  error: u64 //  80h
  rip: u64 //    88h
  cs: u64 //     90h
  rflags: u64 // 98h
  rsp: u64 //    A0h
  ss: u64 //     A8h
}

const copy: usize = memory.data(0xB0, 8)

/** Copies the frame, which lies on an exception stack, into linear memory. */
export function readFrame(address: u64): ExceptionFrame {
  hw.copyFromVirtual(copy, address, offsetof<ExceptionFrame>())
  return changetype<ExceptionFrame>(copy)
}

/** The manual's mnemonic and name. */
export function exceptionName(vector: u32): string {
  switch (vector) {
    case 0: return '#DE divide error'
    case 1: return '#DB debug'
    case 2: return 'NMI'
    case 3: return '#BP breakpoint'
    case 4: return '#OF overflow'
    case 5: return '#BR bound range'
    case 6: return '#UD invalid opcode'
    case 7: return '#NM device not available'
    case 8: return '#DF double fault'
    case 10: return '#TS invalid TSS'
    case 11: return '#NP segment not present'
    case 12: return '#SS stack fault'
    case 13: return '#GP general protection'
    case 14: return '#PF page fault'
    case 16: return '#MF x87 floating point'
    case 17: return '#AC alignment check'
    case 18: return '#MC machine check'
    case 19: return '#XF SIMD floating point'
  }
  return 'reserved exception'
}
