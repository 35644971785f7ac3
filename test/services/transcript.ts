/** Replays the transcripts of docs/console.md. */
import { readFileSync } from 'node:fs'
import { NetHost } from './net-host'
import { PoolHost } from './pool-host'
import { ethernet } from './switch/frames'
import { boot, state, World } from './world'

/** A fenced block: which scene it plays, and its lines. */
export interface Transcript {
  scene: string
  lines: string[]
}

export function transcripts(page: string): Transcript[] {
  return [...page.matchAll(/^```console ?(\w*)\n([^]*?)^```$/gm)].map(([, scene, body]) => ({ scene, lines: body.split('\n').slice(0, -1) }))
}

/** The names that the console gives exit reasons, by their numbers; unknown is what it says of all others. */
function exitNames(): string[] {
  const names = new Map([...readFileSync('services/console/exits.ts', 'utf8').matchAll(/case Exit\.(\w+): return '(.*)'/g)].map(([, key, name]) => [key, name]))
  const reasons = [...readFileSync('capability/exit.ts', 'utf8').matchAll(/const (\w+): u32 = \d+/g)].map(([, key]) => key)
  return reasons.filter(key => key !== 'Count').map(key => names.get(key) ?? 'unknown')
}
const reasons = exitNames()

const amount = (bytes: number, unit: number): bigint => BigInt(bytes) << BigInt(unit)

/** Gives the host the words of kernel/, so that the page shows what a host says. */
function speakAsTheNucleus(world: World): void {
  world.features = [[0, 1, 3, 4, 5, 6, 7, 10, 13, 15, 16, 32].reduce((word, bit) => word | 1n << BigInt(bit), 0n)]
  world.cr4 = 1n << 20n | 1n << 21n | 1n << 11n | 1n << 18n
  world.texts[1] = 'GRUB 2.06-13+deb12u2'
  const counts: Record<string, bigint> = { 'nested-page-fault': 7366n, cpuid: 21007n, port: 19840n }
  for (const vm of world.vms) {
    vm.reasons = reasons.map(name => counts[name] ?? 0n)
    vm.kernel = 'vmlinuz'
  }
  world.owners = [
    [0, amount(43, 20)], [1, amount(2, 20)], [2, amount(17, 20)], [3, amount(640, 10)], [17, amount(108, 10)], [18, amount(428, 10)], [19, amount(172, 10)], [20, amount(172, 10)],
    [144, amount(192, 20)], [145, amount(256, 20)], [208, amount(36, 10)], [209, amount(36, 10)],
  ]
  world.sandboxes = [
    { name: '', state: 0n, memory: 0n, calls: 0n, restarts: 0n, trap: '' },
    { name: 'driver uart', state: 1n, memory: amount(108, 10), calls: 5120n, restarts: 0n, trap: '' },
    { name: 'console', state: 1n, memory: amount(428, 10), calls: 812n, restarts: 1n, trap: 'null reference: access at 10h in FFFFFFFF80214C31 services/console/line.ts:88 insert' },
    { name: 'machine web', state: 1n, memory: amount(172, 10), calls: 30011n, restarts: 0n, trap: '' },
    { name: 'machine db', state: 1n, memory: amount(172, 10), calls: 28344n, restarts: 0n, trap: '' },
  ]
  world.log.write('[0.021583] console: AMD-V, nested paging, 32768 ASIDs\n[113.118619] console: restarted by the administrator\n')
}

/** What the screen shows when the commands of a transcript are typed in its scene. */
export async function replay({ scene, lines }: Transcript): Promise<string[]> {
  const pool = scene === 'pool' ? await PoolHost.make({ S4EVNX0R: 223.6, 'QM 00001': 64 }, { 'debian.img': Buffer.alloc(64 << 20) }) : undefined
  const net = scene === 'net' ? await busyNetwork() : undefined
  const host = await boot((world) => {
    world.pool = pool
    world.net = net
    world.screen.width = 10_000
    speakAsTheNucleus(world)
    if (scene === 'mirrored') for (const vm of world.vms) vm.mirror = 1n
    else world.vm('web').output.write('Run /init as init process\r\nWelcome.\r\n')
    if (scene === 'balloon') {
      const size = (mebibytes: number) => amount(mebibytes, 20)
      Object.assign(world.vm('web'), { memory: size(512), wanted: size(384), minimum: size(128), maximum: size(512), reports: [1n, size(128), 1n, size(70), size(180), size(350)] })
      world.owners[8][1] = size(384)
      world.owners[0][1] = size(109)
    }
    if (scene === 'blocked') {
      world.blocked = 2n // disabled by the firmware
      for (const vm of world.vms) vm.state = state.stopped
    }
  })
  const from = scene === 'banner' || scene === 'blocked' ? 0 : host.screen.row
  // In the mirrored scene the one line typed is not yet finished.
  for (const line of scene === 'mirrored' ? [] : lines) if (line.startsWith('typervisor> ')) {
    host.type(line.slice(12) + '\r')
    if (/^typervisor> (host|vm) top/.test(line)) work(host)
  }
  play(host, scene)
  const shown = scene === 'top' ? [lines[0], ...host.screen.lines()] : host.screen.lines().slice(from)
  while (shown[0] === '') shown.shift()
  while (shown.at(-1) === 'typervisor>' || shown.at(-1) === '') shown.pop()
  return shown
}

/** The networks of a lab where guests have talked, one of them under another's address. */
async function busyNetwork(): Promise<NetHost> {
  const net = await NetHost.lab()
  const [web, other, db, outside, all] = ['02:00:00:00:00:01', '02:00:00:00:00:02', '02:00:00:00:00:03', '3c:7c:3f:10:20:30', 'ff:ff:ff:ff:ff:ff']
  const say = (port: number, from: string, to: string, count: number, length: number) => {
    for (let i = 0; i < count; i++) net.service.send(port, ethernet({ from, to }, 0x88b5, Buffer.alloc(length)))
  }
  say(192, outside, all, 2, 46)
  say(0, web, all, 1, 46)
  say(2, db, web, 40, 1500)
  say(0, web, outside, 12, 1000)
  say(1, other, all, 3, 46)
  say(2, web, all, 5, 46)
  return net
}

/** A second of work, after the time in which the first frame is waited for. */
function work(host: World): void {
  host.advance(200)
  const [web, db] = host.vms
  const add = (vm: World['vms'][number], time: bigint, stolen: bigint, machine: bigint, exits: Record<string, bigint>) => {
    vm.cpuTime += time
    vm.cpus[0][1] += time
    vm.cpus[0][2] += stolen
    vm.machineTime += machine
    for (const [reason, count] of Object.entries(exits)) vm.reasons[reasons.indexOf(reason)] += count
  }
  add(web, 213_400_000n, 108_200_000n, 31_500_000n, { port: 4711n, halt: 102n, cpuid: 64n })
  add(db, 702_900_000n, 3_100_000n, 1_200_000n, { 'host-interrupt': 51n, 'nested-page-fault': 7n })
  host.cpus[0] = host.cpus[0].map((count, key) => count + [1_000_000_000n, 883_600_000n, 38_200_000n, 61_000_000n, 0n][key])
  host.advance(1000)
}

function play(host: World, scene: string): void {
  const guest = (name: string, text: string) => {
    host.vm(name).output.write(text)
    host.wake()
  }
  if (scene === 'attached') {
    guest('web', '~ # ')
    for (const character of 'uname -r') {
      host.type(character)
      guest('web', character) // the guest's echo
    }
    guest('web', '\r\n6.1.0-cloud-amd64\r\n~ # ')
    host.type('\x1d')
  }
  if (scene === 'mirrored') {
    host.type('vm li')
    guest('web', 'Run /init as init process\r\n')
    guest('db', '\x1b[32mdatabase ready\x1b[0m\r\n')
    host.vm('db').state = state.crashed
    host.vm('db').reason = 'triple fault at rip=10009C cr0=11 cr3=0 cr4=0 efer=0 exit=7F'
    host.wake()
    host.type('st')
  }
}
