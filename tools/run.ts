/** `make run`: boots an image in QEMU, with this terminal as the administration console. */
import { spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { chooseAccelerator, thisMachine } from './virtualization.ts'

interface Options { iso: string, memory: string, firmware: 'bios' | 'uefi' }

const OVMF = '/usr/share/OVMF'
/** Ctrl-^: nothing on the console or in a guest's shell needs it, so Ctrl-A and Ctrl-C go through. */
const ESCAPE = 0x1E

const { iso, memory, firmware } = new Command('run')
  .description('Boots an image in QEMU, with this terminal as the administration console.')
  .option('--iso <path>', 'the image', 'build/typervisor.iso')
  .option('--memory <MiB>', 'RAM of the host', '512')
  .addOption(new Option('--firmware <which>', 'how it boots').choices(['bios', 'uefi']).default('bios'))
  .parse().opts<Options>()

const accelerator = chooseAccelerator(thisMachine())
console.log(`Runs ${iso} with ${memory} MiB on ${accelerator.reason}.`)
console.log("To leave: 'shutdown' at the prompt, or Ctrl-^ (Ctrl-6 on many keyboards) and then x.\n")

const qemu = spawn('qemu-system-x86_64', [
  '-machine', 'q35', '-accel', accelerator.name, '-cpu', accelerator.cpu, '-m', memory,
  '-cdrom', iso, '-boot', 'd', '-nodefaults', '-vga', 'std', '-display', 'none', ...firmwareOptions(),
  '-chardev', 'stdio,id=console,mux=on,signal=off', '-serial', 'chardev:console', '-mon', 'chardev=console', '-echr', String(ESCAPE),
], { stdio: ['inherit', 'inherit', 'pipe'] })

// QEMU names each feature of the model that its emulation lacks; that is known, and hides what matters.
qemu.stderr.on('data', (text: Buffer) => {
  process.stderr.write(text.toString().split('\n').filter(line => !line.includes("TCG doesn't support requested feature")).join('\n'))
})
qemu.on('error', error => {
  console.error(`qemu-system-x86_64 does not start: ${error.message}. 'make setup' installs it on Debian.`)
  process.exitCode = 1
})
qemu.on('exit', code => { process.exitCode = code ?? 1 })
// QEMU has the terminal: what is typed there is the console's, and this process ends when QEMU does.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => qemu.kill('SIGTERM'))

function firmwareOptions(): string[] {
  if (firmware === 'bios') return []
  const variables = `${iso}.uefi-variables`
  copyFileSync(`${OVMF}/OVMF_VARS.fd`, variables)
  return [
    '-drive', `if=pflash,format=raw,readonly=on,file=${OVMF}/OVMF_CODE.fd`,
    '-drive', `if=pflash,format=raw,file=${variables}`,
  ]
}
