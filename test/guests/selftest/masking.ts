/** Interrupts held back and let through: STI's shadow, IRET and POPF, NMIs, levels, in every mode. Intel SDM vol. 3, 6.8 and 6.7.1. */
import { disableInterrupts, NoFault } from '../platform/hw'
import { maskAllPins, readIoApic, writeIoApic } from '../platform/ioapic'
import { isaInterrupt } from '../platform/acpi'
import { Apic, DeliverNmi, enableApic, endOfInterrupt, hasApic, readApic, sendSelf } from '../platform/localapic'
import { startPit } from '../platform/pit'
import { registers } from '../platform/registers'
import { acknowledge, acknowledgeOnly, deepestNmi, forget, listen, nestNmi, taken, Vector, waitFor } from './interrupts'
import { equal, holds, skip, subject } from './report'
import { fresh, Mode, modeName, run, World } from './run'

@inline const Hpet: u64 = 0xFED00000
const LegacyVector: u32 = 0x22 // one that legacy modes' tables have

/** With an interrupt waiting, the code runs in ring 0; how often the interrupt was taken. */
function takenIn(bytes: string): u32 {
  forget()
  sendSelf(Vector.Ipi)
  registers.rdx = 0x3FF
  registers.rsi = Hpet
  registers.rcx = 0x10
  run(Mode.Long, 0, bytes)
  const count = taken(Vector.Ipi)
  waitFor(Vector.Ipi, 1, 10000)
  return count
}

function testShadow(): void {
  subject('interrupt that waits')
  equal('  not between STI and CLI', takenIn('FB FA'), 0)
  equal('  after STI and another instruction', takenIn('FB 90 FA'), 1)
  equal('  after STI and CPUID', takenIn('FB 0F A2 FA'), 1)
  equal('  after STI and IN', takenIn('FB EC FA'), 1)
  equal('  after STI and RDMSR', takenIn('FB 0F 32 FA'), 1)
  equal('  after STI and a load from a device', takenIn('FB 8B 06 FA'), 1)
  equal('  after STI and HLT', takenIn('FB F4 FA'), 1)
  equal('  after POPF', takenIn('68 02 02 00 00 9D FA'), 1)
  equal('  after STI when interrupts were on already', takenIn('FB FB FA'), 1)
  World.flags = 0x202
  equal('  after IRET', takenIn('FA'), 1)
  World.flags = 2
}

/** An interrupt in each mode, as its own table says. */
function testModes(): void {
  subject('interrupt taken')
  for (let mode = Mode.Protected32; mode < Mode.Count; mode++) {
    const ring: u32 = mode == Mode.Real ? 0 : 3
    sendSelf(LegacyVector)
    World.flags = 0x202
    equal(modeName(mode, false), run(mode, ring, '90'), LegacyVector)
    endOfInterrupt()
  }
  subject('interrupt held back')
  for (let mode = Mode.Protected32; mode < Mode.Count; mode++) {
    sendSelf(LegacyVector)
    World.flags = 2
    equal(modeName(mode, false), run(mode, mode == Mode.Real ? 0 : 3, '90'), NoFault)
    World.flags = 0x202
    run(mode, mode == Mode.Real ? 0 : 3, '90')
    endOfInterrupt()
  }
  World.flags = 2
}

function testNmi(): void {
  subject('NMI in the handler of another')
  forget()
  nestNmi(1)
  sendSelf(DeliverNmi)
  listen(1000)
  equal('  both came', taken(Vector.Nmi), 2)
  equal('  one after the other', deepestNmi(), 1)
  disableInterrupts()
}

/** The 8254's output in mode 0 goes up once and stays: a level that lasts. */
function testLevel(): void {
  maskAllPins()
  const pin = isaInterrupt(0)
  startPit(0, 50000) // 42 ms
  forget()
  subject('level-triggered interrupt')
  acknowledge(false)
  writeIoApic(0x11 + pin * 2, 0)
  writeIoApic(0x10 + pin * 2, Vector.IoApic | 1 << 15)
  startPit(0, 100)
  waitFor(Vector.IoApic, 1, 50000)
  listen(2000)
  equal('  once before its EOI', taken(Vector.IoApic), 1)
  equal('  remote IRR', readIoApic(0x10 + pin * 2) & 1 << 14, 1 << 14)
  holds('  TMR', (readApic(0x180 + (Vector.IoApic >> 5 << 4)) & 1 << (Vector.IoApic & 31)) != 0)
  acknowledgeOnly(3)
  endOfInterrupt()
  waitFor(Vector.IoApic, 5, 100000)
  listen(2000)
  equal('  again after each EOI', taken(Vector.IoApic), 5)
  maskAllPins()
  endOfInterrupt()
  acknowledge(true)
  listen(2000)
  forget()
  listen(2000)
  equal('  masked', taken(Vector.IoApic), 0)
  startPit(0, 1)
}

export function testMasking(): void {
  if (!hasApic()) return skip('masking', 'no local APIC')
  enableApic()
  fresh()
  testShadow()
  testModes()
  testNmi()
  testLevel()
  equal('nothing left in service', readApic(Apic.InService + 0x10) | readApic(Apic.InService + 0x20) | readApic(Apic.InService + 0x30), 0)
}
