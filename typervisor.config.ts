import { defineConfig } from 'typervisor'

/** A small Linux: Debian's own kernel for virtual machines, and a root with busybox. `make guests` brings both. */
const linux = (name: string) => ({
  protocol: 'linux' as const,
  kernel: 'build/guests/vmlinuz',
  initrd: 'build/guests/initrd.cpio',
  cmdline: `console=ttyS0 hostname=${name}`,
})

export default defineConfig({
  name: 'typervisor',
  vms: [
    { name: 'web', memory: '128 MiB', boot: linux('web') },
    { name: 'database', memory: '128 MiB', boot: linux('database') },
    {
      name: 'hello',
      memory: '16 MiB',
      boot: { protocol: 'multiboot', kernel: 'build/guests/hello.elf', cmdline: 'hello from typervisor.config.ts' },
    },
  ],
})
