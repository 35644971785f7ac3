/** What passes between guests, and who sees it: files with checksums, a neighbour who sees none of it, and a mirror that shows exactly what was sent. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guestFile, linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'
import { framesOf, pcap } from '../harness/pcap.ts'

/** MiB that the two exchange, half of it each way. */
const { TRAFFIC_MIB = '128' } = process.env
const PIECE_MIB = 64

let host: Host

/** A Linux with the programs of Debian's packages for networks. */
function programs(name: string, memory: `${number} MiB`, networkInterface: object) {
  const vm = linux(name, { memory, interfaces: [{ network: 'lan', ...networkInterface }] })
  return { ...vm, boot: { ...vm.boot, initrd: guestFile('network.cpio') } }
}

beforeAll(async () => {
  const trunk = { trunk: [0, 7] }
  const vms = [programs('left', '256 MiB', { ...trunk, mirrored: true }), programs('right', '256 MiB', trunk), programs('apart', '160 MiB', { ...trunk, role: 'private' }), programs('watcher', '160 MiB', { role: 'mirror' })]
  host = await boot({ name: 'traffic', memory: 1280, config: { networks: [{ name: 'lan' }], vms } })
  for (const { name } of vms) await host.vm(name).sees(new RegExp(`${name}:~#`), { within: 400 })
  // What a Linux says by itself when a link comes up would be among what is watched.
  const silent = 'for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $f; done'
  for (const [i, { name }] of vms.entries()) await run(name, `${silent}; ip link set lo up; ip addr add 10.0.0.${i + 1}/24 dev eth0; ip link set eth0 up; echo "$(echo is) up"`, /is up$/m)
})

afterAll(() => host?.close())

/** Types a line at Linux' shell, and waits for what it should say. */
const run = (vm: string, line: string, pattern: RegExp, within = 100) => host.vm(vm).carriesOut(line, pattern, { within })

/** The hardware address of a guest's interface. */
const macOf = async (vm: string) => (await run(vm, 'cat /sys/class/net/eth0/address', /^((?:[0-9a-f]{2}:){5}[0-9a-f]{2})$/m))[1]

/** Has tcpdump listen, with `how`; and says, once it no longer does, what it told of how many frames there were. */
const listen = (vm: string, how: string) => run(vm, `tcpdump -Z root -i eth0 -n --immediate-mode ${how} 2> /tmp/told & until grep -q listening /tmp/told; do sleep 0.1; done; echo "$(echo is) listening"`, /is listening$/m)
const captured = async (vm: string) => Number((await run(vm, 'killall -INT tcpdump; wait; cat /tmp/told', /^(\d+) packets? captured$/m))[1])

test('two exchange files that arrive whole, a third beside them sees none of it', async () => {
  await listen('apart', '-Q in -w /dev/null')
  await run('left', 'ping -c 5 -i 0.2 10.0.0.2; echo "$(echo was) pinged"', /5 packets received[^]*was pinged$/m)
  for (const vm of ['left', 'right']) await run(vm, `dd if=/dev/urandom of=/tmp/data bs=1M count=${PIECE_MIB} 2> /dev/null; httpd -h /tmp; md5sum < /tmp/data > /tmp/data.sum; echo "$(echo is) made"`, /is made$/m)
  const pieces = Number(TRAFFIC_MIB) / PIECE_MIB / 2
  const begin = (await host.json('host info')).uptimeNanoseconds
  for (const [vm, from] of [['left', 2], ['right', 1]] as const) {
    await run(vm, `(wget -q -O /tmp/wanted 10.0.0.${from}/data.sum; for i in $(seq ${pieces}); do wget -q -O - 10.0.0.${from}/data | md5sum | cmp - /tmp/wanted && echo whole; done > /tmp/got) & echo "$(echo is) getting"`, /is getting$/m)
  }
  for (const vm of ['left', 'right']) await run(vm, 'wait; grep -c whole /tmp/got', new RegExp(`^${pieces}$`, 'm'), 400)
  const seconds = ((await host.json('host info')).uptimeNanoseconds - begin) / 1e9
  console.log(`${TRAFFIC_MIB} MiB in ${seconds.toFixed(1)} s of the host's clock`)
  expect((await host.json('net port left')).sentBytes).toBeGreaterThan(pieces * PIECE_MIB * 2 ** 20)
  await run('right', 'iperf3 -s -1 > /tmp/served 2>&1 & until netstat -ltn | grep -q :5201; do sleep 0.1; done; echo "$(echo is) serving"', /is serving$/m)
  // The sender ends by whole blocks, at 64.1 MiB now and then; and what is still on its way then its receiver does not count.
  await run('left', 'iperf3 -c 10.0.0.2 -n 64M', /64\.\d MBytes .* sender\s+.* 6[0-4]\.\d MBytes .* receiver/)
  expect(await captured('apart')).toBe(0)
  expect(await host.json('net port apart')).toMatchObject({ receivedFrames: 0 })
})

test('a mirror shows every frame that was sent as it was, and none that was dropped', async () => {
  const [left, right] = [await macOf('left'), await macOf('right')]
  const bytes = (hex: string) => Buffer.from(hex.replaceAll(/[: ]/g, ''), 'hex')
  const content = (length: number) => Buffer.from(Array.from({ length }, (_, i) => i * 7 & 0xff))
  const frame = (to: string, from: string, type: string, length: number) => Buffer.concat([bytes(to), bytes(from), bytes(type), content(length)])
  // 88B5h is an EtherType for experiments, which nobody answers. IEEE 802, 9.2.4.
  const passing = [
    frame(right, left, '88b5', 46), frame('ff:ff:ff:ff:ff:ff', left, '88b5', 46), frame('01:00:5e:00:00:fb', left, '88b5', 300),
    frame(right, left, '8100 a007 88b5', 46), frame(right, left, '88b5', 1500), frame('02:00:00:00:00:63', left, '88b5', 1001),
  ]
  const dropped = [frame(right, left, '8100 0009 88b5', 46), frame(right, '02:00:00:00:00:63', '88b5', 46), frame('01:80:c2:00:00:00', left, '88b5', 46)]
  await listen('watcher', '-U -w /tmp/seen')
  const lines = pcap([...dropped, ...passing]).toString('base64').match(/.{1,500}/g)!
  for (const line of lines) await run('left', `echo ${line} >> /tmp/sent.64; echo "$(echo is) written"`, /is written$/m)
  await run('left', 'base64 -d /tmp/sent.64 > /tmp/sent; tcpreplay -i eth0 --topspeed /tmp/sent', /Successful packets: +9$/m)
  await run('watcher', `until test $(tcpdump -Z root -r /tmp/seen 2> /dev/null | wc -l) -ge ${passing.length}; do sleep 1; done; echo "$(echo all) came"`, /all came$/m)
  expect(await captured('watcher')).toBe(passing.length)
  await run('watcher', 'tcpdump -Z root -n -e -r /tmp/seen', new RegExp(`${left} > ${right}, ethertype 802\\.1Q \\(0x8100\\), length 64: vlan 7, p 5,`))
  const [, seen] = await run('watcher', 'base64 /tmp/seen; echo "$(echo is) shown"', /shown"\r?\n([A-Za-z0-9+/=\s]+)is shown$/m)
  // Linux gives its listeners a tagged frame at once, and then those without that came in the same batch before it (__netif_receive_skb_core).
  const inKinds = (frames: Buffer[]) => [true, false].map(tagged => frames.filter(frame => (frame.readUInt16BE(12) === 0x8100) === tagged).map(frame => frame.toString('hex')))
  expect(inKinds(framesOf(Buffer.from(seen, 'base64')))).toEqual(inKinds(passing))
})
