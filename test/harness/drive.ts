/** Drives of the host, in QEMU. */
import { closeSync, ftruncateSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { logs } from './emulator.ts'

/** The file that has a drive's bytes. */
export function pathOf(serial: string): string { return join(logs, `${serial}.disk`) }

/** A drive, empty but for files that begin at some of its MiB, and the parameters that give it to the host as a device of QEMU's. */
export function drive(device: string, serial: string, mebibytes: number, files: Record<number, string> = {}): string[] {
  const path = pathOf(serial)
  mkdirSync(logs, { recursive: true })
  rmSync(path, { force: true })
  const opened = openSync(path, 'w')
  for (const [at, file] of Object.entries(files)) {
    const content = readFileSync(file)
    writeSync(opened, content, 0, content.length, Number(at) * 2 ** 20)
  }
  ftruncateSync(opened, mebibytes * 2 ** 20)
  closeSync(opened)
  return ['-drive', `file=${path},if=none,id=${serial},format=raw`, '-device', `${device},serial=${serial},drive=${serial}`]
}
