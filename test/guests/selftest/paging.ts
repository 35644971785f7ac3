/**
 * Page walks of every kind: rights, reserved bits, accessed and dirty bits. Each as the processor walks, and as it has to be walked for an
 * instruction that also touches a device, where a hypervisor does it. Intel SDM vol. 3, 4.6 to 4.8.
 */
import { cpuid, load32, NoFault, readControl, load64, readMsr, store64, writeControl, writeMsr } from '../platform/hw'
import { Legacy, Low } from '../platform/legacy'
import { isIntel } from '../platform/processor'
import { registers } from '../platform/registers'
import { equal, equalOnProcessor, onBochsSvm, skip, subject } from './report'
import { assemble, Ended, fresh, Mode, run, runAt, World } from './run'
import { buildTables, Device, directory, Entry, Kind, leaf, NoExecute, openUser, pointersAt, setDirectory, setLeaf, target, TestPage, testTable } from './tables'

@inline const Efer: u32 = 0xC0000080
@inline const EferNxe: u64 = 1 << 11
@inline const WriteProtect: u64 = 1 << 16
const Smep: u32 = 1 << 20
const Smap: u32 = 1 << 21
const Protection: u32 = 13
@inline const Offset: u64 = 0x120
@inline const All: u64 = 7 // present, writable, user

let kind: u32 = 0
let root: u64 = 0
let cr4: u64 = 0
let cr0: u64 = 0

/** Control registers that the walk depends on, for whichever mode the kind of paging is of. */
function under(protect: bool, noExecute: bool, more: u64 = 0): void {
  World.cr0 = u32(0x80000031 | (protect ? WriteProtect : 0))
  World.cr3 = u32(root)
  World.cr4 = u32((kind == Kind.TwoLevel ? 0x610 : 0x620) | more)
  World.efer = noExecute ? u32(EferNxe) : 0
  if (kind != Kind.FourLevel) return
  writeMsr(Efer, readMsr(Efer) & ~EferNxe | (noExecute ? EferNxe : 0))
  writeControl(0, cr0 & ~WriteProtect | (protect ? WriteProtect : 0))
}

/** Runs with the tables in force; long mode takes them only for so long. */
function inTables(ring: u32, bytes: string, start: u64 = 0): u32 {
  if (kind != Kind.FourLevel) return start ? runAt(Mode.Protected32, ring, start, 0) : run(Mode.Protected32, ring, bytes)
  const usual = readControl(3)
  writeControl(3, root)
  writeControl(4, cr4 | World.cr4 & (Smep | Smap)) // here where the code's own pages are the supervisor's
  const vector = start ? runAt(Mode.Long, ring, start, 0) : run(Mode.Long, ring, bytes)
  writeControl(4, cr4)
  writeControl(3, usual)
  return vector
}

/** FFh for none, or the error code of the page fault; anything else is more than a byte. */
function code(vector: u32, address: u64): u64 {
  if (vector == NoFault) return 0xFF
  // Bochs' VMRUN leaves CR2 as the last guest had it.
  return vector == 14 && (Ended.address == address || onBochsSvm()) ? Ended.error : 0x100 | u64(vector) << 16 | Ended.error << 32
}

function access(ring: u32, bytes: string): u64 {
  registers.rdi = TestPage + Offset
  registers.rsi = Device + 0x10 // the HPET's configuration, which does not change when it is read
  return code(inTables(ring, bytes), TestPage + Offset)
}

function fetch(ring: u32): u64 { return code(inTables(ring, '', TestPage), TestPage) }

/** Four bytes: ring 3 writes, ring 3 reads, ring 0 writes, ring 0 reads. */
function four(read: string, write: string): u64 {
  return access(3, write) << 24 | access(3, read) << 16 | access(0, write) << 8 | access(0, read)
}

/** The rights that two entries give, one way and the other. */
function rights(name: string, table: u64, page: u64, expected: u64): void {
  setDirectory(testTable() | table)
  setLeaf(target(0) | page)
  subject(kindName())
  equal(name, four('8B 07', '89 07'), expected) // MOV EAX, [EDI]; MOV [EDI], EAX
  subject(deviceName())
  equal(name, four('A7', 'A5'), expected) // CMPSD; MOVSD: from a device
}

function kindName(): string { return kind == Kind.TwoLevel ? '32-bit paging' : kind == Kind.Pae ? 'PAE paging' : '4-level paging' }
function deviceName(): string {
  return kind == Kind.TwoLevel ? '32-bit paging beside a device' : kind == Kind.Pae ? 'PAE paging beside a device' : '4-level paging beside a device'
}

function testRights(): void {
  under(true, false)
  rights('  a page for all', All, All, 0xFFFFFFFF)
  rights('  a page that is not there', All, 0, 0x06040200)
  rights('  a table that is not there', 0, All, 0x06040200)
  rights('  a supervisor page', All, 3, 0x0705FFFF)
  rights('  a supervisor table', 3, All, 0x0705FFFF)
  rights('  a read-only page', All, 5, 0x07FF03FF)
  rights('  a read-only table', 5, All, 0x07FF03FF)
  rights('  a read-only supervisor page', All, 1, 0x070503FF)
  under(false, false)
  rights('  a read-only page without CR0.WP', All, 5, 0x07FFFFFF)
  rights('  a read-only supervisor page without CR0.WP', All, 1, 0x0705FFFF)
  under(true, false)
}

/** The bits that a walk sets, and when it does not. Intel SDM vol. 3, 4.8. */
function marks(name: string, bytes: string, page: u64, expected: u64): void {
  setDirectory(testTable() | All)
  setLeaf(target(0) | page)
  access(3, bytes)
  const both = Entry.Accessed | Entry.Dirty
  equal(name, (directory() & Entry.Accessed) << 8 | leaf() & both, expected)
}

function testMarks(): void {
  subject(kindName())
  marks('  accessed after a read', '8B 07', All, 0x2020)
  marks('  dirty after a write', '89 07', All, 0x2060)
  subject(deviceName())
  marks('  accessed after a read', 'A7', All, 0x2020)
  marks('  dirty after a write', 'A5', All, 0x2060)
  subject(kindName())
  setLeaf(target(0) | 5)
  access(3, '89 07')
  equal('  not dirty after a fault', leaf() & Entry.Dirty, 0)
  subject(deviceName())
  setLeaf(target(0) | 5)
  access(3, 'A5')
  equal('  not dirty after a fault', leaf() & Entry.Dirty, 0)
}

/** The processor's own first, then that of an instruction on a device. */
function reserved(name: string, table: u64, page: u64): void {
  setDirectory(table)
  setLeaf(page)
  subject(kindName())
  equalOnProcessor(name, four('8B 07', '89 07'), 0x0F0D0B09)
  subject(deviceName())
  equalOnProcessor(name, four('A7', 'A5'), 0x0F0D0B09)
}

function testReserved(): void {
  const link = testTable() | All
  if (kind == Kind.TwoLevel) reserved('  reserved bit of a 4 MiB page', All | Entry.Large | 1 << 21, 0)
  else {
    reserved('  reserved bit of a page', link, target(0) | All | u64(1) << 51)
    reserved('  reserved bit of a table', link | u64(1) << 51, target(0) | All)
    reserved('  reserved bit of a 2 MiB page', All | Entry.Large | 1 << 13, 0)
    reserved('  NX without EFER.NXE', link, target(0) | All | NoExecute)
  }
  setDirectory(link)
}

/** NX, SMEP and the error code's bit for a fetch. Intel SDM vol. 3, 4.6.1 and 4.7. */
function testFetch(): void {
  subject(kindName())
  assemble(target(0), 'CD 31')
  setDirectory(testTable() | All)
  setLeaf(target(0) | All)
  equal('  fetch', fetch(3) << 8 | fetch(0), 0xFFFF)
  setLeaf(0)
  equal('  fetch from nowhere', fetch(3) << 8 | fetch(0), 0x0400)
  if (kind != Kind.TwoLevel && cpuid(0x80000001, 0, 3) & (1 << 20)) {
    under(true, true)
    equal('  fetch from nowhere with EFER.NXE', fetch(3) << 8 | fetch(0), 0x1410)
    setLeaf(target(0) | All | NoExecute)
    equal('  fetch from a page without execution', fetch(3) << 8 | fetch(0), 0x1511)
    rights('  a page without execution', All, All | NoExecute, 0xFFFFFFFF)
    setDirectory(testTable() | All | NoExecute)
    setLeaf(target(0) | All)
    subject(kindName())
    equal('  fetch through a table without execution', fetch(3) << 8 | fetch(0), 0x1511)
    under(true, false)
  }
  setDirectory(testTable() | All)
}

/** What CR4 keeps the supervisor from doing with user pages. */
function testSupervisor(): void {
  const features = cpuid(7, 0, 1)
  subject(kindName())
  setLeaf(target(0) | All)
  openUser(false)
  if (features & 1 << 7) {
    under(true, false, Smep)
    equal('  SMEP: fetch from a user page', fetch(0), 0x11)
    setLeaf(target(0) | 3)
    equal('  SMEP: fetch from a supervisor page', fetch(0), 0xFF)
    setLeaf(0)
    equal('  SMEP: fetch from nowhere', fetch(0), 0x10)
    setLeaf(target(0) | All)
  } else skip('  SMEP', 'not in CPUID')
  if (features & 1 << 20) {
    under(true, false, Smap)
    equal('  SMAP: read and write of a user page', access(0, '89 07') << 8 | access(0, '8B 07'), 0x0301)
    World.flags |= 1 << 18 // AC
    equal('  SMAP: with EFLAGS.AC', access(0, '89 07') << 8 | access(0, '8B 07'), 0xFFFF)
    World.flags &= ~(1 << 18)
    subject(deviceName())
    equal('  SMAP: read and write of a user page', access(0, 'A5') << 8 | access(0, 'A7'), 0x0301)
  } else skip('  SMAP', 'not in CPUID')
  under(true, false)
  openUser(true)
}

/** The four entries that PAE paging begins with. Intel SDM vol. 3, 4.4.1. */
function testPointers(): void {
  subject('PAE pointers')
  const usual = pointersAt(1)
  const whole = load64(usual)
  rightsOfPointer('  not there', 0, 0x06040200)
  // An Intel processor takes #GP at MOV to CR3, one of AMD's with nested paging #PF at the walk.
  store64(usual, whole | 2)
  const got = access(0, '8B 07')
  equalOnProcessor('  reserved bit', got == 9 || (got >> 16 & 0xFF) == 13 ? 1 : 0, 1)
  store64(usual, whole)
  equal('  whole again', access(0, '8B 07'), 0xFF)
}

function rightsOfPointer(name: string, value: u64, expected: u64): void {
  const at = pointersAt(1)
  const whole = load64(at)
  store64(at, value)
  equal(name, four('8B 07', '89 07'), expected)
  store64(at, whole)
}

/**
 * What has an Intel processor load the pointers anew, and take #GP where one has reserved bits: MOV to CR0 that changes PG, CD or NW, and to
 * CR4 that changes PAE, PGE, PSE or SMEP. Intel SDM vol. 3, 4.4.1; AMD's read them at the walk (APM vol. 2, 15.25.10).
 */
function testPointersLoaded(): void {
  if (!isIntel()) return skip('PAE pointers loaded anew', 'AMD processors read them at the walk')
  under(true, false)
  loadsPointers('MOV to CR0 of CD', '0F 20 C0 35 00 00 00 40', '0F 22 C0')
  loadsPointers('MOV to CR0 of NW and CD', '0F 20 C0 35 00 00 00 60', '0F 22 C0')
  loadsPointers('MOV to CR4 of PSE', '0F 20 E0 35 10 00 00 00', '0F 22 E0')
  loadsPointers('MOV to CR4 of PGE', '0F 20 E0 35 80 00 00 00', '0F 22 E0')
  openUser(false) // the code must not be the user's under SMEP
  if (cpuid(7, 0, 1) & 1 << 7) loadsPointers('MOV to CR4 of SMEP', '0F 20 E0 35 00 00 10 00', '0F 22 E0')
  openUser(true)
  World.cr0 = 0x31
  loadsPointers('MOV to CR0 of PG', 'B8 31 00 00 80', '0F 22 C0')
  loadsPointers('MOV to CR0 of PG and CD', 'B8 31 00 00 C0', '0F 22 C0')
  // A page directory of 32-bit paging makes no pointers: R/W and U/S of its entries are reserved there.
  World.cr3 = u32(buildTables(Kind.TwoLevel))
  World.cr0 = 0x80000031
  World.cr4 = 0x610
  equal('MOV to CR4 of PAE: #GP of reserved bits in a pointer', run(Mode.Protected32, 0, 'B8 30 06 00 00 0F 22 E0'), Protection)
  buildTables(Kind.Pae)
}

/** The move as it is, and with a pointer that the code itself has spoiled: in memory, where nobody looks before the move. */
function loadsPointers(name: string, value: string, move: string): void {
  const usual = pointersAt(1)
  const whole = load64(usual)
  const spoil = '83 0E 02 ' // OR DWORD [ESI], 2
  subject(name)
  registers.rsi = usual
  equal('  with good pointers', run(Mode.Protected32, 0, value + move), NoFault)
  registers.rsi = usual
  equal('  #GP of reserved bits in a pointer', run(Mode.Protected32, 0, spoil + value + move), Protection)
  equal('  with error code 0', Ended.error, 0)
  equal('  at the move', Ended.ip - Low.Code, 3 + value.length / 3 + 1)
  equal('  which changed nothing', load32(Low.Record + Legacy.EndCr0), World.cr0)
  store64(usual, whole)
}

function testKind(which: u32): void {
  kind = which
  root = buildTables(kind)
  testRights()
  testMarks()
  testReserved()
  testFetch()
  testSupervisor()
}

export function testPaging(): void {
  fresh()
  cr4 = readControl(4)
  cr0 = readControl(0)
  const efer = readMsr(Efer)
  testKind(Kind.TwoLevel)
  testKind(Kind.Pae)
  testPointers()
  testPointersLoaded()
  testKind(Kind.FourLevel)
  writeMsr(Efer, efer)
  writeControl(0, cr0)
  writeControl(4, cr4)
  fresh()
}
