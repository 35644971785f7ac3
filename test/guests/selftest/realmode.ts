/** Real mode without a BIOS: its vectors, its limits, segments bigger than it, the last bytes below its top. Intel SDM vol. 3, chapter 21. */
import { load32, NoFault, store16, store32, store64 } from '../platform/hw'
import { Low } from '../platform/legacy'
import { registers } from '../platform/registers'
import { equal, equalOnProcessor, subject } from './report'
import { assemble, Ended, fresh, Mode, run } from './run'

export function testRealMode(): void {
  fresh()
  subject('real mode')
  // A vector table at Low.Data: LIDT [BX]; INT 10h; the handler adds and returns.
  equal('  reached', run(Mode.Real, 0, '90'), NoFault)
  for (let at: u32 = 0; at < 0x100; at += 4) store32(Low.Data + 0x100 + at, load32(at))
  assemble(Low.Data + 0x300, '83 C0 11 CF') // ADD AX, 11h; IRET
  store16(Low.Data + 0x100 + 0x40, 0x4300)
  store16(Low.Data + 0x100 + 0x42, Low.Segment)
  store16(Low.Data, 0xFF)
  store64(Low.Data + 2, Low.Data + 0x100)
  registers.rbx = 0x4000
  registers.rax = 0x22
  equal('  a vector table elsewhere', run(Mode.Real, 0, '0F 01 1F CD 10'), NoFault)
  equal('  its handler ran', registers.rax & 0xFFFF, 0x33)
  equal('  and the flags came back', Ended.flags & 0x200, 0)
  registers.rbx = 0xFFFF
  equalOnProcessor('  a word across the limit is #GP', run(Mode.Real, 0, '8B 07'), 13)
  registers.rbx = 0xFFFE
  equal('  the last word is none', run(Mode.Real, 0, '8B 07'), NoFault)
  // A vector past the table's limit.
  store16(Low.Data, 0x3F)
  registers.rbx = 0x4000
  equalOnProcessor('  a vector past the limit is #GP', run(Mode.Real, 0, '0F 01 1F CD 20'), 13)
  testBigSegments()
}

/** MOV EAX, CR0; OR AL, 1; MOV CR0, EAX; MOV BX, 10h; MOV DS, BX; AND AL, FEh; MOV CR0, EAX; and a load by a 32-bit address. */
function testBigSegments(): void {
  subject('real mode with a big segment')
  equal('  RAM above 1 MiB', run(Mode.Real, 0, '0F 20 C0 0C 01 0F 22 C0 BB 10 00 8E DB 24 FE 0F 22 C0 67 66 A1 00 00 10 00'), NoFault)
  equal('  its value', registers.rax, load32(0x100000))
  equal('  a device', run(Mode.Real, 0, '0F 20 C0 0C 01 0F 22 C0 BB 10 00 8E DB 24 FE 0F 22 C0 67 66 A1 00 00 D0 FE'), NoFault)
  equal('  its value', registers.rax, load32(0xFED00000))
  registers.rdx = 0x12345678
  equal('  RAM written and read', run(Mode.Real, 0, '0F 20 C0 0C 01 0F 22 C0 BB 10 00 8E DB 24 FE 0F 22 C0 67 66 89 15 00 48 06 00 67 66 A1 00 48 06 00'), NoFault)
  equal('  its value', registers.rax, 0x12345678)
}
