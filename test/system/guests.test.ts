/** The test guests themselves, on plain QEMU: what they find wrong under the hypervisor is to be the hypervisor's fault. */
import { afterEach, expect, test } from 'vitest'
import { bootAlone } from '../harness/boot.ts'
import { guestFile } from '../harness/config.ts'
import type { Emulator } from '../harness/emulator.ts'
import { counted } from '../harness/qemu.ts'

let emulator: Emulator | undefined

afterEach(async () => {
  await emulator?.close()
  emulator = undefined
})

async function alone(name: string, commandLine = '', extra: string[] = []): Promise<Emulator> {
  return emulator = await bootAlone(`guest-${name}`, guestFile(`${name}.elf`), commandLine, extra)
}

async function sees(pattern: RegExp, within = 120): Promise<RegExpExecArray> {
  return emulator!.until(`${pattern}`, () => pattern.exec(emulator!.transcript.text()), { within })
}

test('hello answers at its prompt and switches off', async () => {
  await alone('hello', 'greeting=good-day')
  await sees(/command line .*greeting=good-day/)
  await sees(/hello> $/)
  emulator!.type('primes\r')
  await sees(/9592 primes below 100000/) // the prime-counting function at 10^5
  emulator!.type('time\r')
  await sees(/uptime=\d+ ticks=\d+ from the local APIC tsc=/)
  emulator!.type('poweroff\r')
  await emulator!.ends()
})

test.each(['keyboard', 'cf9', 'acpi', 'fast', 'triple'])('hello reboots by %s', async way => {
  await alone('hello')
  await sees(/hello> $/)
  emulator!.type(`reboot ${way}\r`)
  await emulator!.ends({ within: 30 }) // -no-reboot turns it into an end
})

test('hello says so where there is no long mode', async () => {
  await alone('hello', '', ['-cpu', 'pentium3'])
  await sees(/no long mode/)
})

test('spin counts', async () => {
  await alone('spin', 'name=top period=100 lines=5')
  await sees(/spin top count=\d+ tsc=\d+ rate=\d+/)
  await emulator!.ends()
  const counts = emulator!.transcript.lines.flatMap(line => /^.*spin top count=(\d+)/.exec(line)?.[1] ?? []).map(Number)
  expect(counts).toHaveLength(5)
  expect(counts).toEqual(counts.toSorted((one, other) => one - other))
})

test('selftest finds nothing wrong', async () => {
  // A device of QEMU's own for what drives the hypervisor's.
  await alone('selftest', '', [...counted(3), '-device', 'virtio-rng-pci,disable-legacy=on,packed=on'])
  await sees(/selftest: \d+ ok, \d+ failed/)
  const { lines } = emulator!.transcript
  expect(lines.filter(line => line.startsWith('FAIL'))).toEqual([])
  expect(Number(/(\d+) ok/.exec(lines.at(-1)!)![1])).toBeGreaterThan(270)
})

// QEMU aborts when some of its ports are accessed by words, and hangs on some control registers and HPET periods: those kinds are for the hypervisor.
test.each(['msrs', 'instructions'])('hostile survives its own %s', async kind => {
  await alone('hostile', `seconds=2 seed=7 only=${kind}`)
  await sees(/hostile done/)
  expect(Number(/beat=2 operations=(\d+)/.exec(emulator!.transcript.text())![1])).toBeGreaterThan(1000)
})

test('bench and floor measure the same in every run', async () => {
  const runs: string[][] = []
  for (let run = 0; run < 2; run++) {
    await alone('bench', '', counted(0))
    await sees(/bench done/)
    runs.push(emulator!.transcript.lines.filter(line => line.includes('bench ')))
    await emulator!.close()
    await alone('floor', '', counted(0))
    await emulator!.ends()
    runs[run].push(/bench floor ticks=\d+/.exec(emulator!.transcript.text())![0])
  }
  expect(runs[0]).toEqual(runs[1])
  expect(runs[0].find(line => line.startsWith('bench thousand'))).toMatch(/ticks=100[0-3]\b/) // and the call
  expect(runs[0].find(line => line.startsWith('bench cpuid'))).toMatch(/ticks=\d\b/) // a few instructions: nothing is in between
})
