/** Physical memory for the firmware tests: sparse, all ones where nothing was put. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

export class PhysicalMemory {
  readonly bytes = new Map<number, number>()
  /** The highest address that was read, to prove that nothing unmapped is touched. */
  highest = 0

  put(address: number, data: Iterable<number>): number {
    for (const byte of data) this.bytes.set(address++, byte & 0xFF)
    return address
  }

  load(address: bigint, size: number): bigint {
    let value = 0n
    const at = Number(address)
    this.highest = Math.max(this.highest, at + size - 1)
    for (let index = size - 1; index >= 0; index--) value = value << 8n | BigInt(this.bytes.get(at + index) ?? 0xFF)
    return value
  }

  /** Sectors of 512 bytes, each after its address, as a real machine's memory was dumped. */
  static dump(path: string): PhysicalMemory {
    const memory = new PhysicalMemory()
    const data = gunzipSync(readFileSync(path))
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
