import { defineConfig } from 'vitest/config'
import { platforms, type PlatformName } from './test/harness/platform.ts'

const all = ['test/system/**/*.test.ts']

const tests = (...names: string[]) => names.map(name => `test/system/${name}.test.ts`)

/** Which tests run where. QEMU is the fastest and runs all; Bochs runs what can go wrong on another processor, and what two makers' CPUs must both do. */
const runs: Record<PlatformName, string[]> = {
  'qemu-amd': all,
  'bochs-intel': tests('selftest', 'three', 'weights', 'protocols', 'refusal', 'isolation', 'lifecycle', 'storm', 'processors', 'firmware', 'smp', 'clocks'),
  'bochs-amd': tests('selftest', 'protocols', 'firmware'),
}

// PLATFORM=bochs-amd runs any test there, also those that are not in the list.
const { PLATFORM } = process.env

/** Whole systems in emulators: one after the other, since one emulator is all that a small machine can run in time. */
export default defineConfig({
  test: {
    globalSetup: ['test/harness/setup.ts'],
    projects: (Object.keys(platforms) as PlatformName[]).filter(name => PLATFORM === name || !PLATFORM && runs[name].length).map(name => ({
      test: {
        name,
        include: PLATFORM ? all : runs[name],
        env: { PLATFORM: name },
        testTimeout: 420_000 * (name === 'qemu-amd' ? 1 : 3),
        hookTimeout: 600_000 * (name === 'qemu-amd' ? 1 : 3),
        fileParallelism: false,
        maxWorkers: 1,
        // Bochs first: its clock goes by its own instructions, so that what else runs in the beginning (tools/test.ts) is nothing to it.
        sequence: { groupOrder: platforms[name].emulator === 'bochs' ? 1 : 2 },
      },
    })),
  },
})
