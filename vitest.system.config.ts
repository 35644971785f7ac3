import { defineConfig } from 'vitest/config'

/** Whole systems in emulators: one after the other, since one emulator is all that a small machine can run in time. */
export default defineConfig({
  test: {
    include: ['test/system/**/*.test.ts'],
    globalSetup: ['test/harness/setup.ts'],
    testTimeout: 420_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    maxWorkers: 1,
  },
})
