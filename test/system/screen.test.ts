/** A machine without a serial port: the boot log and the console are on the screen, and the keyboard is typed on. */
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { build, image } from '../harness/config.ts'
import { ScreenHost } from '../harness/screen.ts'

let host: ScreenHost | undefined

afterEach(async () => {
  await host?.close()
  host = undefined
})

test('a framebuffer, set up by GRUB', async () => {
  host = await ScreenHost.start('-cdrom', await image({ vms: [] }), '-boot', 'd')
  await host.sees(/^\[\d\.\d{6}\] Typervisor \d[^]*^typervisor>$/m, host.framebuffer)
  await host.type('host info\n')
  await host.sees(/^typervisor> host info\nname[^]*^booted by +GRUB [^]*^typervisor>$/m, host.framebuffer)
})

test('text mode, as a BIOS leaves it and no boot loader tells of it', async () => {
  await build()
  host = await ScreenHost.start('-kernel', join(import.meta.dirname, '../../build/boot/typervisor.elf'))
  await host.sees(/^typervisor>$/m, host.textMode)
  expect(await host.textMode()).toMatch(/^\[\d\.\d{6}\] boot loader qemu/m)
  await host.type('host info\n')
  await host.sees(/^typervisor> host info\n[^]*^booted by +qemu\n[^]*^typervisor>$/m, host.textMode)
})
