/** Out of 64-bit mode into 32-bit protected mode, 32-bit and PAE paging and real mode, and back. See excursion.asm for what is done there. */
import { execute, load32, load64, load8, store32, store64, store8 } from '../platform/hw'
import { registers } from '../platform/registers'
import { equal } from './report'

@external('code', 'excursion') declare function excursion(): u64
@external('code', 'excursionImage') declare function excursionImage(): u64
@external('code', 'excursionSize') declare function excursionSize(): u32
@external('code', 'excursionInterrupt') declare function excursionInterrupt(): u32

const Base: u32 = 0x60000
const Size: u32 = 0x8000
@inline const Results: u64 = 0x63000
const DirectoryTable: u32 = 0x64000 // 32-bit paging
const PageTable: u32 = 0x65000
const PointerTable: u32 = 0x66000 // PAE paging
const PaeDirectory: u32 = 0x67000
@inline const RealVector: u64 = 0x180 // 4 × 60h

const kept: usize = memory.data(0x8000, 8)

function fillTables(): void {
  store32(DirectoryTable, 0x83) // 4 MiB page at 0: present, writable, large
  store32(DirectoryTable + 0x400, 0x83) // linear 4000_0000h, the same
  store32(DirectoryTable + 0x404, PageTable | 3)
  store32(PageTable, Base + 0x3000 | 3)
  store64(PointerTable, PaeDirectory | 1)
  store64(PointerTable + 8, PaeDirectory | 1) // linear 4000_0000h
  store64(PaeDirectory, 0x83) // 2 MiB pages
}

export function testExcursion(): void {
  for (let at: u32 = 0; at < Size; at += 8) {
    store<u64>(kept + at, load64(Base + at))
    store64(Base + at, 0)
  }
  const vector = load32(RealVector)
  const image = excursionImage()
  for (let at: u32 = 0; at < excursionSize(); at++) store8(Base + at, load8(image + at))
  fillTables()
  store32(RealVector, 0x60000000 | excursionInterrupt())
  execute(excursion(), changetype<usize>(registers))

  equal('compatibility mode reached', load32(Results), 1)
  equal('registers kept into compatibility mode', load32(Results + 4), 0x12345678)
  equal('EFER.LMA clear without paging', load32(Results + 8) & 0x400, 0)
  equal('protected mode without paging', load32(Results + 12), 1)
  equal('32-bit paging, 4 MiB page read', load32(Results + 16), 1)
  equal('32-bit paging, 4 MiB page write', load32(Results + 20), 0x32)
  equal('32-bit paging, 4 KiB page read', load32(Results + 24), 1)
  equal('PAE paging, read', load32(Results + 28), 0x32)
  equal('PAE paging, write', load32(Results + 32), 0x36)
  equal('real mode reached', load32(Results + 36) & 0xFFFF, 0x6000)
  equal('real mode, another segment', load32(Results + 36) >> 16, 0x6000)
  equal('real mode, string move', load32(Results + 64), 1)
  equal('real mode, interrupt', load32(Results + 40) & 0xFFFF, 0x2345)
  equal('real mode, CR0.PE', load32(Results + 44) & 1, 0)
  equal('real mode, 32-bit operands', load32(Results + 48), 0x12345678)
  equal('real mode, far return', load32(Results + 52) & 0xFFFF, 0x5354)
  equal('real mode, above 1 MiB with A20', load32(Results + 56), load32(0x100000))
  equal('long mode again', load32(Results + 60), 64)

  store32(RealVector, vector)
  for (let at: u32 = 0; at < Size; at += 8) store64(Base + at, load<u64>(kept + at))
}
