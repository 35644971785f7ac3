/** Physical memory that holds one pack, for tests of what reads it. A load outside the pack is a failure of the parser. */
import { instantiate, type Sandbox } from '../sandbox.ts'

/** A parser with a pack that can be exchanged. */
export interface PackMemory extends Sandbox {
  /** Puts bytes at `base`, in place of what was there. */
  place(bytes: Buffer): void
  /** Bytes that were placed. */
  length(): number
  /** Calls `openPack` on what was placed, telling it `size` bytes. */
  open(size?: number): number
}

/** Where the pack lies: above 4 GiB, so that an address cut to 32 bits is found out. */
export const BASE = 0x1_2345_6000n

/** Compiles the parser over a fake physical memory. */
export async function packMemory(): Promise<PackMemory> {
  let bytes: Buffer = Buffer.alloc(0)
  const at = (hpa: bigint, length: number) => {
    const offset = BigInt.asUintN(64, hpa) - BASE
    if (offset < 0n || offset + BigInt(length) > BigInt(bytes.length)) throw new Error(`read of ${length} bytes at ${offset} of a pack of ${bytes.length}`)
    return Number(offset)
  }
  const sandbox = await instantiate('test/kernel/pack.entry.ts', {
    imports: {
      hw: {
        load8: (hpa: bigint) => bytes.readUInt8(at(hpa, 1)),
        load32: (hpa: bigint) => bytes.readUInt32LE(at(hpa, 4)),
        load64: (hpa: bigint) => bytes.readBigUInt64LE(at(hpa, 8)),
        copyOut: (target: number, hpa: bigint, length: bigint) => {
          const offset = at(hpa, Number(length))
          new Uint8Array(sandbox.memory.buffer).set(bytes.subarray(offset, offset + Number(length)), target >>> 0)
        },
      },
    },
  })
  return {
    ...sandbox,
    place(placed) { bytes = placed },
    length() { return bytes.length },
    open(size = bytes.length) { return sandbox.exports.openPack(BASE, BigInt(size)) },
  }
}
