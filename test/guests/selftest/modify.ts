/** Code that is changed after it ran, where a hypervisor may have kept what it read of it. Intel SDM vol. 3, 8.1.3. */
import { load32, readControl, writeControl } from '../platform/hw'
import { registers } from '../platform/registers'
import { equal, subject } from './report'
import { assemble, fresh, Mode, modeName, run, runAt } from './run'
import { buildTables, Kind, setLeaf, target, TestPage } from './tables'

/** CPUID, then NOPs in its place, over and over; then instructions on a device that differ in one byte. */
function testInPlace(): void {
  subject('code changed in place')
  for (let mode = Mode.Long; mode <= Mode.Real; mode++) {
    let wrong: u32 = 0
    for (let round: u32 = 0; round < 8; round++) {
      registers.rax = 0x40000000
      registers.rcx = 0
      run(mode, 0, round & 1 ? '90 90' : '0F A2')
      if ((u32(registers.rax) == 0x40000000) != ((round & 1) == 1)) wrong++
    }
    equal(modeName(mode, false), wrong, 0)
  }
  let wrong: u32 = 0
  for (let round: u32 = 0; round < 16; round++) {
    registers.rsi = 0xFED00000
    registers.rax = 0
    registers.rdx = 0
    run(Mode.Long, 0, round & 1 ? '8B 16' : '8B 06') // MOV EDX, EAX from a device
    const value = load32(0xFED00000)
    if (registers.rax != (round & 1 ? 0 : value) || registers.rdx != (round & 1 ? value : 0)) wrong++
  }
  equal('  an instruction on a device', wrong, 0)
}

/** The code changes itself: MOV BYTE [RIP + 1], A2h makes CPUID of what follows. */
function testItself(): void {
  subject('code that changes itself')
  registers.rax = 0x40000000
  registers.rcx = 0
  run(Mode.Long, 0, 'C6 05 01 00 00 00 A2 0F 0B') // the byte after 0Fh
  equal('  the next instruction', u32(registers.rax) != 0x40000000 ? 1 : 0, 1)
}

/** The same linear address leads to other code when the page tables change. */
function testRemapped(): void {
  subject('code remapped')
  const root = buildTables(Kind.FourLevel)
  assemble(target(0), '8B 06 CD 31') // MOV EAX from a device
  assemble(target(1), '8B 16 CD 31') // MOV EDX
  const usual = readControl(3)
  let wrong: u32 = 0
  const value = load32(0xFED00000)
  for (let round: u32 = 0; round < 8; round++) {
    setLeaf(target(round & 1) | 7)
    writeControl(3, root)
    registers.rsi = 0x40500000
    registers.rax = 0
    registers.rdx = 0
    runAt(Mode.Long, 0, TestPage, 0)
    writeControl(3, usual)
    if (registers.rax != (round & 1 ? 0 : value) || registers.rdx != (round & 1 ? value : 0)) wrong++
  }
  equal('  an instruction on a device', wrong, 0)
}

export function testModified(): void {
  fresh()
  testInPlace()
  testItself()
  testRemapped()
}
