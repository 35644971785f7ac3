/** Physical memory for the firmware tests: sparse, all ones where nothing was put. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const PAGE = 4096

export class PhysicalMemory {
  readonly pages = new Map<number, Uint8Array>()
  /** Where something was put. */
  readonly addresses = new Set<number>()
  /** The highest address that the nucleus read, to prove that it touches nothing unmapped. */
  highest = 0

  put(address: number, data: Iterable<number>): number {
    for (const byte of data) {
      this.addresses.add(address)
      this.page(address)[address % PAGE] = byte
      address++
    }
    return address
  }

  /** The page that holds an address. */
  page(address: number): Uint8Array {
    const base = address - address % PAGE
    if (!this.pages.has(base)) this.pages.set(base, new Uint8Array(PAGE).fill(0xFF))
    return this.pages.get(base)!
  }

  byte(address: number): number { return this.page(address)[address % PAGE] }

  load(address: bigint, size: number): bigint {
    let value = 0n
    const at = Number(address)
    this.highest = Math.max(this.highest, at + size - 1)
    for (let index = size - 1; index >= 0; index--) value = value << 8n | BigInt(this.byte(at + index))
    return value
  }

  /** Sectors of 512 bytes, each after its address, as a real machine's memory was dumped. */
  static dump(name: string): PhysicalMemory {
    const memory = new PhysicalMemory()
    const data = gunzipSync(readFileSync(join(import.meta.dirname, 'firmware', `${name}.bin.gz`)))
    for (let at = 0; at < data.length; at += 516) memory.put(data.readUInt32LE(at), data.subarray(at + 4, at + 516))
    return memory
  }
}

export const u16 = (value: number) => [value, value >> 8]
export const u32 = (value: number) => [value, value >> 8, value >> 16, value >> 24]
export const u64 = (value: bigint) => [...u32(Number(value & 0xFFFF_FFFFn)), ...u32(Number(value >> 32n & 0xFFFF_FFFFn))]
export const text = (value: string) => [...Buffer.from(value, 'utf8')]

/** Makes the bytes add up to 0 modulo 256 by the byte at `at`. */
export function withChecksum(bytes: number[], at: number, length = bytes.length): number[] {
  bytes[at] = 0
  bytes[at] = -bytes.slice(0, length).reduce((sum, byte) => sum + (byte & 0xFF), 0) & 0xFF
  return bytes
}

/** An ACPI table: header (ACPI 6.5, 5.2.6) and body. */
export function table(signature: string, body: number[], length = 36 + body.length): number[] {
  return withChecksum([...text(signature), ...u32(length), 1, 0, ...text('TYPERVTESTTABL'), ...u32(1), ...text('TEST'), ...u32(1), ...body], 9)
}

/** ACPI 1.0's RSDP, or 2.0's when `xsdt` is given (5.2.5.3). */
export function rsdp(rsdt: number, xsdt?: bigint): number[] {
  const old = withChecksum([...text('RSD PTR '), 0, ...text('TYPERV'), xsdt === undefined ? 0 : 2, ...u32(rsdt)], 8)
  return xsdt === undefined ? old : withChecksum([...old, ...u32(36), ...u64(xsdt), 0, 0, 0, 0], 32)
}

/** A Multiboot 1 structure of 116 bytes with the given 32-bit fields. */
export function information1(fields: Record<number, number>): number[] {
  const bytes = new Array(116).fill(0)
  for (const [at, value] of Object.entries(fields)) u32(value).forEach((byte, n) => { bytes[Number(at) + n] = byte })
  return bytes
}

/** A Multiboot 2 structure of these tags; each is padded to 8 bytes. */
export function information2(...tags: [number, number[]][]): number[] {
  const bytes = [...tags, [0, []] as [number, number[]]].flatMap(([type, body]) => {
    const tag = [...u32(type), ...u32(8 + body.length), ...body]
    return [...tag, ...new Array(-tag.length & 7).fill(0)]
  })
  return [...u32(bytes.length + 8), ...u32(0), ...bytes]
}

/** xorshift32. */
export function generator(seed: number): () => number {
  let x = seed
  return () => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return x >>> 0
  }
}
