/** A guest's firmware below 4 GiB: instructions read it as memory, and what they write goes to the machine, which has nothing there. */
import { expect, test } from 'vitest'
import { Cr0, Cr4, Efer, Guest, P, PS, RW, US } from './guest'

const ROM = 0xFFE0_0000
const window = 0x20_0000n // where it is mapped
const code = 0x8000n

test.each([
  ['MOV [RSI], EAX', '89 06', ['write ffe00010 4 aabbccdd']],
  ['XOR [RSI], EAX', '31 06', ['write ffe00010 4 eecc88aa']],
  ['MOVSD of ROM to ROM', 'A5', ['write ffe00020 4 44774477']],
  ['STOSB', 'AA', ['write ffe00020 1 dd']],
])('%s leaves it as it is', async (_, bytes, log) => {
  const guest = await Guest.create(2, 2048)
  guest.grant(0)
  guest.grant(2047)
  guest.write64(0x1000, 0x2000n | P | RW | US)
  guest.write64(0x2000, 0x3000n | P | RW | US)
  guest.write64(0x3000, 0n | P | RW | US | PS)
  guest.write64(0x3008, BigInt(ROM) | P | RW | US | PS)
  guest.write32(ROM + 0x10, 0x44774477)
  guest.write32(ROM + 0x20, 0x5566)
  guest.set({ cr0: Cr0.PE | Cr0.PG | Cr0.WP, cr3: 0x1000n, cr4: Cr4.PAE, efer: Efer.LME | Efer.LMA, rflags: 2n, rip: code, csBase: 0n, cpl: 0, codeSize: 64, stackSize: 64 })
  guest.setGeneral(Array.from({ length: 16 }, () => 0n))
  guest.set({ rax: 0xAABB_CCDDn, rsi: window + 0x10n, rdi: window + 0x20n })
  guest.host.set(Buffer.from(bytes.replaceAll(' ', ''), 'hex'), guest.ram(code))
  expect(guest.run()).toBe(0)
  expect(guest.log).toEqual(log)
  expect([guest.read32(ROM + 0x10), guest.read32(ROM + 0x20)]).toEqual([0x44774477, 0x5566])
})
