/** The nucleus's reading of packs, against docs/pack-format.md: layouts, every rule, and hostile bytes. */
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { buildPack, seal, type BuiltPack, type PackImage } from './pack-image.ts'
import { BASE, packMemory, type PackMemory } from './pack-memory.ts'

let memory: PackMemory
let call: Record<string, any>
beforeAll(async () => {
  memory = await packMemory()
  call = memory.exports
})

/** Statuses by the number that kernel/config/status.ts gives them. */
const Ok = 0, TooShort = 1, WrongMagic = 2, WrongVersion = 3, WrongSize = 4, WrongChecksum = 5, TooMany = 6, ReservedSet = 7, TextOutside = 8,
  TextLength = 9, TextMalformed = 10, NameTwice = 11, Memory = 12, VcpuCount = 13, Protocol = 14, Flags = 15, Weight = 16, Policy = 17,
  NoSuchFile = 18, NoSuchModule = 19, FileMisaligned = 20, FileEmpty = 21, FileOutside = 22, FileOverlaps = 23
const Part = { Header: 0, Vm: 1, Module: 2, File: 3 }

const content = Buffer.from('kernel bytes')
const sample: PackImage = {
  hostName: 'lab-1',
  vms: [
    { name: 'web', commandLine: 'console=ttyS0 größe=1', memory: 128n << 20n, flags: 3, weight: 300, onReboot: 2, onCrash: 0, kernel: 0, initrd: 1 },
    { name: 'kernel-2', protocol: 3, memory: 6n << 30n, vcpuCount: 32, kernel: 2, firstModule: 1, moduleCount: 2 },
  ],
  modules: [{ file: 0 }, { file: 1, commandLine: 'first' }, { file: 2, commandLine: 'second module' }],
  files: [{ name: 'vmlinuz', content }, { name: 'initrd.cpio', content: Buffer.alloc(5000, 7) }, { name: 'kernel.elf', content: Buffer.from([1]) }],
}

function open(pack: BuiltPack, size?: number): number {
  memory.place(pack.bytes)
  return memory.open(size)
}

function copied(take: (target: number, capacity: number) => number, capacity = 8192): string {
  const target = call.buffer.value
  const length = take(target, capacity)
  return Buffer.from(memory.memory.buffer, target, Math.min(length, capacity)).toString()
}

describe('layout', () => {
  test('records have the sizes and offsets of the format', () => {
    expect([call.headerSize(), call.vmSize(), call.moduleSize(), call.fileRecordSize()]).toEqual([64, 64, 16, 24])
    expect(Array.from({ length: 11 }, (_, i) => call.headerOffset(i))).toEqual([0, 8, 0x0C, 0x10, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x2C, 0x34])
    expect(Array.from({ length: 13 }, (_, i) => call.vmOffset(i))).toEqual([0, 8, 0x10, 0x18, 0x1C, 0x20, 0x24, 0x28, 0x2C, 0x30, 0x34, 0x38, 0x3C])
    expect([call.fileOffset(0), call.fileOffset(1), call.fileOffset(2)]).toEqual([0, 8, 0x10])
  })

  test('the checksum is the CRC-32 whose check value is CBF43926h', () => {
    memory.place(Buffer.from('123456789'))
    expect(call.crc32End(call.crc32Range(-1, BASE, 9)) >>> 0).toBe(0xCBF43926)
  })
})

describe('a pack in order', () => {
  test('gives its numbers', () => {
    expect(open(buildPack(sample))).toBe(Ok)
    expect(call.vmCount()).toBe(2)
    expect(call.fileCount()).toBe(3)
    const numbers = (vm: number) => Array.from({ length: 11 }, (_, key) => Number(call.vmNumber(vm, key)))
    expect(numbers(0)).toEqual([128 * 2 ** 20, 1, 1, 1, 1, 300, 2, 0, 0, 1, 0])
    expect(numbers(1)).toEqual([6 * 2 ** 30, 32, 3, 0, 0, 100, 0, 1, 2, 0xFFFF_FFFF, 2])
  })

  test('gives its texts, cut to the capacity, with their full length', () => {
    open(buildPack(sample))
    expect(copied(call.hostName)).toBe('lab-1')
    expect(copied((target, capacity) => call.vmText(1, 0, target, capacity))).toBe('kernel-2')
    expect(copied((target, capacity) => call.vmText(0, 1, target, capacity))).toBe('console=ttyS0 größe=1')
    expect(copied((target, capacity) => call.vmText(0, 1, target, capacity), 7)).toBe('console')
    expect(call.vmText(0, 1, call.buffer.value, 7)).toBe(Buffer.byteLength('console=ttyS0 größe=1'))
    expect(call.vmTextLength(0, 0)).toBe(3)
    expect(copied((target, capacity) => call.vmModuleText(1, 1, target, capacity))).toBe('second module')
    expect(copied((target, capacity) => call.fileName(1, target, capacity))).toBe('initrd.cpio')
  })

  test('gives its files where they lie', () => {
    const pack = buildPack(sample)
    open(pack)
    expect(call.fileSize(0)).toBe(BigInt(content.length))
    const offset = Number(call.fileHpa(0) - BASE)
    expect(pack.bytes.subarray(offset, offset + content.length)).toEqual(content)
    expect([call.vmModuleFile(1, 0), call.vmModuleFile(1, 1), call.vmModuleFile(1, 2)]).toEqual([1, 2, -1])
    const name = Number(call.vmTextHpa(0, 0) - BASE)
    expect(pack.bytes.toString('utf8', name, name + 3)).toBe('web')
  })

  test('gives nothing for numbers out of range', () => {
    open(buildPack(sample))
    expect([call.vmNumber(2, 0), call.vmNumber(0, 99), call.fileHpa(3), call.fileSize(-1)]).toEqual([0n, 0n, 0n, 0n])
    expect([call.vmText(2, 0, 0, 9), call.vmModuleText(0, 0, 0, 9), call.fileName(3, 0, 9), call.vmTextLength(-1, 0)]).toEqual([0, 0, 0, 0])
  })

  test('may be empty, and may lie in a longer module', () => {
    expect(open(buildPack({}))).toBe(Ok)
    expect(call.vmCount()).toBe(0)
    const pack = buildPack(sample)
    expect(open({ ...pack, bytes: Buffer.concat([pack.bytes, Buffer.alloc(100)]) })).toBe(Ok)
  })

  test('closes when the next one is not in order', () => {
    open(buildPack(sample))
    memory.place(Buffer.alloc(4096))
    expect(memory.open()).toBe(WrongMagic)
    expect([call.vmCount(), call.fileCount(), call.hostName(call.buffer.value, 9)]).toEqual([0, 0, 0])
  })
})

describe('a pack out of order is refused', () => {
  const change = (edit: (bytes: Buffer, pack: BuiltPack) => void): BuiltPack => {
    const pack = buildPack(sample)
    edit(pack.bytes, pack)
    return seal(pack)
  }

  test('when it is cut off', () => {
    const pack = buildPack(sample)
    for (const size of [0, 8, 63, 64, pack.metadataSize, pack.bytes.length - 1]) expect(open(pack, size)).toBe(TooShort)
    expect(call.openPack(-64n, 1n << 40n)).toBe(TooShort)
  })

  test('when any bit of its metadata is turned', () => {
    const pack = buildPack(sample)
    for (let bit = 0; bit < pack.metadataSize * 8; bit += 7) {
      pack.bytes[bit >> 3] ^= 1 << (bit & 7)
      expect(open(pack), `bit ${bit}`).not.toBe(Ok)
      pack.bytes[bit >> 3] ^= 1 << (bit & 7)
    }
    expect(open(pack)).toBe(Ok)
  })

  const header = (status: number, edit: (bytes: Buffer, pack: BuiltPack) => void) => () => {
    expect(open(change(edit))).toBe(status)
    expect(call.packFaultPart()).toBe(Part.Header)
  }
  test('magic', header(WrongMagic, bytes => { bytes[7] = 0x4C }))
  test('version', header(WrongVersion, bytes => { bytes.writeUInt32LE(2, 8) }))
  test('checksum', () => {
    const pack = buildPack(sample)
    pack.bytes[0x0C] ^= 1
    expect(open(pack)).toBe(WrongChecksum)
  })
  test('total size not of whole pages', header(WrongSize, bytes => { bytes.writeUInt32LE(bytes.length - 1, 0x10) }))
  test('total size beyond the module', header(TooShort, bytes => { bytes.writeUInt32LE(1, 0x14) }))
  test('metadata below the header', header(WrongSize, bytes => { bytes.writeUInt32LE(63, 0x18) }))
  test('metadata beyond the pack', header(WrongSize, bytes => { bytes.writeUInt32LE(bytes.length + 1, 0x18) }))
  test('metadata beyond the limit', header(WrongSize, bytes => { bytes.writeUInt32LE(0xFFFF_FFFF, 0x18) }))
  test('counts that do not add up', header(WrongSize, bytes => { bytes.writeUInt32LE(3, 0x1C) }))
  test('a string table that wraps around', header(WrongSize, bytes => { bytes.writeUInt32LE(0xFFFF_FFF0, 0x28) }))
  test('too many VMs', header(TooMany, bytes => { bytes.writeUInt32LE(65, 0x1C) }))
  test('too many modules', header(TooMany, bytes => { bytes.writeUInt32LE(4097, 0x20) }))
  test('too many files', header(TooMany, bytes => { bytes.writeUInt32LE(0x8000_0000, 0x24) }))
  test.each([0x34, 0x38, 0x3C])('reserved field at %i', at => header(ReservedSet, bytes => { bytes[at] = 1 })())
  test('host name outside', header(TextOutside, bytes => { bytes.writeUInt32LE(0xFFFF_FFFF, 0x2C) }))
  test('host name empty', header(TextLength, bytes => { bytes.writeUInt32LE(0, 0x30) }))
  test('host name too long', header(TextLength, bytes => { bytes.writeUInt32LE(32, 0x30) }))
  test('host name malformed', () => { expect(open(buildPack({ ...sample, hostName: 'Lab' }))).toBe(TextMalformed) })

  const vm = (status: number, edit: (bytes: Buffer, at: number) => void) => () => {
    expect(open(change((bytes, pack) => edit(bytes, pack.vms + 64)))).toBe(status)
    expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([Part.Vm, 1])
  }
  const vmWord = (status: number, at: number, value: number) => vm(status, (bytes, record) => { bytes.writeUInt32LE(value, record + at) })
  test('name outside the strings', vmWord(TextOutside, 0x00, 100_000))
  test('name empty', vmWord(TextLength, 0x04, 0))
  test('command line too long', vmWord(TextLength, 0x0C, 4096))
  test('memory 0', vm(Memory, (bytes, record) => { bytes.writeBigUInt64LE(0n, record + 0x10) }))
  test('memory not of 2 MiB', vmWord(Memory, 0x10, 4096))
  test('memory beyond 1 TiB', vmWord(Memory, 0x14, 0x101))
  test.each([0, 33, 0xFFFF_FFFF])('vCPUs %i', value => vmWord(VcpuCount, 0x18, value)())
  test.each([0, 5])('protocol %i', value => vmWord(Protocol, 0x1C, value)())
  test('flags', vmWord(Flags, 0x20, 4))
  test.each([0, 10001])('weight %i', value => vmWord(Weight, 0x24, value)())
  test('onReboot', vmWord(Policy, 0x28, 3))
  test('onCrash', vmWord(Policy, 0x2C, 3))
  test('kernel', vmWord(NoSuchFile, 0x30, 3))
  test('no kernel', vmWord(NoSuchFile, 0x30, 0xFFFF_FFFF))
  test('initrd', vmWord(NoSuchFile, 0x34, 3))
  test.each([2, 4, 0xFFFF_FFFF])('first module %i', value => vmWord(NoSuchModule, 0x38, value)())
  test('module count', vmWord(NoSuchModule, 0x3C, 3))
  test('module count of one VM', vmWord(TooMany, 0x3C, 65))
  test('two of one name', () => {
    expect(open(buildPack({ ...sample, vms: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] }))).toBe(NameTwice)
    expect(call.packFaultRecord()).toBe(2)
    expect(open(buildPack({ ...sample, vms: [{ name: 'a' }, { name: 'ab' }, { name: 'b' }] }))).toBe(Ok)
  })
  test.each(['\n', '\x1b[2J', '\x7f', 'a\0b', '\u0085'])('control character in command line %j', commandLine => {
    expect(open(buildPack({ ...sample, vms: [{ commandLine }] }))).toBe(TextMalformed)
  })

  const module = (status: number, edit: (bytes: Buffer, at: number) => void) => () => {
    expect(open(change((bytes, pack) => edit(bytes, pack.modules + 32)))).toBe(status)
    expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([Part.Module, 2])
  }
  test('module file', module(NoSuchFile, (bytes, at) => { bytes.writeUInt32LE(3, at) }))
  test('module command line', module(TextLength, (bytes, at) => { bytes.writeUInt32LE(4096, at + 8) }))
  test('module reserved', module(ReservedSet, (bytes, at) => { bytes[at + 12] = 1 }))

  const file = (status: number, edit: (bytes: Buffer, at: number) => void) => () => {
    expect(open(change((bytes, pack) => edit(bytes, pack.files + 24)))).toBe(status)
    expect([call.packFaultPart(), call.packFaultRecord()]).toEqual([Part.File, 1])
  }
  test('file not on a page', file(FileMisaligned, (bytes, at) => { bytes[at] = 1 }))
  test('file empty', file(FileEmpty, (bytes, at) => { bytes.writeBigUInt64LE(0n, at + 8) }))
  test('file behind the pack', file(FileOutside, (bytes, at) => { bytes.writeUInt32LE(1, at + 4) }))
  test('file longer than the pack', file(FileOutside, (bytes, at) => { bytes.writeBigUInt64LE(0xFFFF_FFFF_FFFF_F000n, at + 8) }))
  test('file over the metadata', file(FileOverlaps, (bytes, at) => { bytes.writeBigUInt64LE(0n, at) }))
  test('file over another', file(FileOverlaps, (bytes, at) => { bytes.writeBigUInt64LE(4096n, at) }))
  test('file name too long', file(TextLength, (bytes, at) => { bytes.writeUInt32LE(256, at + 0x14) }))
})

describe('texts', () => {
  // The Unicode Standard, table 3-7: the edges of what is well-formed, as JavaScript's own decoder judges it.
  const judged = (bytes: Buffer) => {
    try {
      return !/\p{Cc}/u.test(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
    } catch {
      return false
    }
  }
  const accepted = (bytes: Buffer) => {
    const pack = buildPack({ vms: [{ commandLine: 'x'.repeat(bytes.length) }], files: sample.files })
    bytes.copy(pack.bytes, pack.strings + 'host'.length + 'vm0'.length)
    return open(seal(pack)) === Ok
  }

  test('two bytes, all of them', () => {
    for (let value = 0; value < 0x10000; value += 1) {
      const bytes = Buffer.from([value >> 8, value & 0xFF])
      if (accepted(bytes) !== judged(bytes)) expect.unreachable(`${bytes.toString('hex')} is judged otherwise`)
    }
  })

  test('three and four bytes at the edges', () => {
    const edges = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0]
    for (const lead of [0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5]) {
      for (const b of edges) for (const c of edges) for (const d of [0x41, 0x7F, 0x80, 0xBF, 0xC0]) {
        for (const bytes of [Buffer.from([lead, b, c]), Buffer.from([lead, b, c, d])]) {
          if (accepted(bytes) !== judged(bytes)) expect.unreachable(`${bytes.toString('hex')} is judged otherwise`)
        }
      }
    }
  })
})

describe('every status', () => {
  test('has words of its own', () => {
    const texts = Array.from({ length: FileOverlaps + 1 }, (_, status) => {
      const pointer = call.packStatusText(status) >>> 0
      const length = new DataView(memory.memory.buffer).getUint32(pointer - 4, true)
      return Buffer.from(memory.memory.buffer, pointer, length).toString('utf16le')
    })
    expect(new Set(texts).size).toBe(texts.length)
    expect(texts).not.toContain('unknown status')
  })
})

describe('hostile bytes', () => {
  /** Everything an opened pack promises: each text and file lies inside it. The fake memory fails a read outside. */
  const readAll = () => {
    const target = call.buffer.value
    call.hostName(target, 8192)
    for (let file = 0; file < call.fileCount(); file++) {
      call.fileName(file, target, 8192)
      const offset = call.fileHpa(file) - BASE
      expect(offset >= 0n && offset + call.fileSize(file) <= BigInt(memory.length())).toBe(true)
    }
    for (let vm = 0; vm < call.vmCount(); vm++) {
      call.vmText(vm, 0, target, 8192)
      call.vmText(vm, 1, target, 8192)
      for (let module = 0; module < Number(call.vmNumber(vm, 10)); module++) {
        call.vmModuleText(vm, module, target, 8192)
        expect(call.vmModuleFile(vm, module) >>> 0).toBeLessThan(call.fileCount())
      }
    }
  }

  test('edges written over any field, checksum put right, never lead outside the pack', () => {
    const edges = fc.constantFrom(0, 1, 2, 63, 64, 65, 4095, 4096, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_F000, 0xFFFF_FFFE, 0xFFFF_FFFF)
    const edit = fc.tuple(fc.nat(70), fc.oneof(edges, fc.nat(0xFFFF_FFFF)))
    fc.assert(fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), edits => {
      const pack = buildPack(sample)
      for (const [word, value] of edits) if (word * 4 + 4 <= pack.strings) pack.bytes.writeUInt32LE(value, word * 4)
      seal(pack)
      if (open(pack) === Ok) readAll()
    }), { numRuns: 20_000, seed: 1 })
  })

  test('random bytes behind a right header never lead outside the pack', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 64, maxLength: 4096 }), fc.boolean(), (random, magic) => {
      const bytes = Buffer.concat([Buffer.from(random), Buffer.alloc(4096 - random.length)])
      if (magic) {
        bytes.write('TYPERVPK', 0, 'latin1')
        bytes.writeUInt32LE(1, 8)
      }
      memory.place(bytes)
      if (memory.open() === Ok) readAll()
    }), { numRuns: 5_000, seed: 2 })
  })
})
