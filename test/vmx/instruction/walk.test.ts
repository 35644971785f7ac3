/** The guest page walk with tables made by hand. Expected values: Intel SDM vol. 3, chapter 4 (figures 4-2 to 4-11, tables 4-3 to 4-20, 4.6, 4.7). */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { A, Access, Cr0, Cr4, D, Efer, Guest, NX, P, PS, RW, Untranslated, US } from './guest'

let guest: Guest
const { Read, Write, User, Fetch, Stack } = Access
const AlignmentCheck = 1n << 18n
// Error code bits, 4.7.
const ErrorCode = { P: 1, W: 2, U: 4, RSVD: 8, ID: 16 }

beforeAll(async () => {
  guest = await Guest.create(1)
  guest.grant(0)
})

beforeEach(() => {
  guest.host.fill(0)
  guest.exports.setPhysicalWidth(48)
  guest.set({ cr0: Cr0.PE | Cr0.PG | Cr0.WP, cr4: Cr4.PAE, efer: Efer.LME | Efer.LMA | Efer.NXE, cr3: 0x1000n, rflags: 2n, codeSize: 64 })
})

const all = P | RW | US

/** A chain of tables at 1000h to 4000h for one linear address; the page is at 12345000h. Each entry can be replaced. */
const linear = 0xFFFF_8A5A_BCDE_F678n
const index = (level: number) => Number((linear >> BigInt(12 + 9 * level)) & 0x1FFn)
const slots = { pml4e: 0x1000 + index(3) * 8, pdpte: 0x2000 + index(2) * 8, pde: 0x3000 + index(1) * 8, pte: 0x4000 + index(0) * 8 }
const leaf = 0x1234_5000n
function chain(entries: Partial<Record<keyof typeof slots, bigint>> = {}): void {
  guest.write64(slots.pml4e, entries.pml4e ?? (0x2000n | all))
  guest.write64(slots.pdpte, entries.pdpte ?? (0x3000n | all))
  guest.write64(slots.pde, entries.pde ?? (0x4000n | all))
  guest.write64(slots.pte, entries.pte ?? (leaf | all))
}

function faults(address: bigint, access: number, errorCode: number): void {
  expect(guest.walk(address, access)).toBe(Untranslated)
  expect(guest.fault()).toEqual({ vector: 14, errorCode, linear: address })
}

describe('without paging', () => {
  it('is the identity on 32 bits', () => {
    guest.set({ cr0: Cr0.PE, efer: 0n })
    expect(guest.walk(0xABCD_EF01n, Write)).toBe(0xABCD_EF01n)
  })
})

describe('4-level paging', () => {
  it('reaches a 4 KiB page', () => {
    chain()
    expect(guest.walk(linear)).toBe(leaf | 0x678n)
    expect(guest.walk(linear)).toBe(leaf | 0x678n) // now that the accessed bits are set
  })

  it('reaches a 2 MiB page, whose bit 12 is PAT', () => {
    chain({ pde: 0x4020_0000n | 0x1000n | PS | all })
    for (let i = 0; i < 2; i++) expect(guest.walk(linear)).toBe(0x4020_0000n | (linear & 0x1F_FFFFn))
  })

  it('reaches a 1 GiB page', () => {
    chain({ pdpte: 0x1_4000_0000n | 0x1000n | PS | all })
    for (let i = 0; i < 2; i++) expect(guest.walk(linear)).toBe(0x1_4000_0000n | (linear & 0x3FFF_FFFFn))
  })

  it('ignores PCID and write-through bits of CR3', () => {
    chain()
    guest.set({ cr3: 0x1FFFn })
    expect(guest.walk(linear)).toBe(leaf | 0x678n)
  })

  it('sets accessed bits on a read and the dirty bit in the last entry on a write', () => {
    chain()
    guest.walk(linear, Read)
    for (const slot of Object.values(slots)) expect(guest.read64(slot) & (A | D)).toBe(A)
    guest.walk(linear, Write)
    for (const slot of [slots.pml4e, slots.pdpte, slots.pde]) expect(guest.read64(slot) & (A | D)).toBe(A)
    expect(guest.read64(slots.pte)).toBe(leaf | all | A | D)
  })

  it('sets no bit when the access faults', () => {
    chain({ pte: leaf | P | US })
    faults(linear, Write, ErrorCode.P | ErrorCode.W)
    for (const slot of Object.values(slots)) expect(guest.read64(slot) & (A | D)).toBe(0n)
  })

  it.each(Object.keys(slots) as (keyof typeof slots)[])('faults where the %s is not present', (level) => {
    chain({ [level]: 0xFFFF_FFFF_FFFF_F000n & ~P })
    faults(linear, Read, 0)
    faults(linear, Write, ErrorCode.W)
    faults(linear, Write | User, ErrorCode.W | ErrorCode.U)
    faults(linear, Fetch | User, ErrorCode.U | ErrorCode.ID)
  })

  it.each(Object.keys(slots) as (keyof typeof slots)[])('takes U/S, R/W and XD of the %s', (level) => {
    const address = { pml4e: 0x2000n, pdpte: 0x3000n, pde: 0x4000n, pte: leaf }[level]
    chain({ [level]: address | P | RW })
    faults(linear, Read | User, ErrorCode.P | ErrorCode.U)
    expect(guest.walk(linear, Write)).toBe(leaf | 0x678n)
    chain({ [level]: address | P | US })
    expect(guest.walk(linear, Read | User)).toBe(leaf | 0x678n)
    faults(linear, Write | User, ErrorCode.P | ErrorCode.W | ErrorCode.U)
    faults(linear, Write, ErrorCode.P | ErrorCode.W)
    chain({ [level]: address | all | NX })
    expect(guest.walk(linear, Write | User)).toBe(leaf | 0x678n)
    faults(linear, Fetch, ErrorCode.P | ErrorCode.ID)
    faults(linear, Fetch | User, ErrorCode.P | ErrorCode.U | ErrorCode.ID)
  })

  it('lets the supervisor write read-only pages without CR0.WP', () => {
    chain({ pte: leaf | P | US })
    guest.set({ cr0: Cr0.PE | Cr0.PG })
    expect(guest.walk(linear, Write)).toBe(leaf | 0x678n)
    expect(guest.read64(slots.pte) & D).toBe(D)
    faults(linear, Write | User, ErrorCode.P | ErrorCode.W | ErrorCode.U)
  })

  it('keeps the supervisor from user pages with SMEP and SMAP', () => {
    chain()
    guest.set({ cr4: Cr4.PAE | Cr4.SMEP })
    faults(linear, Fetch, ErrorCode.P | ErrorCode.ID)
    expect(guest.walk(linear, Fetch | User)).toBe(leaf | 0x678n)
    expect(guest.walk(linear, Write)).toBe(leaf | 0x678n)
    guest.set({ cr4: Cr4.PAE | Cr4.SMAP })
    faults(linear, Read, ErrorCode.P)
    faults(linear, Write, ErrorCode.P | ErrorCode.W)
    expect(guest.walk(linear, Fetch)).toBe(leaf | 0x678n)
    expect(guest.walk(linear, Write | User)).toBe(leaf | 0x678n)
    guest.set({ rflags: 2n | AlignmentCheck })
    expect(guest.walk(linear, Write)).toBe(leaf | 0x678n)
    // A page is the supervisor's when any level says so.
    chain({ pde: 0x4000n | P | RW })
    guest.set({ rflags: 2n, cr4: Cr4.PAE | Cr4.SMAP | Cr4.SMEP })
    expect(guest.walk(linear, Write)).toBe(leaf | 0x678n)
    expect(guest.walk(linear, Fetch)).toBe(leaf | 0x678n)
  })

  it('reserves XD without EFER.NXE, and then tells of a fetch only with SMEP', () => {
    chain({ pte: leaf | all | NX })
    guest.set({ efer: Efer.LME | Efer.LMA })
    faults(linear, Read, ErrorCode.P | ErrorCode.RSVD)
    faults(linear, Fetch, ErrorCode.P | ErrorCode.RSVD)
    chain({ pte: 0n })
    faults(linear, Fetch, 0)
    guest.set({ cr4: Cr4.PAE | Cr4.SMEP })
    faults(linear, Fetch, ErrorCode.ID)
  })

  it('reserves PS in a PML4E, address bits below a large page and beyond the physical width', () => {
    chain({ pml4e: 0x2000n | all | PS })
    faults(linear, Read, ErrorCode.P | ErrorCode.RSVD)
    for (const bit of [13n, 20n]) {
      chain({ pde: 0x4020_0000n | all | PS | (1n << bit) })
      faults(linear, Read, ErrorCode.P | ErrorCode.RSVD)
    }
    for (const bit of [13n, 29n]) {
      chain({ pdpte: 0x1_4000_0000n | all | PS | (1n << bit) })
      faults(linear, User, ErrorCode.P | ErrorCode.RSVD | ErrorCode.U)
    }
    for (const [level, address] of [['pml4e', 0x2000n], ['pdpte', 0x3000n], ['pde', 0x4000n], ['pte', leaf]] as const) {
      chain({ [level]: address | all | (1n << 48n) })
      faults(linear, Write, ErrorCode.P | ErrorCode.RSVD | ErrorCode.W)
    }
    guest.exports.setPhysicalWidth(40)
    chain({ pte: (1n << 39n) | all })
    expect(guest.walk(linear)).toBe((1n << 39n) | 0x678n)
    chain({ pte: (1n << 40n) | all })
    faults(linear, Read, ErrorCode.P | ErrorCode.RSVD)
  })

  it('ignores the bits that are the system\'s', () => {
    const ignored = (0xEn << 8n) | (0x7FFn << 52n)
    chain({ pml4e: 0x2000n | all | ignored | 0x100n, pdpte: 0x3000n | all | ignored, pde: 0x4000n | all | ignored, pte: leaf | all | ignored | 0x180n })
    for (let i = 0; i < 2; i++) expect(guest.walk(linear, Fetch | User)).toBe(leaf | 0x678n)
  })

  it('refuses addresses that are not canonical', () => {
    for (const address of [0x0000_8000_0000_0000n, 0xFFFF_7FFF_FFFF_FFFFn, 0x1234_0000_0000_0000n]) {
      expect(guest.walk(address, Write)).toBe(Untranslated)
      expect(guest.fault()).toMatchObject({ vector: 13, errorCode: 0 })
      expect(guest.walk(address, Write | Stack)).toBe(Untranslated)
      expect(guest.fault()).toMatchObject({ vector: 12, errorCode: 0 })
    }
  })

  it('treats tables outside RAM as all ones', () => {
    chain({ pde: 0x4000_0000n | all })
    faults(linear, Read, ErrorCode.P | ErrorCode.RSVD)
    guest.set({ cr3: 0x4000_0000n })
    faults(linear, Read, ErrorCode.P | ErrorCode.RSVD)
    expect(guest.log).toEqual([])
  })
})

describe('a walk that was made before', () => {
  // The second walk is the first that finds accessed and dirty bits set, and so is kept.
  const settle = (access: number) => { for (let i = 0; i < 3; i++) expect(guest.walk(linear, access)).toBe(leaf | 0x678n) }

  it.each(Object.keys(slots) as (keyof typeof slots)[])('is made anew when the %s changes', (level) => {
    for (const access of [Read, Write, Write | User, Fetch]) {
      chain()
      settle(access)
      guest.write64(slots[level], 0n)
      faults(linear, access, access)
      chain()
      settle(access)
      const other = { pml4e: 0x5000n, pdpte: 0x6000n, pde: 0x7000n, pte: 0x5432_1000n }[level]
      guest.write64(slots[level], other | all)
      // The tables there are empty; only the page is one.
      if (level == 'pte') expect(guest.walk(linear, access)).toBe(other | 0x678n)
      else faults(linear, access, access)
    }
  })

  it('is made anew when accessed or dirty bits are cleared', () => {
    chain()
    settle(Write)
    for (const slot of Object.values(slots)) {
      guest.write64(slot, guest.read64(slot) & ~(A | D))
      expect(guest.walk(linear, Write)).toBe(leaf | 0x678n)
      expect(guest.read64(slot) & A).toBe(A)
    }
    expect(guest.read64(slots.pte) & D).toBe(D)
  })

  it('is not taken for another access, page, control register or guest', () => {
    chain({ pte: leaf | P | US | NX })
    settle(Read)
    settle(Read | User)
    faults(linear, Write, ErrorCode.P | ErrorCode.W)
    faults(linear, Fetch, ErrorCode.P | ErrorCode.ID)
    settle(Read)
    faults(linear + 0x1_0000n, Read, 0) // 16 pages on
    settle(Read)
    guest.set({ cr4: Cr4.PAE | Cr4.SMAP })
    faults(linear, Read, ErrorCode.P)
    guest.set({ cr4: Cr4.PAE, efer: Efer.LME | Efer.LMA })
    faults(linear, Read, ErrorCode.P | ErrorCode.RSVD)
    guest.set({ efer: Efer.LME | Efer.LMA | Efer.NXE, cr3: 0x8000n })
    faults(linear, Read, 0)
    guest.set({ cr3: 0x1000n })
    settle(Read)
    guest.exports.setPhysicalWidth(28)
    faults(linear, Read, ErrorCode.P | ErrorCode.RSVD)
    guest.exports.setPhysicalWidth(48)
    settle(Read)
    guest.exports.createGuest(1)
    faults(linear, Read, ErrorCode.P | ErrorCode.RSVD) // no RAM at all
    guest.selectAgain()
    settle(Read)
  })
})

describe('PAE paging', () => {
  const address = 0x8765_4321n // PDPTE 2, PDE 59, PTE 340
  const [pdpte, pde, pte] = [0x1020 + 2 * 8, 0x3000 + 0x3B * 8, 0x4000 + 0x54 * 8]
  beforeEach(() => {
    guest.set({ efer: Efer.NXE, cr3: 0x1020n, codeSize: 32 })
    guest.write64(pdpte, 0x3000n | P)
    guest.write64(pde, 0x4000n | all)
    guest.write64(pte, 0x2_3456_7000n | all)
  })

  it('reaches 4 KiB and 2 MiB pages above 4 GiB', () => {
    expect(guest.walk(address, Write | User)).toBe(0x2_3456_7321n)
    expect(guest.read64(pte)).toBe(0x2_3456_7000n | all | A | D)
    expect(guest.read64(pde)).toBe(0x4000n | all | A)
    expect(guest.read64(pdpte)).toBe(0x3000n | P) // it has no accessed bit
    guest.write64(pde, 0x2_3460_0000n | all | PS)
    expect(guest.walk(address, Write | User)).toBe(0x2_3460_0000n | (address & 0x1F_FFFFn))
  })

  it('reserves bits of the page-directory-pointer entry', () => {
    for (const bit of [1n, 2n, 6n, 7n, 8n, 52n, 62n, 63n]) {
      guest.write64(pdpte, 0x3000n | P | (1n << bit))
      faults(address, Read, ErrorCode.P | ErrorCode.RSVD)
    }
    guest.write64(pdpte, 0x3000n | P | 0xE18n) // PWT, PCD and ignored bits
    expect(guest.walk(address)).toBe(0x2_3456_7321n)
    guest.write64(pdpte, 0n)
    faults(address, Write, ErrorCode.W)
  })

  it('takes an entry that an emulated processor has marked as accessed', () => {
    guest.write64(pdpte, 0x3000n | P | A)
    expect(guest.walk(address)).toBe(0x2_3456_7321n)
  })

  it('honours XD', () => {
    guest.write64(pte, 0x2_3456_7000n | all | NX)
    faults(address, Fetch, ErrorCode.P | ErrorCode.ID)
    guest.set({ efer: 0n })
    faults(address, Read, ErrorCode.P | ErrorCode.RSVD)
  })
})

describe('32-bit paging', () => {
  const address = 0x8765_4321n // PDE 21Dh, PTE 254h
  const [pde, pte] = [0x1000 + 0x21D * 4, 0x4000 + 0x254 * 4]
  const small = Number(all)
  beforeEach(() => {
    guest.set({ efer: 0n, cr4: 0n, cr3: 0x1018n, codeSize: 32 })
    guest.write32(pde, 0x4000 | small)
    guest.write32(pte, 0xFEDC_B000 | small)
  })

  it('reaches a 4 KiB page and marks it', () => {
    expect(guest.walk(address, Read)).toBe(0xFEDC_B321n)
    expect(guest.read32(pte)).toBe((0xFEDC_B000 | small | 0x20) >>> 0)
    expect(guest.walk(address, Write | User)).toBe(0xFEDC_B321n)
    expect(guest.read32(pde)).toBe(0x4000 | small | 0x20)
    expect(guest.read32(pte)).toBe((0xFEDC_B000 | small | 0x60) >>> 0)
  })

  it('faults with the right code', () => {
    guest.write32(pte, 0)
    faults(address, Fetch | User, ErrorCode.U)
    guest.write32(pte, 0xFEDC_B000 | 1)
    faults(address, Read | User, ErrorCode.P | ErrorCode.U)
    faults(address, Write, ErrorCode.P | ErrorCode.W)
    guest.write32(pde, 0x4000 | 5)
    guest.write32(pte, 0xFEDC_B000 | small)
    faults(address, Write | User, ErrorCode.P | ErrorCode.W | ErrorCode.U)
    guest.write32(pde, 0)
    faults(address, Write, ErrorCode.W)
  })

  it('reaches a 4 MiB page only with CR4.PSE, beyond 4 GiB too', () => {
    guest.write32(pde, 0xC040_0000 | 0x80 | small)
    faults(address, Read, ErrorCode.P | ErrorCode.RSVD) // without PSE this names a table, and none is there
    guest.set({ cr4: Cr4.PSE })
    expect(guest.walk(address, Write)).toBe(0xC040_0000n | (address & 0x3F_FFFFn))
    expect(guest.read32(pde)).toBe((0xC040_0000 | 0xE0 | small) >>> 0)
    guest.write32(pde, 0xC040_0000 | 0xA5 << 13 | 0x80 | small) // bits 20:13 are bits 39:32
    expect(guest.walk(address)).toBe(0xA5_C040_0000n | (address & 0x3F_FFFFn))
    guest.write32(pde, 0xC040_0000 | 1 << 21 | 0x80 | small)
    faults(address, Read, ErrorCode.P | ErrorCode.RSVD)
    guest.exports.setPhysicalWidth(36)
    guest.write32(pde, 0xC040_0000 | 0x0F << 13 | 0x80 | small)
    expect(guest.walk(address)).toBe(0xF_C040_0000n | (address & 0x3F_FFFFn))
    guest.write32(pde, 0xC040_0000 | 0x10 << 13 | 0x80 | small)
    faults(address, Read, ErrorCode.P | ErrorCode.RSVD)
    guest.write32(pde, 0xC040_0000 | 0x81)
    faults(address, Write | User, ErrorCode.P | ErrorCode.W | ErrorCode.U)
  })

  it('tells of a fetch only with SMEP', () => {
    guest.set({ cr4: Cr4.SMEP })
    faults(address, Fetch, ErrorCode.P | ErrorCode.ID)
    expect(guest.walk(address, Fetch | User)).toBe(0xFEDC_B321n)
  })
})
