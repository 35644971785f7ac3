/** Firmware of one's own: a VM that begins where a processor does, in a ROM that ends at 4 GiB. */
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, guestFile } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

const firmware = (name: string, kernel = guestFile('firmware.bin'), more = {}) => guest('hello', name, '', { memory: '2 MiB', boot: { protocol: 'firmware', kernel }, ...more })

// 'HIGH' where the image has it, 'LWOL' where its copy was written; see test/guests/firmware/firmware.asm.
const HIGH = 0x48474948, LOW = 0x4C4F574C, BEGIN = 0x12345678

test('starts at the reset vector, as power-on leaves a processor', async () => {
  host = await boot({ name: 'firmware', config: { vms: [firmware('rom', undefined, { onReboot: 'stop' })] } })
  const vm = host.vm('rom')
  await vm.sees(/below-rom \w{8}/)
  const found = Object.fromEntries(vm.lines().map(line => line.split(' ')).map(([name, value]) => [name, parseInt(value, 16)]))
  const { edx, ...others } = found
  expect(others).toEqual({
    // SDM vol. 3, table 10-1.
    eax: 0, ecx: 0, ebx: 0, esp: 0, ebp: 0, esi: 0, edi: 0, eflags: 2, cs: 0xF000, cr0: 0x6000_0010,
    // CS is at FFFF_0000h until a far jump gives it its selector's base.
    'rom-by-cs': HIGH, 'copy-written': LOW, 'copy-by-cs': LOW,
    rom: BEGIN, 'rom-written': BEGIN, 'rom-written-by-string': 0xFFFF_FFFF, copy: BEGIN, 'below-rom': 0,
    'above-1-mib': 0x55AA_55AA,
  })
  expect(edx >> 8 & 15).toBeGreaterThan(0) // a family
  await vm.is('stopped')
  // Again, from an image that nobody has spoilt, and its memory comes back.
  const before = (await host.json('host memory')).freeBytes
  await host.command('vm start rom')
  await vm.sees(/below-rom 00000000/)
  await vm.is('stopped')
  expect((await host.json('host memory')).freeBytes).toBe(before)
})

test('is refused with the reason where it is no image for a ROM', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'typervisor-firmware-')), 'short.bin')
  writeFileSync(file, Buffer.alloc(4096))
  await expect(boot({ name: 'firmware-refused', config: { vms: [firmware('short', file)] } })).rejects.toThrow(/of 4096 bytes; allowed: 64 KiB to 16 MiB/)
})
