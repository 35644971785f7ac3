/** The machines that the whole system is tested on. A test names behaviours; vitest.system.config.ts says which tests run on which. */

/** An emulator and the CPU that it is. */
export interface Platform {
  name: PlatformName
  emulator: 'qemu' | 'bochs'
  cpu: string
}

/** The names, as in `PLATFORM=bochs-intel`. */
export type PlatformName = 'qemu-amd' | 'bochs-intel' | 'bochs-amd'

/** All of them. */
export const platforms: Record<PlatformName, Platform> = {
  /** AMD-V without nRIP: the length of every instruction is decoded. */
  'qemu-amd': { name: 'qemu-amd', emulator: 'qemu', cpu: 'EPYC' },
  /** VT-x with EPT and unrestricted guests. */
  'bochs-intel': { name: 'bochs-intel', emulator: 'bochs', cpu: 'corei7_haswell_4770' },
  /** AMD-V with nRIP. */
  'bochs-amd': { name: 'bochs-amd', emulator: 'bochs', cpu: 'ryzen' },
}

/** What this process tests on. */
export const platform: Platform = chosen(process.env.PLATFORM ?? 'qemu-amd')

function chosen(name: string): Platform {
  if (name in platforms) return platforms[name as PlatformName]
  throw new Error(`there is no platform ${name}: PLATFORM is one of ${Object.keys(platforms).join(', ')}`)
}

/** Defines tests that only these platforms are to run: what the others lack, or what would take them too long. */
export function only(names: PlatformName[], define: () => void): void {
  if (names.includes(platform.name)) define()
}
