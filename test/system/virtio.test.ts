/** virtio devices as Debian's own drivers find them, and what they go through while they work; selftest has a driver of its own, for rings that Debian's does not make. */
import { statSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guestFile, linux } from '../harness/config.ts'
import { drive } from '../harness/drive.ts'
import type { Host } from '../harness/host.ts'

const MIB = 2 ** 20
/** Guests with every device: by messages, and by interrupt lines, of which three devices share one. */
const full = ['messages', 'lines']
const addressOf = (name: string) => `10.0.0.${1 + full.indexOf(name)}`
/** Where the other of the two is. */
const other = (name: string) => addressOf(full.find(one => one !== name)!)
/** MiB that such a guest has, and what it keeps where it is to give some. */
const Memory = 224, Kept = 160
/** Drives, in MiB: from where on the files of a second kernel lie, and data. */
const KernelAt = 0, RootAt = 16, DataAt = 32, DriveSize = 48
/** Where the devices are on the bus: rng, disk, interface, balloon. */
const slots = ['01', '02', '0a', '12']

let host: Host

/** A Linux with every device, and ethtool and kexec of Debian's packages. */
function withAll(name: string, commandLine: string) {
  const vm = linux(name, { memory: `${Memory} MiB`, minMemory: '96 MiB', disks: [{ raw: `DRIVE-${name}` }], interfaces: [{ network: 'lan' }] }, commandLine)
  return { ...vm, boot: { ...vm.boot, initrd: guestFile('devices.cpio') } }
}

beforeAll(async () => {
  const extra = full.flatMap(name => drive('nvme', `DRIVE-${name}`, DriveSize, { [KernelAt]: guestFile('vmlinuz'), [RootAt]: guestFile('devices.cpio') }))
  const vms = [withAll('messages', ''), withAll('lines', 'pci=nomsi'), linux('without', { rng: false })]
  host = await boot({ name: 'virtio', memory: 1024, config: { networks: [{ name: 'lan' }], vms }, extra })
  for (const { name } of vms) await host.vm(name).sees(new RegExp(`${name}:~#`), { within: 400 })
})

afterAll(() => host?.close())

/** Types a line at Linux' shell, and waits for what it should say. */
const run = (vm: string, line: string, pattern: RegExp) => host.vm(vm).carriesOut(line, pattern, { within: 200 })

/** Says `word` and a count of distinct readings of 64 bytes each: one for each of `readings`, unless some are alike or there are none. */
const reads = (word: string, readings: number): string =>
  `echo "$(echo ${word}) $(for i in $(seq ${readings}); do head -c 64 /dev/hwrng | md5sum; done | sort -u | grep -v ${md5OfNothing} | wc -l)"`
/** Says what is on the bus. */
const bus = 'cd /sys/bus/pci/devices; echo "$(echo functions) $(for f in *; do echo -n ${f##*:} $(cat $f/vendor $f/device),; done)"; cd'
const md5OfNothing = 'd41d8cd98f00b204e9800998ecf8427e'

test('the entropy device is on the bus, and its driver takes what it offers', async () => {
  await run('messages', bus, /functions 00\.0 0x8086 0x29c0,01\.0 0x1af4 0x1044,02\.0 0x1af4 0x1042,0a\.0 0x1af4 0x1041,12\.0 0x1af4 0x1045,$/m)
  // Bits 28 indirect descriptors, 29 event index, 32 version 1, 34 packed.
  await run('messages', 'echo "$(echo features) $(cut -c 29,30,33,35 /sys/bus/virtio/devices/virtio0/features)"', /features 1111$/m)
  // It notifies by the port, whose registers it would not have asked for otherwise.
  await run('messages', 'echo "$(echo ports) $(grep -c "virtio-pci-modern" /proc/ioports)"', /ports 4$/m)
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

/** What a guest's host shows of its memory. */
interface Share { name: string, bytes: number, follows: boolean, guestGivenBytes: number }
const share = async (name: string) => (await host.json<{ vms: Share[] }>('host memory')).vms.find(vm => vm.name === name)!

/** Waits until a guest has given back so many MiB, and has the rest. */
async function gives(vm: string, mebibytes: number): Promise<void> {
  for (const end = Date.now() + 60_000; ;) {
    const { bytes, guestGivenBytes } = await share(vm)
    if (guestGivenBytes === mebibytes * MIB && (mebibytes === 0 ? bytes === Memory * MIB : bytes < Memory * MIB)) return
    if (Date.now() > end) throw host.emulator.failure(`${vm} has given ${guestGivenBytes / MIB} MiB, not ${mebibytes}, and has ${bytes / MIB}`)
  }
}

/** Has all devices of a guest work, again and again, until /tmp/busy is gone. Were the disk opened in /dev, what is written while there is none would make a file of it. */
async function begin(vm: string): Promise<void> {
  const loops = [
    'cat /dev/hwrng > /dev/null', `dd if=/tmp/data of=/tmp/disk bs=64k seek=${DataAt * 16} oflag=direct; dd if=/tmp/disk of=/dev/null bs=64k skip=${DataAt * 16} count=32 iflag=direct`,
    `ping -i 0.01 -s 1400 -c 200 ${other(vm)}`, `sleep 1; ip link set eth0 up; ip addr add ${addressOf(vm)}/24 dev eth0`,
  ]
  await run(vm, `[ -e /tmp/data ] || { dd if=/dev/urandom of=/tmp/data bs=64k count=32 2> /dev/null; mknod /tmp/disk b $(tr : ' ' < /sys/block/vda/dev); }; echo "$(echo it) begins"`, /it begins$/m)
  await run(vm, `[ -e /tmp/busy ] || (touch /tmp/busy; ${loops.map(loop => `(while [ -e /tmp/busy ]; do ${loop}; done) &`).join(' ')}) > /dev/null 2>&1; echo "$(echo it) works"`, /it works$/m)
}

/** All devices do what they are for: what was written is there and can be written anew, the other guest answers, bytes are random, and memory comes and goes. */
async function works(vm: string): Promise<void> {
  await run(vm, 'rm -f /tmp/busy; killall -q cat ping; echo "$(echo it) rests"', /it rests$/m)
  await run(vm, `dd if=/tmp/data of=/tmp/disk bs=64k seek=${DataAt * 16} oflag=direct 2> /dev/null; dd if=/tmp/disk bs=64k skip=${DataAt * 16} count=32 iflag=direct 2> /dev/null | cmp - /tmp/data && echo "$(echo as) written"`, /as written$/m)
  await run(vm, `ip link set eth0 up; ip addr add ${addressOf(vm)}/24 dev eth0 2> /dev/null; ping -c 3 -i 0.2 ${other(vm)}; echo "$(echo was) pinged"`, /3 packets received[^]*was pinged$/m)
  await run(vm, reads('bytes', 4), /bytes 4$/m)
  for (const [memory, given] of [[Memory, 0], [Kept, Memory - Kept]]) {
    await host.command(`vm set ${vm} memory ${memory}MiB`)
    await gives(vm, given)
  }
}

test.each(full)('drivers let go of all devices and take them again while they are used: %s', async vm => {
  for (const name of full) await begin(name)
  await host.command(`vm set ${vm} memory ${Kept}MiB`)
  // Whoever has the disk open lets go of it meanwhile: it would have another name otherwise.
  const ofDriver = 'v=$(basename $p/virtio*); d=$(readlink -f $p/$v/driver); echo $v > $d/unbind; sleep 0.1; echo $v > $d/bind'
  const ofFunction = 'd=$(readlink -f $p/driver); echo ${p##*/} > $d/unbind; sleep 0.1; echo ${p##*/} > $d/bind'
  for (const [word, once] of [['drivers', ofDriver], ['functions', ofFunction]]) {
    await run(vm, `for i in 1 2; do for s in ${slots.join(' ')}; do p=/sys/bus/pci/devices/0000:00:$s.0; ${once}; done; sleep 0.5; done; echo "$(echo ${word}) bound"`, new RegExp(`${word} bound$`, 'm'))
  }
  await works(vm)
})

test('a balloon without a driver has given nothing', async () => {
  await run('lines', 'p=/sys/bus/pci/devices/0000:00:12.0; v=$(basename $p/virtio*); cd $(readlink -f $p/$v/driver); echo $v > unbind; echo "$(echo let) go"', /let go$/m)
  await gives('lines', 0)
  expect((await share('lines')).follows).toBe(false)
  await run('lines', 'echo $v > bind; cd; echo "$(echo taken) again"', /taken again$/m)
  await gives('lines', Memory - Kept)
})

test.each(full)('they are taken off the bus while they are used, and found again at other addresses: %s', async vm => {
  const places = async () => [...(await run(vm, `for s in ${slots.join(' ')}; do head -n 2 /sys/bus/pci/devices/0000:00:$s.0/resource; done; echo "$(echo all) places"`, /^(0x[^]*)all places$/m))[1].matchAll(/^0x(\w+)/gm)].map(([, place]) => parseInt(place, 16))
  const before = await places()
  for (const name of full) await begin(name)
  // Their memory is to lie at multiples of 16 MiB; the first is placed last, at one of 8, or it would stay where it is.
  await run(vm, `echo -n '${slots.map((slot, index) => `${index === 0 ? 23 : 24}@0000:00:${slot}.0`).join(';')}' > /sys/bus/pci/resource_alignment; for s in ${slots.join(' ')}; do echo 1 > /sys/bus/pci/devices/0000:00:$s.0/remove; done; ls /sys/bus/virtio/devices | wc -l; echo "$(echo all) went"`, /^0\s+all went$/m)
  await run(vm, 'echo 1 > /sys/bus/pci/rescan; ls /sys/bus/virtio/devices | wc -l; echo "$(echo found) again"', /^4\s+found again$/m)
  const after = await places()
  expect(after.map((place, index) => place !== before[index] && place % (8 * MIB) === 0)).toEqual(Array(2 * slots.length).fill(true))
  await works(vm)
})

test('queues of any size: one after the other is reset and made anew while frames come and go', async () => {
  await begin('lines')
  for (const size of [32, 100, 256]) {
    await run('messages', `ping -i 0.01 -s 1400 -c 20 ${addressOf('lines')} > /dev/null & ethtool -G eth0 rx ${size} tx ${size}; wait; ethtool -g eth0; echo "$(echo was) resized"`, new RegExp(`Current hardware settings:\\s+RX:\\s*${size}\\s[^]*TX:\\s*${size}\\s[^]*was resized$`, 'm'))
    await run('messages', `ping -c 3 -i 0.2 -s 1400 ${addressOf('lines')}; echo "$(echo was) pinged"`, /3 packets received[^]*was pinged$/m)
  }
  await works('lines')
})

test('interrupts of an interface are held back as its driver says, and frames all come', async () => {
  for (const vm of full) await run(vm, `ip link set eth0 up; ip addr add ${addressOf(vm)}/24 dev eth0 2> /dev/null; echo "$(echo is) up"`, /is up$/m)
  const interrupts = `$(awk '/-input\\.0/ { print $2 }' /proc/interrupts)`, frames = '$(cat /sys/class/net/eth0/statistics/rx_packets)'
  /** How many interrupts tell of 100 answers, 10 ms apart, with these limits. They are counted as they come in: BusyBox' ping has room for 18 at once. */
  const take = async (limits: string, shown: RegExp) => {
    const ping = `i=${interrupts}; f=${frames}; ping -q -i 0.01 -c 100 ${addressOf('lines')}; echo "$(echo took) $((${interrupts} - i)) for $((${frames} - f))"`
    const [, count, came] = await run('messages', `ethtool -C eth0 ${limits}; ethtool -c eth0; ${ping}`, new RegExp(`${shown.source}[^]*took (\\d+) for (\\d+)$`, 'm'))
    expect(Number(came)).toBeGreaterThanOrEqual(100)
    return Number(count)
  }
  const byTime = await take('rx-usecs 100000 rx-frames 64 tx-usecs 100000 tx-frames 64', /rx-usecs:\s+100000\s[^]*rx-frames:\s+64\s/)
  const byFrames = await take('rx-usecs 400000 rx-frames 10', /rx-usecs:\s+400000\s[^]*rx-frames:\s+10\s/)
  const each = await take('rx-usecs 0 rx-frames 0 tx-usecs 0 tx-frames 1', /rx-usecs:\s+0\s[^]*rx-frames:\s+0\s/)
  expect(each).toBeGreaterThan(50)
  for (const held of [byTime, byFrames]) expect(held).toBeLessThan(each / 4)
})

test('a second kernel, started by the first with no reset, finds them at work and has them', async () => {
  const blocks = (file: string) => Math.ceil(statSync(guestFile(file)).size / 512)
  // Both files, as they lie in memory, are copied twice.
  await host.command(`vm set messages memory ${Memory}MiB`)
  await gives('messages', 0)
  await run('messages', `dd if=/dev/vda of=/tmp/kernel count=${blocks('vmlinuz')} 2> /dev/null; dd if=/dev/vda of=/tmp/root skip=${RootAt * 2048} count=${blocks('devices.cpio')} 2> /dev/null; kexec -l /tmp/kernel --initrd=/tmp/root --command-line="$(cat /proc/cmdline) second" && rm /tmp/kernel /tmp/root && echo "$(echo is) loaded"`, /is loaded$/m)
  for (const name of full) await begin(name)
  const sum = async (file: string) => (await run('messages', `${file} | md5sum`, /^(\w+) {2}-$/m))[1]
  const written = await sum(`dd if=/tmp/data of=/tmp/disk bs=64k seek=${DataAt * 16} oflag=direct 2> /dev/null; cat /tmp/data`)
  await run('messages', '(sleep 1; kexec -e) & echo "$(echo it) goes"', /it goes$/m)
  await host.vm('messages').sees(/up after[^]*messages:~#/, { within: 400 })
  await run('messages', 'cat /proc/cmdline', / second$/m)
  expect(await sum(`dd if=/dev/vda bs=64k skip=${DataAt * 16} count=32 iflag=direct 2> /dev/null`)).toBe(written)
  for (const name of full) await begin(name)
  for (const name of full) await works(name)
  expect((await host.vm('messages').info())).toMatchObject({ state: 'running', restarts: 0 })
})

test('a VM that is configured without it has none', async () => {
  await run('without', bus, /functions 00\.0 0x8086 0x29c0,$/m)
})

test('nobody complains', async () => {
  for (const vm of ['messages', 'lines']) await run(vm, 'echo "complaints $(dmesg | grep -c -i -E \'virtio.*(fail|error|timed)|nobody cared|can.t claim|BAR.*(fail|no space)\')"', /complaints 0$/m)
  expect(await host.command('log -n 100')).not.toMatch(/trap|crash/)
})
