/** One emulator at a time: each takes half of a small machine, and tests that wait for each other's time fail for no reason. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const place = join(import.meta.dirname, '../../build/emulator.lock')

function holder(): number {
  try {
    return Number(readFileSync(place, 'utf8'))
  } catch {
    return 0
  }
}

function alive(process_: number): boolean {
  try {
    process.kill(process_, 0)
    return true
  } catch {
    return false
  }
}

function tryTake(): boolean {
  mkdirSync(join(place, '..'), { recursive: true })
  try {
    writeFileSync(place, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    return false
  }
}

/** Waits until no other process drives an emulator, and takes its place. `within` is in seconds. */
export async function takeEmulator(within = 900): Promise<void> {
  for (const end = Date.now() + within * 1000; !tryTake(); await sleep(200)) {
    const other = holder()
    if (other === process.pid) throw new Error('an emulator is running already: close it before booting another')
    // Who died without saying so holds nothing any more.
    if (other && !alive(other)) rmSync(place, { force: true })
    if (Date.now() > end) throw new Error(`process ${other} has driven its emulator for more than ${within} s (${place})`)
  }
}

/** Lets others drive one. */
export function releaseEmulator(): void {
  if (holder() === process.pid) rmSync(place, { force: true })
}
