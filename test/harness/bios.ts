/** Bochs' BIOS as other machines' firmware is: it leaves IA32_FEATURE_CONTROL as a test wants it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The BIOS as Bochs has it: it sets bits 0 and 2, locked with VMX on. */
export const BIOS = '/usr/share/bochs/BIOS-bochs-latest'

const folder = join(import.meta.dirname, '../../build/bochs')

/** `off` is locked without VMX, `open` is what the register is at power-on. */
export type FeatureControl = 'off' | 'open'

/** mov $3Ah, %ecx; rdmsr; or $5, %eax; wrmsr: as the boot CPU runs it, and the others, in 16-bit code. */
const sequences = [
  { code: Buffer.from('b93a0000000f3283c8050f30', 'hex'), or: 9 },
  { code: Buffer.from('66b93a0000000f326683c8050f30', 'hex'), or: 11 },
]

/** The path of a BIOS that does so. */
export function biosWith(control: FeatureControl): string {
  const rom = readFileSync(BIOS)
  for (const { code, or } of sequences) {
    const place = rom.indexOf(code)
    if (place < 0) throw new Error(`${BIOS} does not set IA32_FEATURE_CONTROL as it used to`)
    if (control === 'off') rom[place + or] = 1
    else rom.fill(0x90, place + or + 1, place + code.length) // no wrmsr
  }
  mkdirSync(folder, { recursive: true })
  const path = join(folder, `bios-vmx-${control}`)
  writeFileSync(path, rom)
  return path
}
