/** The ACPI tables, read back as an operating system finds them and checked by ACPICA's own compiler. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Guest, type Ram } from './loader.guest'

let guest: Guest
let directory: string
beforeAll(async () => {
  guest = await Guest.create('test/machine/acpi.entry.ts')
  directory = mkdtempSync(join(tmpdir(), 'typervisor-acpi-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function write(vcpuCount: number, maxVcpus = vcpuCount): Ram {
  guest.reset({ ramBytes: 64 << 20, vcpuCount, maxVcpus })
  guest.sandbox.exports.writeTables()
  return guest.ram
}

const sum = (bytes: Uint8Array) => bytes.reduce((total, byte) => (total + byte) & 0xff, 0)

/** As ACPI 6.5, 5.2.5.1 says: on a 16-byte boundary in E0000h–FFFFFh. */
function findRsdp(ram: Ram): number {
  for (let gpa = 0xe0000; gpa < 0x100000; gpa += 16) if (ram.read(gpa, 8).toString('latin1') === 'RSD PTR ') return gpa
  throw new Error('no RSDP')
}

function tables(ram: Ram): Map<string, Buffer> {
  const result = new Map<string, Buffer>()
  const add = (gpa: number) => {
    const table = ram.read(gpa, ram.u32(gpa + 4))
    result.set(table.toString('latin1', 0, 4), table)
    return table
  }
  const xsdt = add(ram.u64(findRsdp(ram) + 24))
  for (let offset = 36; offset < xsdt.length; offset += 8) add(Number(xsdt.readBigUInt64LE(offset)))
  const fadt = result.get('FACP')!
  add(Number(fadt.readBigUInt64LE(132)))
  add(Number(fadt.readBigUInt64LE(140)))
  return result
}

describe('the way to the tables', () => {
  test('RSDP: both checksums, revision 2, length 36', () => {
    const ram = write(2)
    const rsdp = ram.read(findRsdp(ram), 36)
    expect(sum(rsdp.subarray(0, 20))).toBe(0)
    expect(sum(rsdp)).toBe(0)
    expect(rsdp[15]).toBe(2)
    expect(rsdp.readUInt32LE(20)).toBe(36)
  })

  test('RSDT and XSDT list the same tables', () => {
    const ram = write(2)
    const rsdp = findRsdp(ram)
    const rsdt = ram.read(ram.u32(rsdp + 16), ram.u32(ram.u32(rsdp + 16) + 4))
    const xsdt = ram.read(ram.u64(rsdp + 24), ram.u32(ram.u64(rsdp + 24) + 4))
    expect(rsdt.toString('latin1', 0, 4)).toBe('RSDT')
    expect(sum(rsdt)).toBe(0)
    const short = Array.from({ length: (rsdt.length - 36) / 4 }, (_, i) => rsdt.readUInt32LE(36 + 4 * i))
    const long = Array.from({ length: (xsdt.length - 36) / 8 }, (_, i) => Number(xsdt.readBigUInt64LE(36 + 8 * i)))
    expect(short).toEqual(long)
    expect(short).toHaveLength(4)
  })

  test.each([1, 2, 8, 32])('every table of a VM with %i vCPUs adds up to 0 and lies in the reserved area', (vcpuCount) => {
    const ram = write(vcpuCount)
    const all = tables(ram)
    expect([...all.keys()].sort()).toEqual(['APIC', 'DSDT', 'FACP', 'FACS', 'HPET', 'MCFG', 'XSDT'])
    for (const [signature, table] of all) if (signature !== 'FACS') expect(sum(table), signature).toBe(0)
    expect(ram.strays).toEqual([])
    expect(ram.u8(0xdffff)).toBe(0xaa) // what was there before
    expect(ram.u8(0x100000)).toBe(0xaa)
  })
})

describe('what the tables say', () => {
  test('FADT: ACPI mode only, the PM block, reset by CF9h, no VGA, fixed power button', () => {
    const fadt = tables(write(1)).get('FACP')!
    expect(fadt).toHaveLength(276) // ACPI 6.5, table 5.9
    expect(fadt[8]).toBe(6)
    expect(fadt.readUInt16LE(46)).toBe(9) // SCI_INT
    expect(fadt.readUInt32LE(48)).toBe(0) // SMI_CMD
    expect(fadt.readUInt32LE(56)).toBe(0x600) // PM1a_EVT_BLK
    expect(fadt.readUInt32LE(64)).toBe(0x604) // PM1a_CNT_BLK
    expect(fadt.readUInt32LE(76)).toBe(0x608) // PM_TMR_BLK
    expect([fadt[88], fadt[89], fadt[91]]).toEqual([4, 2, 4])
    expect(fadt[108]).toBe(0x32) // CENTURY
    expect(fadt.readUInt16LE(109) & 7).toBe(7) // legacy devices, 8042, no VGA
    const flags = fadt.readUInt32LE(112)
    expect(flags & 1 << 0, 'WBINVD').toBeTruthy()
    expect(flags & 1 << 4, 'PWR_BUTTON: 0 is the fixed button').toBe(0)
    expect(flags & 1 << 8, 'TMR_VAL_EXT: the timer has 24 bits').toBe(0)
    expect(flags & 1 << 10, 'RESET_REG_SUP').toBeTruthy()
    expect(flags & 1 << 20, 'HW_REDUCED_ACPI').toBe(0)
    expect([...fadt.subarray(116, 120)]).toEqual([1, 8, 0, 1]) // system I/O, 8 bits, byte access
    expect(fadt.readBigUInt64LE(120)).toBe(0xcf9n)
    expect(fadt[128]).toBe(6) // RESET_VALUE
    expect(fadt.readBigUInt64LE(152)).toBe(0x600n) // X_PM1a_EVT_BLK
    expect(fadt.readBigUInt64LE(176)).toBe(0x604n) // X_PM1a_CNT_BLK
    expect(fadt.readBigUInt64LE(212)).toBe(0x608n) // X_PM_TMR_BLK
    expect(fadt.readUInt32LE(36)).toBe(Number(fadt.readBigUInt64LE(132)))
    expect(fadt.readUInt32LE(36) % 64).toBe(0) // the FACS
  })

  test('MADT: a local APIC per vCPU, the I/O APIC, IRQ 0 on pin 2, IRQ 9 level and active high, NMI on LINT1', () => {
    const madt = tables(write(3)).get('APIC')!
    expect(madt.readUInt32LE(36)).toBe(0xfee00000)
    expect(madt.readUInt32LE(40)).toBe(1) // PCAT_COMPAT
    const entries: number[][] = []
    for (let offset = 44; offset < madt.length; offset += madt[offset + 1]!) entries.push([...madt.subarray(offset, offset + madt[offset + 1]!)])
    expect(entries).toEqual([
      [0, 8, 0, 0, 1, 0, 0, 0],
      [0, 8, 1, 1, 1, 0, 0, 0],
      [0, 8, 2, 2, 1, 0, 0, 0],
      [1, 12, 3, 0, 0x00, 0x00, 0xc0, 0xfe, 0, 0, 0, 0],
      [2, 10, 0, 0, 2, 0, 0, 0, 0, 0],
      [2, 10, 0, 9, 9, 0, 0, 0, 0x0d, 0],
      [4, 6, 0xff, 0, 0, 1],
    ])
  })

  test('MADT: a processor that may come is online capable, and the I/O APIC has an id beyond its', () => {
    const madt = tables(write(1, 3)).get('APIC')!
    expect([0, 1, 2].map(number => [...madt.subarray(44 + 8 * number, 52 + 8 * number)])).toEqual([
      [0, 8, 0, 0, 1, 0, 0, 0],
      [0, 8, 1, 1, 2, 0, 0, 0], // ACPI 6.5, table 5.20: bit 1
      [0, 8, 2, 2, 2, 0, 0, 0],
    ])
    expect([...madt.subarray(68, 71)]).toEqual([1, 12, 3])
  })

  test('HPET and MCFG', () => {
    const all = tables(write(1))
    const hpet = all.get('HPET')!
    expect(hpet).toHaveLength(56)
    expect(hpet[40]).toBe(0) // system memory
    expect(hpet.readBigUInt64LE(44)).toBe(0xfed00000n)
    const mcfg = all.get('MCFG')!
    expect(mcfg).toHaveLength(60)
    expect(mcfg.readBigUInt64LE(44)).toBe(0xe0000000n)
    expect([mcfg.readUInt16LE(52), mcfg[54], mcfg[55]]).toEqual([0, 0, 255])
  })
})

describe('ACPICA', () => {
  test.each([1, 4, 32])('takes every table of a VM with %i vCPUs apart and compiles it again without a warning', (vcpuCount) => {
    for (const [signature, table] of tables(write(vcpuCount))) {
      const file = join(directory, `${signature}.dat`)
      writeFileSync(file, table)
      const taken = execFileSync('iasl', ['-d', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
      expect(taken, signature).not.toMatch(/warning|error|invalid|incorrect/i)
      if (signature === 'XSDT') continue
      const source = join(directory, `${signature}.dsl`)
      const output = execFileSync('iasl', ['-p', join(directory, 'again'), source], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
      expect(output, signature).toMatch(/0 Errors, 0 Warnings/)
      if (signature !== 'FACS') expect(sum(readFileSync(join(directory, 'again.aml')))).toBe(0)
    }
  })

  /** What ACPICA's interpreter prints when it carries out commands on the DSDT of a VM that can have four vCPUs, with these values in the registers. */
  function execute(registers: Record<string, number>, ...commands: string[]): string {
    const table = join(directory, 'executed.aml')
    writeFileSync(table, tables(write(1, 4)).get('DSDT')!)
    const values = join(directory, 'registers')
    writeFileSync(values, Object.entries(registers).map(([name, value]) => `\\_SB.CPUS.${name} 0x${value.toString(16)}\n`).join(''))
    return execFileSync('acpiexec', ['-fv', '0', '-fi', values, '-b', commands.map(command => `execute ${command}`).join(';'), table], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }
  const integers = (output: string) => [...output.matchAll(/\[Integer\] = ([0-9A-F]+)/g)].map(([, digits]) => parseInt(digits, 16))

  test('finds a processor there by its bit in the register', () => {
    const processors = ['C001', 'C002', 'C003']
    expect(integers(execute({ PRES: 0b0101 }, ...processors.map(name => `\\_SB.CPUS.${name}._STA`)))).toEqual([0, 15, 0])
    expect(execute({}, '\\_SB.CPUS.C002._MAT')).toMatch(/Length 08 = +0000: 00 08 02 02 01 00 00 00/)
  })

  test('notifies those that have come and those that are wanted back, and no others', () => {
    const output = execute({ INSR: 0b0110, ASKD: 0b1000 }, '\\_GPE._E00')
    const notified = [...output.matchAll(/Notify on \[(\w+)\] \S+ Value (0x\d\d)/g)].map(([, device, value]) => `${device} ${value}`)
    expect(notified.sort()).toEqual(['C001 0x01', 'C002 0x01', 'C003 0x03'])
    expect(execute({}, '\\_GPE._E00')).not.toMatch(/Notify/)
  })

  test('writes the number of a processor that is done with, and what became of a notification', () => {
    const names = ['EJCT', 'OSTN', 'OSTE', 'OSTS']
    expect(integers(execute({}, '\\_SB.CPUS.C003._EJ0 1', '\\_SB.CPUS.C002._OST 3 0x81 (00)', ...names.map(name => `\\_SB.CPUS.${name}`)))).toEqual([3, 2, 3, 0x81])
    expect(execute({}, '\\_SB.CPUS.C000._EJ0 1')).toMatch(/AE_NOT_FOUND/) // the boot processor stays
  })

  test('the DSDT, compiled again, is the same byte code', () => {
    const dsdt = tables(write(4)).get('DSDT')!
    writeFileSync(join(directory, 'same.dat'), dsdt)
    execFileSync('iasl', ['-d', join(directory, 'same.dat')], { stdio: 'ignore' })
    const source = readFileSync(join(directory, 'same.dsl'), 'utf8')
    for (const id of ['PNP0A08', 'PNP0A03', 'PNP0C02', 'PNP0C0F', 'PNP0103', 'PNP0501', 'PNP0B00', 'PNP0100', 'PNP0000', 'PNP0303', 'PNP0C04']) expect(source).toContain(id)
    expect(source.match(/"ACPI0007"/g)).toHaveLength(4)
    expect(source).toMatch(/Name \(_S5/)
    execFileSync('iasl', ['-oa', '-p', join(directory, 'same'), join(directory, 'same.dsl')], { stdio: 'ignore' })
    const again = readFileSync(join(directory, 'same.aml'))
    expect(again.subarray(36).equals(dsdt.subarray(36))).toBe(true) // the header names its compiler
  })
})
