/** Drives of the host, in QEMU. */
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { logs } from './emulator.ts'

/** The file that has a drive's bytes. */
export function pathOf(serial: string): string { return join(logs, `${serial}.disk`) }

/** An empty drive, and the parameters that give it to the host as a device of QEMU's. */
export function drive(device: string, serial: string, mebibytes: number): string[] {
  const path = pathOf(serial)
  mkdirSync(logs, { recursive: true })
  rmSync(path, { force: true })
  writeFileSync(path, '')
  truncateSync(path, mebibytes * 2 ** 20)
  return ['-drive', `file=${path},if=none,id=${serial},format=raw`, '-device', `${device},serial=${serial},drive=${serial}`]
}
