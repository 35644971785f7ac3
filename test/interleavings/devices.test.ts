/** Rings of frames and requests to disks while a machine is called on one processor and served on another, in every order within a bound; then the same with something missing, which must be found. */
import { beforeAll, describe, expect, test } from 'vitest'
import { compile, type Mutation } from './compile.ts'
import { hardware } from './guest.ts'
import { Found, Host, type Options, regions } from './host.ts'

const BOUND = Number(process.env.INTERLEAVING_BOUND ?? 2)
const Entry = 'test/interleavings/devices.entry.ts'

let code: WebAssembly.Module
beforeAll(async () => { code = await compile(undefined, Entry) })

/** As devices.entry.ts has them in the machine's memory; and where its frames are, by its two rings, and the room for what comes. */
const Sending = 0x1_0000, SendingAgain = 0x2_0000, Receiving = 0x3_0000
const Frames = 0x5_0000, FramesAgain = 0x6_0000, Room = 0x7_0000
const areas = new Map([[Sending, Frames], [SendingAgain, FramesAgain], [Receiving, Room]])
const FrameBytes = 60, HeaderBytes = 12

/** Frames that were passed on, by where they were. */
let passed: number[] = []
let isTakenBack = false
/** What its disk has done for the machine, by tags. */
let ended: number[] = []

/** A ring's slots, each with one segment, and the frames. */
const network: Options['hw'] = (host, processor) => ({
  ...hardware(host, processor),
  peek: (address: bigint) => {
    const at = Number(address)
    const ring = at & ~0xFFFF, offset = at & 0xFFFF
    const index = (offset & 0xFFF) >> 4
    if (offset >= 4096) return offset & 8 ? BigInt(FrameBytes) : BigInt(areas.get(ring)! + index * FrameBytes)
    return offset & 8 ? BigInt(FrameBytes) : 1n << 32n | BigInt(index)
  },
  copyVirtual: (target: bigint, source: bigint) => {
    if (isTakenBack && source >= Frames && source < FramesAgain) throw new Error('a frame is read that was taken back')
    if (target >= Room && source >= Frames) passed.push(Number(source) - HeaderBytes)
  },
  copyToVirtual: () => {},
  zero: () => { isTakenBack = true },
})
const frame = (of: number, index: number) => of + index * FrameBytes

const disks: Options['hw'] = (host, processor) => ({
  ...hardware(host, processor),
  gateStatus: () => 0,
  enter: () => {
    const tags = processor.exports.completed()
    for (let tag = 0; tag < 32; tag++) if (tags >>> tag & 1) ended.push(tag)
    return 0n
  },
})

type Scenario = Pick<Options, 'setUp' | 'programs' | 'hw' | 'check'>

const scenarios: Record<string, Scenario> = {
  'frames that a machine sends are passed on, each once': {
    setUp: ['setUpNetwork'], programs: [['passFrames'], ['sendFrames', 3]], hw: network,
    check: ({ processors: [first, second] }) => {
      expect([second.finished, Boolean(second.exports.isWanted()), first.exports.framesDone(), first.exports.framesTaken()]).toEqual([true, false, 3, 0])
      expect(passed).toEqual([0, 1, 2].map(index => frame(Frames, index)))
    },
  },
  'frames that were taken back are let be, and those that come after them are passed on': {
    setUp: ['setUpNetwork'], programs: [['passFrames'], ['takeFramesBack']], hw: network,
    check: ({ processors: [first, second] }) => {
      expect([second.finished, first.exports.framesDone(), first.exports.framesTaken()]).toEqual([true, 2, 0])
      expect(passed.filter(from => from >= FramesAgain)).toEqual([0, 1].map(index => frame(FramesAgain, index)))
    },
  },
  'what a machine asks of its disk is done, each once, and it is told': {
    setUp: ['setUpDisks'], programs: [['serve'], ['ask', 3]], hw: disks,
    check: ({ processors: [first, second] }) => {
      expect([second.finished, Boolean(second.exports.isWanted()), Boolean(first.exports.isBusy()), ended.sort()]).toEqual([true, false, false, [0, 1, 2]])
    },
  },
}

function explore(module: WebAssembly.Module, name: string): Host {
  const host = new Host(module, {
    processors: 2, bound: BOUND, late: true, shared: regions,
    start: () => {
      passed = []
      ended = []
      isTakenBack = false
    },
    ...scenarios[name],
  })
  host.explore()
  return host
}

describe('in every order', () => {
  test.each(Object.keys(scenarios))('%s', name => {
    const host = explore(code, name)
    expect(host.runs).toBeGreaterThan(20)
    const { exports } = host.processors[0]
    const surprising = host.unordered().filter(({ address }) => !exports.isUnordered(address))
    expect(surprising.map(({ address, by }) => `${address.toString(16)} in ${by}`)).toEqual([])
  }, 600_000)
})

describe('it is found when', () => {
  const Frames = 'kernel/network/frames.ts', Net = 'kernel/capability/net.ts', Disk = 'kernel/capability/disk.ts', Requests = 'kernel/device/requests.ts'
  const [once, back, disk] = Object.keys(scenarios)
  const mutations: [string, string, Mutation][] = [
    ['a port is called for before its frames are offered', once, { file: Net, from: "  hw.publish32(changetype<usize>(ring) + offsetof<Ring>('offered'), until)\n  if (number == NetRing.Send) call(offering, numberOf(subject, index))", to: "  if (number == NetRing.Send) call(offering, numberOf(subject, index))\n  hw.publish32(changetype<usize>(ring) + offsetof<Ring>('offered'), until)" }],
    ['the first processor is not called upon for frames', once, { file: 'kernel/cpu/kick.ts', from: '  else callUpon(0)\n', to: '' }],
    ['a ring is taken back while its frames are copied', back, { file: Net, from: '  acquire(networkLock())\n  withdraw(portAt(numberOf(subject, index)), number)\n  release(networkLock())\n}', to: '  withdraw(portAt(numberOf(subject, index)), number)\n}' }],
    ['frames that were taken back count as passed on', back, { file: Frames, from: '    if (ring.epoch != frame.epoch) continue\n', to: '' }],
    ['frames that were taken back are passed on', back, { file: Frames, from: 'sent.epoch != frame.epoch || ', to: '' }],
    ['the first processor is not called upon for requests', disk, { file: 'kernel/cpu/kick.ts', from: '  else callUpon(0)\n', to: '' }],
    ['a guest stands still for what another processor is to do', disk, { file: 'kernel/cpu/kick.ts', from: 'if (thisCpu == 0) requestService()\n  else callUpon(0)', to: 'requestService()\n  callUpon(0)' }],
    ['it is called upon before it can see them', disk, { file: Disk, from: '  hw.or64(changetype<usize>(board), <u64>1 << slot)\n  callFor(diskVms(), vm.index)', to: '  callFor(diskVms(), vm.index)\n  hw.or64(changetype<usize>(board), <u64>1 << slot)' }],
    ['what is asked meanwhile is forgotten', disk, { file: Requests, from: 'hw.exchange64(changetype<usize>(boardOf(vm)), 0); asked != 0; asked &= asked - 1) {', to: 'boardOf(vm).asked; asked != 0; asked &= asked - 1) {\n      boardOf(vm).asked = 0' }],
  ]
  test.each(mutations)('%s', async (_, name, mutation) => {
    const changed = await compile(mutation, Entry)
    expect(() => explore(changed, name)).toThrow(Found)
  }, 600_000)
})
