/** Firmware: where the loader puts its image, and which images it refuses. Intel SDM vol. 3, 10.1.4. */
import { beforeAll, describe, expect, test } from 'vitest'
import { Guest, Protocol } from './loader.guest'

let guest: Guest
beforeAll(async () => { guest = await Guest.create('test/machine/loader.entry.ts') })

const KIB = 1024
const TOP = 0x1_0000_0000

function start(bytes: number): { ok: boolean, image: Buffer } {
  const image = Buffer.alloc(bytes, Uint8Array.from({ length: 251 }, (_, index) => index))
  guest.reset({ ramBytes: 2 << 20, protocol: Protocol.firmware, kernel: image, romBytes: Math.min(bytes, 16 << 20) })
  return { ok: guest.sandbox.exports.boot() === 0, image }
}

describe.each([[64, 64], [128, 128], [512, 128], [16 * KIB, 128]])('of %i KiB', (kib, low) => {
  test(`ends at 4 GiB, its last ${low} KiB at 1 MiB too, and nothing else is written`, () => {
    const { ok, image } = start(kib * KIB)
    expect(ok).toBe(true)
    expect(guest.ram.read(TOP - image.length, image.length).equals(image)).toBe(true)
    expect(guest.ram.read(0x10_0000 - low * KIB, low * KIB).equals(image.subarray(image.length - low * KIB))).toBe(true)
    for (const [from, to] of [[0, 0x10_0000 - low * KIB], [0x10_0000, 0x10_1000]]) expect(guest.ram.read(from, to - from).every(byte => byte === 0xAA)).toBe(true)
    expect(guest.ram.strays).toEqual([])
  })

  test('leaves the processor as it is', () => {
    start(kib * KIB)
    expect([guest.registers.size, guest.segments.size]).toEqual([0, 0])
  })
})

test.each([[4 * KIB], [64 * KIB - 4096], [64 * KIB + 512], [16 * KIB * KIB + 4096]])('of %i bytes is refused', bytes => {
  expect(start(bytes).ok).toBe(false)
  expect(guest.log.at(-1)).toBe(`kernel: firmware of ${bytes} bytes: it has to be 64 KiB to 16 MiB, a multiple of 4 KiB`)
  expect(guest.ram.strays).toEqual([])
})
