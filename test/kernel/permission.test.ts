/** The permission maps, read as the manual says the processor reads them. APM vol. 2, 15.10.1 and 15.11. */
import { beforeAll, describe, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

const MAPS = 0x12_3000
const memory = Buffer.alloc(12288 + 8192 + 4096, 0)

beforeAll(async () => {
  const at = (hpa: bigint) => Number(hpa) - MAPS
  const { exports } = await instantiate('test/kernel/permission.entry.ts', {
    imports: { hw: {
      store64: (hpa: bigint, value: bigint) => memory.writeBigInt64LE(BigInt.asIntN(64, value), at(hpa)),
      load8: (hpa: bigint) => memory.readUInt8(at(hpa)),
      store8: (hpa: bigint, value: number) => memory.writeUInt8(value & 0xFF, at(hpa)),
    } },
  })
  expect([exports.PortMapBytes.value, exports.MsrMapBytes.value]).toEqual([12288n, 8192n])
  exports.fillPermissionMaps(BigInt(MAPS))
})

/** Two bits for an MSR: read, write. Table 15-9 gives the ranges' places. */
function intercepted(msr: number): [boolean, boolean] {
  const ranges = [[0x0000_0000, 0x0000], [0xC000_0000, 0x0800], [0xC001_0000, 0x1000]]
  const [first, offset] = ranges.find(([first]) => msr >= first && msr < first + 0x2000)!
  const bit = (msr - first) * 2
  const byte = memory[12288 + offset + (bit >> 3)]
  return [(byte >> (bit & 7) & 1) === 1, (byte >> (bit & 7) + 1 & 1) === 1]
}

// What VMRUN, VMLOAD and VMSAVE switch: 15.5.1 and 15.5.2.
const open = [0x174, 0x175, 0x176, 0xC000_0081, 0xC000_0082, 0xC000_0083, 0xC000_0084, 0xC000_0100, 0xC000_0101, 0xC000_0102]

describe('MSRs', () => {
  test('that are switched with the guest are its own', () => {
    for (const msr of open) expect(intercepted(msr), msr.toString(16)).toEqual([false, false])
  })
  test('all others are intercepted, both ways', () => {
    for (const first of [0, 0xC000_0000, 0xC001_0000]) {
      for (let msr = first; msr < first + 0x2000; msr++) if (!open.includes(msr) && !intercepted(msr).every(Boolean)) expect(msr.toString(16)).toBe('intercepted')
    }
  })
})

describe('ports', () => {
  test('all are intercepted, the bits beyond the last for wide accesses too', () => {
    expect(memory.subarray(0, 12288).every(byte => byte === 0xFF)).toBe(true)
  })
  test('nothing is written beyond the maps', () => {
    expect(memory.subarray(12288 + 8192).every(byte => byte === 0)).toBe(true)
  })
})
