/** The permission maps, read as the manuals say the processors read them. APM vol. 2, 15.10.1 and 15.11; SDM vol. 3, 25.6.4 and 25.6.9. */
import { beforeAll, describe, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

const MAPS = 0x12_3000
const memory = Buffer.alloc(12288 + 8192 + 4096, 0)
let exports: Record<string, (hpa: bigint) => bigint>

beforeAll(async () => {
  const at = (hpa: bigint) => Number(hpa) - MAPS
  exports = (await instantiate('test/kernel/permission.entry.ts', {
    imports: { hw: {
      store64: (hpa: bigint, value: bigint) => memory.writeBigInt64LE(BigInt.asIntN(64, value), at(hpa)),
      load8: (hpa: bigint) => memory.readUInt8(at(hpa)),
      store8: (hpa: bigint, value: number) => memory.writeUInt8(value & 0xFF, at(hpa)),
    } },
  })).exports
})

const bit = (index: number): boolean => (memory[index >> 3] >> (index & 7) & 1) === 1

/** Reads and writes, where a vendor's map has them. */
const vendors = [{
  name: 'AMD', fill: 'fillAmd', portBytes: 12288, bytes: 12288 + 8192, ranges: [0, 0xC000_0000, 0xC001_0000],
  // Two bits for an MSR: read, write. Table 15-9 gives the ranges' places.
  intercepted(msr: number): boolean[] {
    const [first, offset] = [[0x0000_0000, 0x0000], [0xC000_0000, 0x0800], [0xC001_0000, 0x1000]].find(([first]) => msr >= first && msr < first + 0x2000)!
    const index = (12288 + offset) * 8 + (msr - first) * 2
    return [bit(index), bit(index + 1)]
  },
}, {
  name: 'Intel', fill: 'fillIntel', portBytes: 8192, bytes: 8192 + 2 * 4096, ranges: [0, 0xC000_0000],
  // A bit for an MSR in each of four maps of 1 KiB: reads of low and high MSRs, then writes.
  intercepted(msr: number): boolean[] {
    const index = (8192 + (msr >= 0xC000_0000 ? 0x400 : 0)) * 8 + (msr & 0x1FFF)
    return [bit(index), bit(index + 0x800 * 8)]
  },
}]

// What VMRUN, VMLOAD and VMSAVE switch (APM 15.5.1 and 15.5.2), and what a VMCS or vmx/intel/state.ts does.
const open = [0x174, 0x175, 0x176, 0xC000_0081, 0xC000_0082, 0xC000_0083, 0xC000_0084, 0xC000_0100, 0xC000_0101, 0xC000_0102]

describe.each(vendors)('$name', ({ fill, portBytes, bytes, ranges, intercepted }) => {
  beforeAll(() => {
    memory.fill(0)
    expect(exports[fill](BigInt(MAPS))).toBe(BigInt(bytes))
  })
  test('MSRs that are switched with the guest are its own', () => {
    for (const msr of open) expect(intercepted(msr), msr.toString(16)).toEqual([false, false])
  })
  test('all other MSRs are intercepted, both ways', () => {
    for (const first of ranges) {
      for (let msr = first; msr < first + 0x2000; msr++) if (!open.includes(msr) && !intercepted(msr).every(Boolean)) expect(msr.toString(16)).toBe('intercepted')
    }
  })
  test('all ports are intercepted, the bits beyond the last for wide accesses too', () => {
    expect(memory.subarray(0, portBytes).every(byte => byte === 0xFF)).toBe(true)
  })
  test('nothing is written beyond the maps', () => {
    expect(memory.subarray(bytes).every(byte => byte === 0)).toBe(true)
  })
})

test('where Intel hardware virtualizes an x2APIC it has its registers, and no others: SDM vol. 3, 30.5', () => {
  memory.fill(0)
  exports.fillIntel(BigInt(MAPS))
  const passes = (msr: number, write: boolean): boolean => !bit((8192 + 4096 + (write ? 0x800 : 0)) * 8 + msr)
  const passed = (write: boolean): string[] => Array.from({ length: 0x100 }, (_, i) => 0x800 + i).filter(msr => passes(msr, write)).map(msr => msr.toString(16))
  expect(passed(true)).toEqual(['808', '80b', '83f'])
  // Not EOI and SELF IPI, which are write-only, nor the current count and the command.
  const read = passed(false)
  for (const msr of ['80b', '83f', '839', '830', '801', '80e', '829', '831']) expect(read).not.toContain(msr)
  for (const msr of ['802', '808', '80d', '80f', '810', '827', '828', '832', '838', '83e']) expect(read).toContain(msr)
})
