/** How far Linux counts until its first process, with the hypervisor and without. */
import { counted, Qemu } from '../harness/qemu.ts'
import { boot } from '../harness/boot.ts'
import { guestFile, linux } from '../harness/config.ts'

/** The kernel's own clock, in nanoseconds, when it starts the first process. */
function userspace(text: string): number | undefined {
  const found = /\[ *(\d+)\.(\d{6})\] Run \/init as init process/.exec(text)
  return found ? Number(found[1]) * 1e9 + Number(found[2]) * 1e3 : undefined
}

const patience = { within: 1200 }

/** Nanoseconds, which under `-icount shift=0` are instructions, from the start of its clock to its first process. */
export async function linuxUnderHypervisor(): Promise<number> {
  const host = await boot({ name: 'bench-linux', config: { vms: [linux('linux', {}, 'printk.time=1')] }, counted: 0 }, patience)
  try {
    return await host.emulator.until('Linux in userspace', () => userspace(host.vm('linux').lines().join('\n')), patience)
  } finally {
    await host.close()
  }
}

/** The same kernel with the same command line and memory, on the emulator itself. */
export async function linuxAlone(): Promise<number> {
  const emulator = await Qemu.start('bench-linux-alone', [
    '-machine', 'q35', '-accel', 'tcg', '-cpu', 'EPYC', '-m', '128', '-no-reboot', '-smp', '1',
    '-kernel', guestFile('vmlinuz'), '-initrd', guestFile('initrd.cpio'), '-append', 'console=ttyS0 hostname=linux printk.time=1', ...counted(0),
  ])
  try {
    return await emulator.until('Linux in userspace', () => userspace(emulator.transcript.text()), patience)
  } finally {
    await emulator.close()
  }
}
