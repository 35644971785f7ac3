/** Transitional devices: Debian's driver takes them for modern ones, and, told to be one from before virtio 1.0, as those found them. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { linux } from '../harness/config.ts'
import { drive } from '../harness/drive.ts'
import type { Host } from '../harness/host.ts'

const MIB = 2 ** 20
let host: Host

beforeAll(async () => {
  const vms = [
    linux('old', { memory: '160 MiB', minMemory: '96 MiB', virtio: 'transitional', disks: [{ raw: 'LEGACY' }], interfaces: [{ network: 'lan' }], console: { ports: ['agent'] } }),
    linux('new', { interfaces: [{ network: 'lan' }] }),
  ]
  host = await boot({ name: 'legacy', config: { networks: [{ name: 'lan' }], vms }, extra: drive('nvme', 'LEGACY', 16) })
  for (const { name } of vms) await host.vm(name).sees(new RegExp(`${name}:~#`), { within: 400 })
  await run('new', 'ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up; echo "$(echo is) up"', /is up$/m)
})

afterAll(() => host?.close())

const run = (vm: string, line: string, pattern: RegExp) => host.vm(vm).carriesOut(line, pattern, { within: 100 })
/** Of all five devices, bit 32 of what was agreed to. */
const versions = 'cd /sys/bus/virtio/devices; echo "$(echo versions) $(for d in *; do cut -c 33 $d/features; done | tr -d "\\n") $(ls /sys/bus/virtio/devices/*/driver -d | wc -l)"; cd'

/** All devices do what they are for. */
async function works(round: number): Promise<void> {
  await run('old', `dd if=/dev/urandom of=/tmp/data bs=64k count=16 2> /dev/null; dd if=/tmp/data of=/dev/vda bs=64k seek=${16 * round} oflag=direct 2> /dev/null; dd if=/dev/vda bs=64k skip=${16 * round} count=16 iflag=direct 2> /dev/null | cmp - /tmp/data && echo "$(echo as) written"`, /as written$/m)
  await run('old', 'ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up; ping -c 3 -s 1400 10.0.0.2; echo "$(echo was) pinged"', /3 packets received[^]*was pinged$/m)
  await run('old', 'echo "$(echo bytes) $(head -c 4096 /dev/hwrng | wc -c)"', /bytes 4096$/m)
  for (const memory of [160, 128]) {
    await host.command(`vm set old memory ${memory}MiB`)
    for (const end = Date.now() + 60_000; ;) {
      const { vms } = await host.json<{ vms: { name: string, guestGivenBytes: number }[] }>('host memory')
      if (vms[0].guestGivenBytes === (160 - memory) * MIB) break
      if (Date.now() > end) throw host.emulator.failure(`${vms[0].guestGivenBytes} bytes were given`)
    }
  }
  await run('old', 'exec 3<> $(for p in /sys/class/virtio-ports/*; do grep -q agent $p/name && echo /dev/${p##*/}; done); (read l; echo agent got $l) <&3 >&3 & exec 3>&-; echo "$(echo is) open"', /is open$/m)
  await host.vm('old').attach('agent')
  host.emulator.type(`line ${round}\n`)
  await host.sees(new RegExp(`agent got line ${round}`), { within: 60 })
  await host.vm('old').detach()
}

test('a driver of virtio 1.0 uses them', async () => {
  await run('old', versions, /versions 11111 5$/m)
  await works(0)
})

test('so does one from before', async () => {
  await run('old', 'rmmod virtio_pci; insmod /lib/modules/virtio_pci.ko force_legacy=1; echo "$(echo is) loaded"', /is loaded$/m)
  await run('old', versions, /versions 00000 5$/m)
  await works(1)
  await run('old', 'echo "complaints $(dmesg | grep -c -i -E \'virtio.*(fail|error|timed)|nobody cared|can.t claim\')"', /complaints 0$/m)
  expect(await host.command('log -n 100')).not.toMatch(/trap|crash|not served/)
})
