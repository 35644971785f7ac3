/** Every import of a machine, asked for what it must not get. Where an import has no answer, that the host lives on is the test. */
import { arm, scale } from '../../capability/clock'
import { number, text } from '../../capability/config'
import * as file from '../../capability/file'
import { intr, message } from '../../capability/interrupt'
import { line } from '../../capability/log'
import * as ram from '../../capability/ram'
import { segment, state } from '../../capability/start'
import * as vcpu from '../../capability/vcpu'
import { badAddress, badLength, BadRanges, expectRefusal } from './pointers'

@external('env', 'abort') declare function lastWords(message: usize, file: usize, line: u32, column: u32): void

const All: u64 = u64.MAX_VALUE
const own: usize = memory.data(64)

/** Asks. */
export function askForEverything(): void {
  for (let n: u32 = 0; n < BadRanges; n++) askWith(badAddress(n), badLength(n))
  askForRam()
  askForFiles()
  expectRefusal(number(0xFFFF_FFFF) == 0)
  expectRefusal(text(0xFFFF_FFFF, own, 64) == 0)
  expectRefusal(scale(1, 1, 0) == All)
  expectRefusal(scale(All, All, 1) == All)
  expectRefusal(!state(own))
  segment(0xFFFF_FFFF, 0xFFFF, All, 0xFFFF_FFFF, 0xFFFF)
  message(All, 0xFFFF_FFFF)
  intr(false)
  arm(All - 1)
  askForVcpu()
}

function askWith(address: usize, length: u32): void {
  expectRefusal(!ram.copyOut(address, 0x1000, length))
  expectRefusal(!ram.copyIn(0x1000, address, length))
  expectRefusal(!file.read(file.BootFile.Kernel, 0, address, length))
  text(1, address, length)
  expectRefusal(!state(address))
  line(address, length)
  lastWords(address, address, length, length)
}

function askForRam(): void {
  const end = ram.size()
  expectRefusal(!ram.copyOut(own, end - 8, 16))
  expectRefusal(!ram.copyOut(own, All - 8, 16))
  expectRefusal(!ram.copyIn(end, own, 1))
  expectRefusal(!ram.copyIn(All, own, 64))
  expectRefusal(!ram.zero(end - 8, 16))
  expectRefusal(!ram.zero(1, All))
  expectRefusal(ram.read8(end) == 0xFF)
  expectRefusal(ram.read16(end - 1) >> 8 == 0xFF)
  expectRefusal(ram.read32(All >> 1) == 0xFFFF_FFFF)
  expectRefusal(ram.read64(end) == All)
  ram.write8(end, 0)
  ram.write16(end - 1, 0)
  ram.write32(All >> 1, 0)
  ram.write64(end, 0)
}

/** No vCPU is being served. */
function askForVcpu(): void {
  expectRefusal(!vcpu.registers(own))
  expectRefusal(!vcpu.setRegisters(own))
  expectRefusal(!vcpu.instruction(own))
  expectRefusal(vcpu.field(0x0C00) == 0)
  expectRefusal(!vcpu.locate(0, 8, 0, own))
  expectRefusal(vcpu.read(0, 8, own) == vcpu.Reach.Device)
  expectRefusal(vcpu.write(0, 8, All) == vcpu.Reach.Device)
  vcpu.port(0xFFFF_FFFF, 0xFFFF_FFFF)
  vcpu.segment(0xFFFF_FFFF, 0xFFFF, All, 0xFFFF_FFFF, 0xFFFF)
  vcpu.enter(0xFFFF_FFFF, true)
}

function askForFiles(): void {
  const bytes = file.size(file.BootFile.Kernel)
  expectRefusal(file.size(0xFFFF_FFFF) == 0)
  expectRefusal(!file.read(file.BootFile.Kernel, bytes, own, 1))
  expectRefusal(!file.read(file.BootFile.Kernel, All, own, 16))
  expectRefusal(!file.read(99, 0, own, 16))
  expectRefusal(!file.toRam(file.BootFile.Kernel, 0, ram.size() - 8, 16))
  expectRefusal(!file.toRam(file.BootFile.Kernel, 0, 0, All))
  expectRefusal(!file.toRam(file.BootFile.Kernel, bytes - 1, 0, 2))
}
