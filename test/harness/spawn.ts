/** Emulators as children that never outlive a test run, however it ends. */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'

/** Starts a program that the kernel kills when this process dies: one that is killed itself cannot, and an emulator left over would take a CPU from all later tests. */
export function spawnBound(program: string, parameters: string[], options: SpawnOptions): ChildProcess {
  return spawn('setpriv', ['--pdeathsig', 'KILL', program, ...parameters], options)
}
