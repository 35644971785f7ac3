/**
 * Memory that a guest gives back by its balloon, and takes again: what the host does for that. The guest says so as Linux's driver does, a MiB at a time, and waits for each; what it executes
 * itself is taken off. It waits in loops, so that nothing sleeps. VIRTIO 1.2, 5.5.
 */
import { disableInterrupts, enableInterrupts, linear, load64, out16, readTsc, setGate, store16, store64, writeMsr } from '../platform/hw'
import { enableApic, hasTscDeadline, TscDeadline } from '../platform/localapic'
import { median, setSample } from '../platform/samples'
import { flush, print, printField, printLine } from '../platform/serial'
import { agree, findVirtio, portOf, prepareQueue, sendMessages, startQueue, Version1 } from '../platform/virtio'
import { InstructionsOfHandler, InstructionsOfLook, lookFor, taken, timedHandler } from './code'
import { prepareDeadline, Vector } from './kinds'

@inline const BalloonDevice: u32 = 5
@inline const MustTellHost: u64 = 1 << 0
const Inflate: u32 = 0
const Deflate: u32 = 1

/** What is given: 64 MiB from 64 MiB on. */
const FirstPage: u32 = 0x4000
const PagesOfChain: u32 = 256
const Chains: u32 = 64
const BlockBytes: u64 = 2 << 20
const Blocks: u32 = 32
const PageShift: u64 = 12

/** TSC ticks after which all has gone: it goes 20 ms after it was given. */
const Patience: u64 = 200_000_000
const WarmUp: u32 = 1
const Rounds: u32 = 5

const RingBytes: u32 = 2048
const rings: usize = memory.data(2 * RingBytes, 4096)
const pages: usize = memory.data(Chains * PagesOfChain * 4, 4096)
const ports: usize = memory.data(2 * 4, 4)
const given: usize = memory.data(Rounds * 8, 8)
const takenAgain: usize = memory.data(Rounds * 8, 8)

@inline function descriptors(queue: u32): u64 { return linear(rings) + queue * RingBytes }
@inline function driver(queue: u32): u64 { return descriptors(queue) + Chains * 16 }
@inline function device(queue: u32): u64 { return driver(queue) + 8 + Chains * 2 }
@inline function block(index: u32): u64 { return (<u64>FirstPage << PageShift) + index * BlockBytes }

let offered: u32 = 0 // chains, of each queue
let kept: u32 = 0

/** Prints `bench balloon give=N take=N kept=N` for 64 MiB: medians, and how many blocks of 2 MiB never went. */
export function measureBalloon(overhead: u64): void {
  enableApic()
  setGate(Vector.Disk, timedHandler())
  setGate(Vector.Timer, timedHandler())
  if (!hasTscDeadline() || !start()) return printLine('bench balloon skip: there is no balloon, or no timer')
  prepareDeadline()
  enableInterrupts()
  for (let round: u32 = 0; round < WarmUp; round++) once(overhead, round)
  for (let round: u32 = 0; round < Rounds; round++) once(overhead, round)
  print('bench balloon')
  printField('give', median(given, Rounds))
  printField('take', median(takenAgain, Rounds))
  printField('kept', kept)
  printLine('')
  flush()
  disableInterrupts()
}

function start(): bool {
  if (!findVirtio(BalloonDevice) || !agree(Version1 | MustTellHost)) return false
  for (let page: u32 = 0; page < Chains * PagesOfChain; page++) store<u32>(pages + (<usize>page << 2), FirstPage + page)
  for (let queue = Inflate; queue <= Deflate; queue++) {
    for (let chain: u32 = 0; chain < Chains; chain++) {
      store64(descriptors(queue) + (<u64>chain << 4), linear(pages) + chain * PagesOfChain * 4)
      store64(descriptors(queue) + (<u64>chain << 4) + 8, PagesOfChain * 4)
      store16(driver(queue) + 4 + (chain << 1), chain)
    }
    store<u32>(ports + (<usize>queue << 2), portOf(queue))
  }
  sendMessages(true, Vector.Disk, false)
  return prepareQueue(Deflate, Chains, descriptors(Deflate), driver(Deflate), device(Deflate)) && startQueue(Chains, descriptors(Inflate), driver(Inflate), device(Inflate))
}

function once(overhead: u64, round: u32): void {
  for (let index: u32 = 0; index < Blocks; index++) store64(block(index), index + 1)
  const gives = name(Inflate, overhead) + rest(overhead)
  const takes = name(Deflate, overhead)
  offered += Chains
  setSample(given, round, gives)
  setSample(takenAgain, round, takes)
  // What went has come back zeroed.
  for (let index: u32 = 0; index < Blocks; index++) if (load64(block(index)) != 0) kept++
}

/** Names all pages to a queue, and waits each time until the device has done with them: the host's instructions. */
function name(queue: u32, overhead: u64): u64 {
  let ticks: u64 = 0
  for (let chain: u32 = 1; chain <= Chains; chain++) {
    const before = load64(taken())
    store16(driver(queue) + 2, offered + chain)
    const begin = readTsc()
    out16(<u16>load<u32>(ports + (<usize>queue << 2)), queue)
    const looks = lookFor(device(queue) + 2, (offered + chain) & 0xFFFF)
    ticks += readTsc() - begin - overhead - looks * InstructionsOfLook - (load64(taken()) - before) * InstructionsOfHandler
  }
  return ticks
}

/** Waits until all has gone: the host's instructions meanwhile. */
function rest(overhead: u64): u64 {
  const before = load64(taken())
  const begin = readTsc()
  writeMsr(TscDeadline, begin + Patience)
  const looks = lookFor(taken(), <u32>(before + 1) & 0xFFFF)
  return readTsc() - begin - overhead - looks * InstructionsOfLook - InstructionsOfHandler
}
