/** Hostile guests: random code, registers, modes and page tables never trap, hang or reach memory that is not the guest's. */
import { expect, it } from 'vitest'
import { Random } from './encodings'
import { Cr0, Cr4, Efer, Guest, NX } from './guest'

const Block = 2 * 1024 * 1024
const Rounds = 40_000

it('survives random guests', async () => {
  const guest = await Guest.create(2, 8)
  guest.grant(0)
  guest.grant(5)
  const random = new Random(0xFACE)
  const wide = () => (BigInt(random.next()) << 32n) | BigInt(random.next())
  guest.deviceValue = wide
  const own = guest.ram(0)
  for (let i = 0; i < 2 * Block; i += 4) guest.host.writeUInt32LE(random.next(), own + i)
  const counts = new Map<number, number>()
  for (let round = 0; round < Rounds; round++) {
    if (round % 50 == 0) hostileTables(guest, random)
    const codeSize = [16, 32, 64][random.below(3)]
    guest.setGeneral(Array.from({ length: 16 }, () => (random.chance(50) ? BigInt(random.below(1 << 24)) : wide())))
    guest.set({
      rip: BigInt(random.below(1 << 22)), rflags: wide() & 0x7FFFFFn, cr0: Cr0.PE | (random.chance(80) ? Cr0.PG : 0n) | (random.chance(50) ? Cr0.WP : 0n),
      cr3: BigInt(random.below(16)) << 12n, cr4: (random.chance(70) ? Cr4.PAE : 0n) | (random.chance(50) ? Cr4.PSE : 0n) | (random.chance(10) ? Cr4.SMEP | Cr4.SMAP : 0n),
      efer: codeSize == 64 || random.chance(50) ? Efer.LMA | Efer.NXE : 0n, csBase: 0n, dsBase: BigInt(random.below(1 << 20)), esBase: wide(), ssBase: 0n, gsBase: wide(),
      cpl: random.below(2) * 3, codeSize, stackSize: codeSize,
    })
    // Emulated opcodes more often than chance would have them.
    const rip = Number(guest.get('rip'))
    const code = [[], [0xF3, 0xA5], [0x89], [0x0F, 0xB1], [0x67, 0x01], [0xFF], [0x0F, 0xAB], [0x8F]][random.below(8)]
    if (rip < Block - 16) guest.host.set(code, own + rip)
    guest.log.length = 0
    const status = guest.run()
    counts.set(status, (counts.get(status) ?? 0) + 1)
    if (guest.log.length > 3000) throw new Error(`${guest.log.length} device accesses in one call`)
  }
  for (const status of counts.keys()) expect([0, 1, 2, 3, 0x102, 0x103, 0x104]).toContain(status)
  // The run reached all of them often enough to mean something.
  for (const status of [0, 1, 2, 3, 0x102, 0x104]) expect(counts.get(status) ?? 0, `status ${status}`).toBeGreaterThan(100)
  expect(guest.host.subarray(0, own).every((byte) => byte == 0)).toBe(true)
})

/** Entries that mostly lead somewhere, in the first 16 pages, which CR3 points at. */
function hostileTables(guest: Guest, random: Random): void {
  for (let i = 0; i < 16 * 512; i++) {
    const leads = random.chance(90)
    const target = BigInt(random.below(leads ? 16 : 1 << 24)) << 12n
    const bits = random.chance(90) ? 0x67n : BigInt(random.below(0x1000))
    guest.host.writeBigUInt64LE(target | bits | (random.chance(3) ? NX : 0n) | (random.chance(1) ? 1n << 50n : 0n), guest.ram(0) + i * 8)
  }
}
