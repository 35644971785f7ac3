/** ELF files of both classes, as kernels are packed: the header and the two tables it names. System V ABI, chapters 4 and 5. */
import * as image from '../image'
import { refuse, say, sayDecimal, sayHexadecimal } from '../../message'

const ELF_MAGIC: u32 = 0x464c_457f
const CLASS32: u32 = 1
const CLASS64: u32 = 2
const LITTLE_ENDIAN: u32 = 1
const EM_386: u32 = 3
const EM_X86_64: u32 = 62
const ET_EXEC: u32 = 2
const ET_DYN: u32 = 3
/** Kernels have fewer than ten; what has hundreds is damaged. */
const PROGRAM_HEADER_MAXIMUM: u32 = 128

/** What the header says, once `readElfHeader` has found it sound. */
export namespace elf {
  export let is64Bit: bool = false
  export let entry: u64 = 0
  export let programHeaders: u64 = 0 // file offset
  export let programHeaderCount: u32 = 0
  export let programHeaderBytes: u32 = 0
  export let sectionHeaders: u64 = 0 // file offset
  export let sectionHeaderCount: u32 = 0 // 0 when the table is absent or not all in the file
  export let sectionHeaderBytes: u32 = 0
  export let sectionNames: u32 = 0 // index of the section with their names
}

/** True when the file starts like an ELF file. */
export function isElf(): bool { return image.dword(0) == ELF_MAGIC }

/** Reads and checks the header. False, with the reason logged, when this is no ELF file for x86 that can be loaded. */
export function readElfHeader(): bool {
  if (!isElf()) return refuse('kernel: not an ELF file (no 7Fh "ELF" at its start): set boot.protocol to what the kernel is, or unpack it if it is compressed')
  const bits = image.byte(4)
  if (bits != CLASS32 && bits != CLASS64) return refuseField('class', 4, bits, 'neither 1 (32-bit) nor 2 (64-bit)')
  if (image.byte(5) != LITTLE_ENDIAN) return refuseField('byte order', 5, image.byte(5), 'not 1 (little-endian)')
  elf.is64Bit = bits == CLASS64
  if (!image.contains(0, elf.is64Bit ? 64 : 52)) return refuse('kernel: the file ends within its ELF header: it is cut short')
  const machine = image.word(18)
  if (machine != EM_386 && machine != EM_X86_64) return refuseField('e_machine', 18, machine, 'neither 3 (386) nor 62 (x86-64): the kernel is built for another processor')
  const type = image.word(16)
  if (type != ET_EXEC && type != ET_DYN) return refuseField('e_type', 16, type, 'neither 2 (executable) nor 3 (shared object): link the kernel')

  elf.entry = elf.is64Bit ? image.qword(24) : image.dword(24)
  elf.programHeaders = elf.is64Bit ? image.qword(32) : image.dword(28)
  elf.programHeaderBytes = image.word(elf.is64Bit ? 54 : 42)
  elf.programHeaderCount = image.word(elf.is64Bit ? 56 : 44)
  if (elf.programHeaderCount == 0) return refuse('kernel: the ELF file has no program headers (e_phnum is 0): link it as an executable')
  if (elf.programHeaderCount > PROGRAM_HEADER_MAXIMUM) return refuseField('e_phnum', elf.is64Bit ? 56 : 44, elf.programHeaderCount, 'more than 128')
  if (elf.programHeaderBytes < <u32>(elf.is64Bit ? 56 : 32)) return refuseField('e_phentsize', elf.is64Bit ? 54 : 42, elf.programHeaderBytes, 'too small')
  if (!image.contains(elf.programHeaders, <u64>elf.programHeaderCount * elf.programHeaderBytes)) {
    return refuseField('e_phoff', elf.is64Bit ? 32 : 28, elf.programHeaders, 'past the end of the file for a table of this length')
  }
  readSectionTable()
  return true
}

/** The section table is for debuggers: a kernel without a sound one still boots. */
function readSectionTable(): void {
  elf.sectionHeaders = elf.is64Bit ? image.qword(40) : image.dword(32)
  elf.sectionHeaderBytes = image.word(elf.is64Bit ? 58 : 46)
  elf.sectionHeaderCount = image.word(elf.is64Bit ? 60 : 48)
  elf.sectionNames = image.word(elf.is64Bit ? 62 : 50)
  const sound = elf.sectionHeaderBytes == <u32>(elf.is64Bit ? 64 : 40) &&
    image.contains(elf.sectionHeaders, <u64>elf.sectionHeaderCount * elf.sectionHeaderBytes)
  if (!sound) elf.sectionHeaderCount = 0
}

function refuseField(name: string, offset: u64, value: u64, why: string): bool {
  say('kernel: ')
  say(name)
  say(' in the ELF header (file offset ')
  sayHexadecimal(offset)
  say(') is ')
  sayDecimal(value)
  say(', ')
  return refuse(why)
}
