/** Kernels that the loader's tests build byte by byte from the specifications, independently of the code under test. */

/** Writes numbers and bytes at offsets, growing as needed. */
export class Bytes {
  private data = Buffer.alloc(0)
  private room(end: number): void {
    if (end > this.data.length) this.data = Buffer.concat([this.data, Buffer.alloc(end - this.data.length)])
  }
  u8(offset: number, value: number): this { this.room(offset + 1); this.data.writeUInt8(value, offset); return this }
  u16(offset: number, value: number): this { this.room(offset + 2); this.data.writeUInt16LE(value, offset); return this }
  u32(offset: number, value: number): this { this.room(offset + 4); this.data.writeUInt32LE(value >>> 0, offset); return this }
  u64(offset: number, value: number | bigint): this { this.room(offset + 8); this.data.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), offset); return this }
  bytes(offset: number, value: Uint8Array | string): this {
    const source = Buffer.from(value as Uint8Array)
    this.room(offset + source.length)
    source.copy(this.data, offset)
    return this
  }
  length(end: number): this { this.room(end); return this }
  get size(): number { return this.data.length }
  get buffer(): Buffer { return this.data }
}

/** Bytes that say where they are from, so that a test sees what was copied where. */
export function pattern(length: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, i) => (seed + i * 7 + (i >> 8)) & 0xff))
}

export interface BzImage {
  version?: number
  setupSects?: number
  code?: Buffer
  loadflags?: number
  code32Start?: number
  initrdAddrMax?: number
  alignment?: number
  relocatable?: boolean
  minAlignment?: number
  xloadflags?: number
  cmdlineSize?: number
  prefAddress?: number
  initSize?: number
  headerEnd?: number
  syssize?: number
}

/** A bzImage after Documentation/arch/x86/boot.rst; the defaults are those of a 64-bit relocatable Linux 6. */
export function bzImage(options: BzImage = {}): Buffer {
  const code = options.code ?? pattern(0x3000, 0x11)
  const setupSects = options.setupSects ?? 3
  const codeOffset = ((setupSects || 4) + 1) * 512
  return new Bytes()
    .u8(0x1f1, setupSects)
    .u32(0x1f4, options.syssize ?? Math.ceil(code.length / 16))
    .u16(0x1fe, 0xaa55)
    .u8(0x200, 0xeb)
    .u8(0x201, (options.headerEnd ?? 0x26c) - 0x202)
    .bytes(0x202, 'HdrS')
    .u16(0x206, options.version ?? 0x20f)
    .u8(0x211, options.loadflags ?? 1)
    .u32(0x214, options.code32Start ?? 0x100000)
    .u32(0x22c, options.initrdAddrMax ?? 0x7fffffff)
    .u32(0x230, options.alignment ?? 0x200000)
    .u8(0x234, Number(options.relocatable ?? true))
    .u8(0x235, options.minAlignment ?? 21)
    .u16(0x236, options.xloadflags ?? 3)
    .u32(0x238, options.cmdlineSize ?? 2047)
    .u64(0x258, options.prefAddress ?? 0x1000000)
    .u32(0x260, options.initSize ?? 0x800000)
    .bytes(codeOffset, code)
    .buffer
}

export interface Segment {
  type?: number
  offset?: number // default: after everything before it
  vaddr?: number | bigint
  paddr: number
  data?: Uint8Array
  filesz?: number
  memsz?: number
  align?: number
}

export interface Section {
  type: number
  flags?: number
  addr?: number
  data: Uint8Array
}

export interface Elf {
  bits?: 32 | 64
  entry?: number | bigint
  machine?: number
  type?: number
  segments: Segment[]
  sections?: Section[]
}

/** An ELF executable after the System V ABI; segment data starts at file offset 1000h. */
export function elf(options: Elf): Buffer {
  const is64 = (options.bits ?? 32) === 64
  const file = new Bytes()
  const headerBytes = is64 ? 64 : 52
  const phentsize = is64 ? 56 : 32
  const shentsize = is64 ? 64 : 40
  file.bytes(0, '\x7fELF').u8(4, is64 ? 2 : 1).u8(5, 1).u8(6, 1).length(headerBytes)
  file.u16(16, options.type ?? 2).u16(18, options.machine ?? (is64 ? 62 : 3)).u32(20, 1)
  let end = 0x1000
  options.segments.forEach((segment, i) => {
    const at = headerBytes + i * phentsize
    const data = segment.data ?? new Uint8Array(0)
    const offset = segment.offset ?? end
    file.bytes(offset, data)
    end = Math.max(end, offset + data.length)
    const vaddr = segment.vaddr ?? segment.paddr
    const filesz = segment.filesz ?? data.length
    const memsz = segment.memsz ?? filesz
    if (is64) file.u32(at, segment.type ?? 1).u32(at + 4, 7).u64(at + 8, offset).u64(at + 16, vaddr).u64(at + 24, segment.paddr).u64(at + 32, filesz).u64(at + 40, memsz).u64(at + 48, segment.align ?? 4)
    else file.u32(at, segment.type ?? 1).u32(at + 4, offset).u32(at + 8, Number(vaddr)).u32(at + 12, segment.paddr).u32(at + 16, filesz).u32(at + 20, memsz).u32(at + 24, 7).u32(at + 28, segment.align ?? 4)
  })
  const sections = options.sections ?? []
  const placed = sections.map((section) => {
    const offset = end
    file.bytes(offset, section.data)
    end += section.data.length
    return offset
  })
  const shoff = sections.length ? (end + 15) & ~15 : 0
  sections.forEach((section, i) => {
    const at = shoff + i * shentsize
    if (is64) file.u32(at, i).u32(at + 4, section.type).u64(at + 8, section.flags ?? 0).u64(at + 16, section.addr ?? 0).u64(at + 24, placed[i]!).u64(at + 32, section.data.length).length(at + 64)
    else file.u32(at, i).u32(at + 4, section.type).u32(at + 8, section.flags ?? 0).u32(at + 12, section.addr ?? 0).u32(at + 16, placed[i]!).u32(at + 20, section.data.length).length(at + 40)
  })
  const entry = options.entry ?? options.segments[0]!.paddr
  if (is64) file.u64(24, entry).u64(32, headerBytes).u64(40, shoff).u16(52, 64).u16(54, phentsize).u16(56, options.segments.length).u16(58, shentsize).u16(60, sections.length).u16(62, Math.max(sections.length - 1, 0))
  else file.u32(24, Number(entry)).u32(28, headerBytes).u32(32, shoff).u16(40, 52).u16(42, phentsize).u16(44, options.segments.length).u16(46, shentsize).u16(48, sections.length).u16(50, Math.max(sections.length - 1, 0))
  return file.buffer
}

/** A Multiboot 1 header; `addresses` are header_addr, load_addr, load_end_addr, bss_end_addr, entry_addr. */
export function multibootHeader(flags: number, addresses: number[] = []): Buffer {
  const header = new Bytes().u32(0, 0x1badb002).u32(4, flags).u32(8, -(0x1badb002 + flags))
  addresses.forEach((address, i) => header.u32(12 + i * 4, address))
  return header.buffer
}

export interface Tag {
  type: number
  flags?: number
  words?: number[]
  size?: number
}

/** A Multiboot 2 header with these tags and the end tag. */
export function multiboot2Header(tags: Tag[], options: { architecture?: number, length?: number, end?: boolean } = {}): Buffer {
  const header = new Bytes().length(16)
  let at = 16
  for (const tag of [...tags, ...(options.end === false ? [] : [{ type: 0 } as Tag])]) {
    const words = tag.words ?? []
    header.u16(at, tag.type).u16(at + 2, tag.flags ?? 0).u32(at + 4, tag.size ?? 8 + words.length * 4)
    words.forEach((word, i) => header.u32(at + 8 + i * 4, word))
    at = (at + 8 + words.length * 4 + 7) & ~7
  }
  const length = options.length ?? at
  const architecture = options.architecture ?? 0
  return header.length(at).u32(0, 0xe85250d6).u32(4, architecture).u32(8, length).u32(12, -(0xe85250d6 + architecture + length)).buffer
}

/** An ELF note. */
export function note(name: string, type: number, descriptor: Uint8Array): Buffer {
  const nameBytes = name.length + 1
  const offset = 12 + ((nameBytes + 3) & ~3)
  return new Bytes().u32(0, nameBytes).u32(4, descriptor.length).u32(8, type).bytes(12, name).bytes(offset, descriptor).length(offset + ((descriptor.length + 3) & ~3)).buffer
}

/** The note that names the PVH entry point, with a descriptor of 4 or 8 bytes. */
export function pvhNote(entry: number, width: 4 | 8 = 4): Buffer {
  return note('Xen', 18, new Bytes().u64(0, entry).buffer.subarray(0, width))
}
