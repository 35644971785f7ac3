/** What the hardware says of an exit, the same for both vendors. */
export { Exit } from '../capability/exit'

/** Filled on every exit: `reason`, an Exit; the rest only where the reason has it. */
@unmanaged export class ExitRecord {
  reason: u32 //  00h
  length: u32 //  04h  port: bytes of the instruction
  gpa: u64 //     08h  nested page fault
  access: u32 //  10h  nested page fault: bits of Access
  port: u32 //    14h
  size: u32 //    18h  port: 1, 2 or 4 bytes
  isIn: bool //   1Ch
  isString: bool
  isRepeated: bool
  register: u8 // control register number
  vector: u32 //  20h
  error: u32 //   24h
}

export namespace Access {
  export const Write: u32 = 1
  export const Fetch: u32 = 2
}
