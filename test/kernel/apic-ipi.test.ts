/** Interrupt commands, and the messages of devices. Intel SDM vol. 3, 11.6 and 11.11. */
import { beforeEach, describe, expect, it } from 'vitest'
import { Tpr, Ldr, Dfr, Svr, Tmr, Esr, IcrLow, IcrHigh, None, Evaluate, Ipi, Nmi, Init, Startup, a, read, write, enable, useApic } from './apic'

useApic()

describe('IPIs (11.6)', () => {
  const Fixed = 0, Lowest = 1 << 8, NmiMode = 4 << 8, InitMode = 5 << 8, StartupMode = 6 << 8
  const Logical = 1 << 11, Assert = 1 << 14, Level = 1 << 15, Self = 1 << 18, All = 2 << 18, Others = 3 << 18
  const send = (low: number, destination = 0, index = 0) => {
    write(IcrHigh, destination << 24, 0n, index)
    return write(IcrLow, low, 0n, index)
  }
  const targets = (index = 0) => Number(a.targets(8, index, a.command(index)))
  beforeEach(() => { for (let n = 0; n < 8; n++) enable(n) })

  it('to oneself need nobody', () => {
    expect(send(Self | 0x55)).toBe(Evaluate)
    expect(a.pending(0)).toBe(0x55)
    expect(send(Self | 3)).toBe(None)
    write(Esr, 0)
    expect(read(Esr)).toBe(1 << 6)
    expect(send(Self | NmiMode)).toBe(None) // reserved for self
  })

  it('shorthands', () => {
    expect(send(All | 0x40, 0, 2)).toBe(Ipi)
    expect(targets(2)).toBe(0xFF)
    expect(send(Others | 0x40, 0, 2)).toBe(Ipi)
    expect(targets(2)).toBe(0xFB)
  })

  it('physical destinations', () => {
    expect(send(Fixed | 0x40, 3)).toBe(Ipi)
    expect(targets()).toBe(1 << 3)
    send(Fixed | 0x40, 0xFF)
    expect(targets()).toBe(0xFF)
    send(Fixed | 0x40, 9)
    expect(targets()).toBe(0)
    a.writeBase(3, 0xFEE0_0000n) // a disabled APIC hears nothing
    send(Fixed | 0x40, 3)
    expect(targets()).toBe(0)
  })

  it('logical destinations, flat', () => {
    for (let n = 0; n < 8; n++) write(Ldr, 1 << (24 + n), 0n, n)
    send(Logical | 0x40, 0b1010_0001)
    expect(targets()).toBe(0b1010_0001)
  })

  it('logical destinations, cluster', () => {
    for (let n = 0; n < 8; n++) {
      write(Dfr, 0x0FFF_FFFF, 0n, n)
      write(Ldr, (n >> 2 << 4 | 1 << (n & 3)) << 24, 0n, n)
    }
    send(Logical | 0x40, 0x15) // cluster 1, members 0 and 2
    expect(targets()).toBe(0b0101_0000)
    send(Logical | 0x40, 0xF2) // member 1 of every cluster
    expect(targets()).toBe(0b0010_0010)
    send(Logical | 0x40, 0x2F)
    expect(targets()).toBe(0)
  })

  it('lowest priority goes to the one whose priority is lowest', () => {
    for (let n = 0; n < 8; n++) write(Tpr, 0x80 - n * 0x10, 0n, n)
    a.writeBase(7, 0xFEE0_0000n)
    write(Svr, 0xFF, 0n, 6)
    send(Lowest | 0x40, 0xFF)
    expect(targets()).toBe(1 << 5)
    send(Lowest | 0x40, 2)
    expect(targets()).toBe(1 << 2)
  })

  it('modes', () => {
    send(NmiMode, 1)
    expect(a.deliver(1, a.command(0))).toBe(Nmi)
    expect(send(InitMode | Assert | Level, 1)).toBe(Ipi)
    expect(a.deliver(1, a.command(0))).toBe(Init)
    expect(send(InitMode | Level, 1)).toBe(None) // level de-assert
    send(StartupMode | 0x9A, 1)
    const action = a.deliver(1, a.command(0))
    expect([action & Startup, a.vectorOf(action)]).toEqual([Startup, 0x9A])
    for (const mode of [3, 7]) expect(send(mode << 8 | 0x40, 1)).toBe(None)
    send(Fixed | Level | Assert | 0x40, 1)
    expect(a.deliver(1, a.command(0))).toBe(Evaluate)
    expect(read(Tmr + 0x20, 0n, 1)).toBe(0) // IPIs are edge-triggered
    expect(send(Fixed | 0x0F, 1)).toBe(None)
    write(Esr, 0)
    expect(read(Esr)).toBe(1 << 5)
    expect(read(IcrLow) & 1 << 12).toBe(0)
  })

  it('messages of devices (11.11)', () => {
    const route = (address: bigint, data: number) => Number(a.targets(8, -1, a.messageCommand(address, data)))
    expect(route(0xFEE0_5000n, 0x4041)).toBe(1 << 5)
    expect(route(0xFEEF_F000n, 0x4041)).toBe(0xFF)
    for (let n = 0; n < 8; n++) write(Ldr, 1 << (24 + n), 0n, n)
    expect(route(0xFEE0_600Cn, 0x4141)).toBe(1 << 1) // logical, lowest priority
    expect(route(0xFEE0_6004n, 0x4041)).toBe(0b110)
    expect(a.deliver(2, a.messageCommand(0xFEE0_2000n, 0xC041))).toBe(Evaluate)
    expect(read(Tmr + 0x20, 0n, 2)).toBe(2) // level
    expect(a.deliver(2, a.messageCommand(0xFEE0_2000n, 0x4400))).toBe(Nmi)
  })
})
