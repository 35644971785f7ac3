/** virtio devices as Debian's own drivers find them; selftest has a driver of its own, for rings that Debian's does not make. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

let host: Host

beforeAll(async () => {
  host = await boot({ name: 'virtio', memory: 1024, config: { vms: [linux('messages'), linux('lines', {}, 'pci=nomsi'), linux('without', { rng: false })] } })
  for (const vm of ['messages', 'lines', 'without']) await host.vm(vm).sees(new RegExp(`${vm}:~#`), { within: 400 })
})

afterAll(() => host?.close())

/** Types a line at Linux' shell, and waits for what it should say. */
const run = (vm: string, line: string, pattern: RegExp): Promise<unknown> => host.vm(vm).carriesOut(line, pattern, { within: 200 })

/** Says `word` and a count of distinct readings of 64 bytes each: one for each of `readings`, unless some are alike or there are none. */
const reads = (word: string, readings: number): string =>
  `echo "$(echo ${word}) $(for i in $(seq ${readings}); do head -c 64 /dev/hwrng | md5sum; done | sort -u | grep -v ${md5OfNothing} | wc -l)"`
/** Says what is on the bus. */
const bus = 'cd /sys/bus/pci/devices; echo "$(echo functions) $(for f in *; do echo -n ${f##*:} $(cat $f/vendor $f/device),; done)"; cd'
const md5OfNothing = 'd41d8cd98f00b204e9800998ecf8427e'

test('the entropy device is on the bus, and its driver takes what it offers', async () => {
  await run('messages', bus, /functions 00\.0 0x8086 0x29c0,01\.0 0x1af4 0x1044,$/m)
  // Bits 28 indirect descriptors, 29 event index, 32 version 1, 34 packed.
  await run('messages', 'echo "$(echo features) $(cut -c 29,30,33,35 /sys/bus/virtio/devices/virtio0/features)"', /features 1111$/m)
  // It notifies by the port, whose registers it would not have asked for otherwise.
  await run('messages', 'echo "$(echo ports) $(grep -c "virtio-pci-modern" /proc/ioports)"', /ports 1$/m)
  await run('messages', 'echo "$(echo current) $(cat /sys/class/misc/hw_random/rng_current)"', /current virtio_rng\.0$/m)
})

test('it gives bytes, each time others: by messages, and by an interrupt line', async () => {
  await run('messages', reads('bytes', 8), /bytes 8$/m)
  await run('messages', 'echo "$(echo by) $(grep -c "PCI-MSI.*virtio0-input" /proc/interrupts)"', /by 1$/m)
  await run('lines', reads('bytes', 8), /bytes 8$/m)
  await run('lines', 'echo "$(echo by) $(grep virtio0 /proc/interrupts | grep -c "IO-APIC *17-fasteoi")"', /by 1$/m)
})

test('a reader of a MiB gets one', async () => {
  await run('messages', 'echo "$(echo size) $(head -c 1048576 /dev/hwrng | wc -c)"', /size 1048576$/m)
})

test('drivers let go of it and take it again, also while it is read', async () => {
  for (const vm of ['messages', 'lines']) {
    await run(vm, 'cat /dev/hwrng > /dev/null & cd /sys/bus/virtio/drivers/virtio_rng; for i in 1 2 3; do echo virtio0 > unbind; echo virtio0 > bind; done; cd; echo "$(echo taken) again"', /taken again$/m)
    await run(vm, reads('driver', 4), /driver 4$/m)
    await run(vm, 'cd /sys/bus/pci/drivers/virtio-pci; for i in 1 2 3; do echo 0000:00:01.0 > unbind; echo 0000:00:01.0 > bind; done; cd; echo "$(echo taken) anew"', /taken anew$/m)
    await run(vm, reads('function', 4), /function 4$/m)
  }
})

test('it is taken off the bus and found again', async () => {
  await run('messages', 'd=/sys/bus/pci/devices/0000:00:01.0; echo 1 > $d/remove; [ -e $d ] || echo "$(echo it) went"', /it went$/m)
  await run('messages', 'echo 1 > /sys/bus/pci/rescan; [ -e $d/driver ] && echo "$(echo found) again"', /found again$/m)
  await run('messages', reads('rescanned', 4), /rescanned 4$/m)
})

test('a VM that is configured without it has none', async () => {
  await run('without', bus, /functions 00\.0 0x8086 0x29c0,$/m)
})

test('nobody complains', async () => {
  for (const vm of ['messages', 'lines']) await run(vm, 'echo "complaints $(dmesg | grep -c -i -E \'virtio.*(fail|error|timed)|nobody cared|can.t claim|BAR.*(fail|no space)\')"', /complaints 0$/m)
  expect(await host.command('log -n 100')).not.toMatch(/trap|crash/)
})
