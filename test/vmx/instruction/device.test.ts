/** What a device sees of an emulated instruction, and what the guest sees when one cannot be done. */
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Cr0, Cr4, Efer, Guest, P, PS, RW, Status, US } from './guest'

let guest: Guest
const Decode = 0x100
const DecodeStatus = { Invalid: 2, TooLong: 3, Fault: 4 }
const Trap = 0x100n, Direction = 0x400n, Resume = 0x1_0000n, Carry = 1n, Zero = 0x40n

// Linear = physical for the first 2 MiB (RAM) and from 4 MiB (device); 20_0000h to 3F_FFFFh are 4 KiB pages by the table at 4000h.
const device = 0x40_0000n
const code = 0x8000n
const pages = 0x20_0000n

beforeAll(async () => {
  guest = await Guest.create(1)
  guest.grant(0)
})

beforeEach(() => {
  guest.host.fill(0)
  guest.log.length = 0
  guest.deviceValue = () => 0x8877_6655_4433_2211n
  guest.write64(0x1000, 0x2000n | P | RW | US)
  guest.write64(0x2000, 0x3000n | P | RW | US)
  guest.write64(0x3000, 0n | P | RW | US | PS)
  guest.write64(0x3008, 0x4000n | P | RW | US)
  guest.write64(0x3010, device | P | RW | US | PS)
  guest.set({ cr0: Cr0.PE | Cr0.PG | Cr0.WP, cr3: 0x1000n, cr4: Cr4.PAE, efer: Efer.LME | Efer.LMA | Efer.NXE, rflags: 2n, rip: code, csBase: 0n, cpl: 0, codeSize: 64, stackSize: 64 })
  guest.setGeneral(Array.from({ length: 16 }, () => 0n))
})

/** Maps the 4 KiB page `index` of the window at 20_0000h. */
const map = (index: number, entry: bigint) => guest.write64(0x4000 + index * 8, entry)

function run(text: string): number {
  guest.host.set(Buffer.from(text.replaceAll(' ', ''), 'hex'), guest.ram(guest.get('rip')))
  return guest.run()
}

const ram = (gpa: bigint, bytes: number) => guest.host.subarray(guest.ram(gpa), guest.ram(gpa) + bytes).toString('hex')

describe('a device sees', () => {
  it.each([
    ['mov al, [rbx]', '8a 03', ['read 400010 1']],
    ['mov eax, [rbx]', '8b 03', ['read 400010 4']],
    ['mov rax, [rbx]', '48 8b 03', ['read 400010 8']],
    ['mov [rbx], ch', '88 2b', ['write 400010 1 ab']],
    ['mov [rbx], cx', '66 89 0b', ['write 400010 2 abcd']],
    ['mov dword [rbx], -2', 'c7 03 fe ff ff ff', ['write 400010 4 fffffffe']],
    ['mov qword [rbx], -2', '48 c7 03 fe ff ff ff', ['write 400010 8 fffffffffffffffe']],
    ['movzx eax, word [rbx]', '0f b7 03', ['read 400010 2']],
    ['movsx rax, byte [rbx]', '48 0f be 03', ['read 400010 1']],
    ['movsxd rax, [rbx]', '48 63 03', ['read 400010 4']],
    ['or dword [rbx], 0f0h', '81 0b f0 00 00 00', ['read 400010 4', 'write 400010 4 443322f1']],
    ['lock bts dword [rbx], 3', 'f0 0f ba 2b 03', ['read 400010 4', 'write 400010 4 44332219']],
    ['bt dword [rbx], 3', '0f ba 23 03', ['read 400010 4']],
    ['xchg [rbx], ecx', '87 0b', ['read 400010 4', 'write 400010 4 abcd']],
    ['test dword [rbx], 1', 'f7 03 01 00 00 00', ['read 400010 4']],
    ['cmp [rbx], ecx', '39 0b', ['read 400010 4']],
    ['not byte [rbx]', 'f6 13', ['read 400010 1', 'write 400010 1 ee']],
    ['cmpxchg that fails', '0f b1 0b', ['read 400010 4', 'write 400010 4 44332211']],
    ['cmovne that moves nothing', '0f 44 03', ['read 400010 4']],
    ['mov [moffs], al', 'a2 10 00 40 00 00 00 00 00', ['write 400010 1 0']],
    ['clflush [rbx]', '0f ae 3b', []],
    ['prefetcht0 [rbx]', '0f 18 0b', []],
  ])('%s', (_, text, log) => {
    guest.set({ rbx: device + 0x10n, rcx: 0xABCDn })
    expect(run(text)).toBe(Status.Done)
    expect(guest.log).toEqual(log)
    expect(guest.get('rip')).toBe(code + BigInt(text.replaceAll(' ', '').length / 2))
  })

  it('an access that crosses 8 bytes in naturally aligned parts', () => {
    guest.deviceValue = (gpa, size) => (gpa & 0xFFFFn) | (BigInt(size) << 8n)
    guest.set({ rbx: device + 0x5n })
    run('48 8b 03')
    expect(guest.log).toEqual(['read 400005 1', 'read 400006 2', 'read 400008 4', 'read 40000c 1'])
    expect(guest.get('rax')).toBe(0x0C_0000_0408_0206_05n)
    guest.log.length = 0
    guest.set({ rbx: device + 0x6n, rcx: 0x4433_2211n })
    run('89 0b')
    expect(guest.log).toEqual(['write 400006 2 2211', 'write 400008 2 4433'])
  })

  it('an unaligned access within 8 bytes as one', () => {
    guest.set({ rbx: device + 0x3n })
    run('8b 03')
    expect(guest.log).toEqual(['read 400003 4'])
  })

  it('its part of an operand that begins in RAM', () => {
    map(0, 0x9000n | P | RW)
    map(1, (device + 0x1000n) | P | RW)
    guest.set({ rbx: pages + 0xFFEn, rcx: 0x4433_2211n })
    expect(run('89 0b')).toBe(Status.Done)
    expect(ram(0x9FFEn, 2)).toBe('1122')
    expect(guest.log).toEqual(['write 401000 2 4433'])
    expect(run('8b 13')).toBe(Status.Done)
    expect(guest.get('rdx')).toBe(0x2211_2211n)
  })

  it('only the bits of an access, whatever it answers', () => {
    guest.set({ rbx: device, rax: 0xFFFF_FFFF_FFFF_FFFFn })
    run('0f b6 03')
    expect(guest.get('rax')).toBe(0x11n)
  })

  it('rep movs from and to it', () => {
    guest.set({ rsi: device, rdi: 0x9000n, rcx: 3n })
    expect(run('f3 a5')).toBe(Status.Done)
    expect(guest.log).toEqual(['read 400000 4', 'read 400004 4', 'read 400008 4'])
    expect(ram(0x9000n, 12)).toBe('112233441122334411223344')
    guest.log.length = 0
    guest.set({ rsi: 0x9004n, rdi: device + 8n, rcx: 2n, rflags: 2n | Direction })
    expect(run('f3 48 a5')).toBe(Status.Done) // the second element begins before what was stored
    expect(guest.log).toEqual(['write 400008 8 4433221144332211', 'write 400000 8 4433221100000000'])
    expect([guest.get('rsi'), guest.get('rdi'), guest.get('rcx')]).toEqual([0x8FF4n, device - 8n, 0n])
  })

  it('ports of ins and outs', () => {
    guest.deviceValue = () => 0xA5n
    guest.set({ rdx: 0x1_01F0n, rdi: 0x9000n, rcx: 2n })
    expect(run('f3 6c')).toBe(Status.Done)
    guest.set({ rsi: 0x9000n, rcx: 1n })
    expect(run('f3 66 6f')).toBe(Status.Done)
    expect(guest.log).toEqual(['in 1f0 1', 'in 1f0 1', 'out 1f0 2 a5a5'])
  })
})

describe('a repeated instruction', () => {
  it('stops now and then with RIP on it, and goes on', () => {
    guest.set({ rdi: 0x9000n, rcx: 1000n, rax: 0x5An })
    let calls = 1
    for (; run('f3 aa') == Status.Again; calls++) {
      expect(guest.get('rip')).toBe(code)
      expect(guest.get('rdi') + guest.get('rcx')).toBe(0x9000n + 1000n)
    }
    expect(calls).toBeGreaterThan(2)
    expect(calls).toBeLessThan(100)
    expect([guest.get('rip'), guest.get('rcx'), guest.get('rdi')]).toEqual([code + 2n, 0n, 0x9000n + 1000n])
    expect(ram(0x9000n, 1001)).toBe('5a'.repeat(1000) + '00')
  })

  it('does one element at a time under single step', () => {
    guest.set({ rdi: 0x9000n, rcx: 2n, rflags: 2n | Trap })
    expect(run('f3 aa')).toBe(Status.Again)
    expect(guest.get('rcx')).toBe(1n)
    expect(run('f3 aa')).toBe(Status.Done)
  })

  it('does nothing with a count of 0', () => {
    guest.set({ rdi: device, rcx: 0n })
    expect(run('f3 aa')).toBe(Status.Done)
    expect(guest.log).toEqual([])
  })

  it('leaves a fault at the element that caused it', () => {
    map(0, 0x9000n | P | RW)
    guest.set({ rdi: pages + 0xFFCn, rcx: 5n, rax: 0xAAn })
    expect(run('f3 aa')).toBe(Status.Fault)
    expect(guest.fault()).toEqual({ vector: 14, errorCode: 2, linear: pages + 0x1000n })
    expect([guest.get('rip'), guest.get('rcx'), guest.get('rdi')]).toEqual([code, 1n, pages + 0x1000n])
    expect(ram(0x9FFCn, 4)).toBe('aaaaaaaa')
    map(1, 0xA000n | P | RW)
    expect(run('f3 aa')).toBe(Status.Done)
    expect(ram(0xA000n, 2)).toBe('aa00')
  })

  it('does not read the device when the store would fault', () => {
    guest.set({ rsi: device, rdi: pages, rcx: 1n })
    expect(run('f3 a4')).toBe(Status.Fault)
    expect(guest.fault()).toEqual({ vector: 14, errorCode: 2, linear: pages })
    expect(guest.log).toEqual([])
  })

  it('ends at a difference', () => {
    guest.host.write('abcX', guest.ram(0x9000n), 'latin1')
    guest.host.write('abcY', guest.ram(0xA000n), 'latin1')
    guest.set({ rsi: 0x9000n, rdi: 0xA000n, rcx: 8n })
    expect(run('f3 a6')).toBe(Status.Done)
    expect([guest.get('rcx'), guest.get('rsi'), guest.get('rflags') & (Carry | Zero)]).toEqual([4n, 0x9004n, Carry])
  })
})

describe('a fault', () => {
  it('comes before any device is touched', () => {
    map(0, device | P) // read-only
    guest.set({ rbx: pages, rcx: 1n })
    expect(run('01 0b')).toBe(Status.Fault) // add [rbx], ecx
    expect(guest.fault()).toEqual({ vector: 14, errorCode: 3, linear: pages })
    expect(guest.log).toEqual([])
    expect([guest.get('rip'), guest.get('rflags')]).toEqual([code, 2n])
    expect(run('39 0b')).toBe(Status.Done) // cmp only reads
    expect(guest.log).toEqual(['read 400000 4'])
  })

  it('names the second page of an operand that crosses', () => {
    map(0, device | P | RW)
    guest.set({ rbx: pages + 0xFFEn })
    expect(run('89 0b')).toBe(Status.Fault)
    expect(guest.fault()).toEqual({ vector: 14, errorCode: 2, linear: pages + 0x1000n })
    expect(guest.log).toEqual([])
  })

  it('tells user from supervisor', () => {
    map(0, device | P | RW)
    guest.set({ rbx: pages, cpl: 3 })
    expect(run('8b 03')).toBe(Status.Fault)
    expect(guest.fault()).toEqual({ vector: 14, errorCode: 5, linear: pages })
  })

  it('is #SS through the stack segment and #GP elsewhere', () => {
    guest.set({ rbx: 1n << 48n, rbp: 1n << 48n })
    expect(run('8b 03')).toBe(Status.Fault)
    expect(guest.fault()).toMatchObject({ vector: 13, errorCode: 0 })
    expect(run('8b 45 00')).toBe(Status.Fault)
    expect(guest.fault()).toMatchObject({ vector: 12, errorCode: 0 })
  })

  it('leaves rSP alone in push and pop', () => {
    guest.set({ rbx: device, rsp: pages + 8n })
    expect(run('ff 33')).toBe(Status.Fault)
    expect([guest.get('rsp'), guest.log]).toEqual([pages + 8n, []])
    guest.set({ rbx: pages, rsp: 0x9000n })
    expect(run('8f 03')).toBe(Status.Fault)
    expect(guest.get('rsp')).toBe(0x9000n)
  })
})

describe('code', () => {
  it('is fetched across pages, and only as far as it goes', () => {
    map(0, 0x9000n | P)
    map(1, 0xC000n | P)
    guest.host.set([0x48, 0x8B], guest.ram(0x9FFEn))
    guest.host.set([0x03], guest.ram(0xC000n))
    guest.set({ rip: pages + 0xFFEn, rbx: device })
    expect(guest.run()).toBe(Status.Done)
    expect(guest.log).toEqual(['read 400000 8'])
    map(1, 0n)
    guest.set({ rip: pages + 0xFFEn })
    expect(guest.run()).toBe(Decode + DecodeStatus.Fault)
    expect(guest.fault()).toEqual({ vector: 14, errorCode: 16, linear: pages + 0x1000n })
    guest.host.set([0x8B, 0x03], guest.ram(0x9FFEn))
    expect(guest.run()).toBe(Status.Done)
  })

  it('is decoded anew when its bytes, its code size or its place change', () => {
    guest.set({ rbx: device })
    for (let i = 0; i < 3; i++) {
      guest.set({ rip: code })
      expect(run('8b 03')).toBe(Status.Done)
      guest.set({ rip: code })
      expect(run('8a 03')).toBe(Status.Done)
      guest.set({ rip: code })
      expect(run('66 8b 03')).toBe(Status.Done)
      guest.set({ rip: code })
      expect(run('90 8b 03')).toBe(Status.Unsupported)
    }
    expect(guest.log.slice(-3)).toEqual(['read 400000 4', 'read 400000 1', 'read 400000 2'])
    // 48 is REX in 64-bit code and DEC EAX in 32-bit code.
    expect(run('48 8b 03')).toBe(Status.Done)
    guest.set({ rip: code, codeSize: 32 })
    expect(run('48 8b 03')).toBe(Status.Unsupported)
    // The last byte of the longest instruction counts too.
    guest.set({ rip: code, codeSize: 64, rax: 0n })
    const long = '2e 2e 2e 2e 48 81 05 00 00 00 00 11 22 33'
    run(`${long} 44`)
    expect(guest.get('rip')).toBe(code + 15n)
    guest.set({ rip: code })
    guest.host.writeBigUInt64LE(0n, guest.ram(code + 15n))
    run(`${long} 55`)
    expect(guest.read64(Number(code) + 15)).toBe(0x5533_2211n)
  })

  it('is fetched anew when the way to it changes', () => {
    map(0, 0x9000n | P)
    guest.host.set([0x8B, 0x03], guest.ram(0x9010n))
    guest.host.set([0x8A, 0x03], guest.ram(0xA010n))
    const at = (values: Parameters<Guest['set']>[0] = {}) => { guest.set({ rip: pages + 0x10n, ...values }); return guest.run() }
    guest.set({ rbx: device })
    for (let i = 0; i < 3; i++) expect(at()).toBe(Status.Done)
    map(0, 0xA000n | P)
    for (let i = 0; i < 3; i++) expect(at()).toBe(Status.Done)
    expect(guest.log).toEqual([...Array(3).fill('read 400000 4'), ...Array(3).fill('read 400000 1')])
    expect(at({ cpl: 3 })).toBe(Decode + DecodeStatus.Fault)
    expect(guest.fault()).toMatchObject({ errorCode: 0x15 })
    expect(at({ cpl: 0, cr3: 0x5000n })).toBe(Decode + DecodeStatus.Fault)
    expect(at({ cr3: 0x1000n })).toBe(Status.Done)
    guest.exports.createGuest(1)
    expect(at()).toBe(Decode + DecodeStatus.Fault)
    guest.selectAgain()
    expect(at()).toBe(Status.Done)
    map(0, 0n)
    expect(at()).toBe(Decode + DecodeStatus.Fault)
  })

  it('counts what can be fetched', () => {
    map(0, 0x9000n | P)
    for (const [offset, count] of [[0xFF0n, 15], [0xFF1n, 15], [0xFF2n, 14], [0xFFFn, 1]] as const) {
      guest.set({ rip: pages + offset })
      expect(guest.exports.fetchCode()).toBe(count)
    }
    guest.set({ rip: pages + 0x1000n })
    expect(guest.exports.fetchCode()).toBe(0)
  })

  it('outside RAM is all ones, without asking the device', () => {
    guest.set({ rip: device })
    expect(guest.run()).toBe(Decode + DecodeStatus.Invalid)
    expect(guest.log).toEqual([])
  })

  it('runs in real mode, where IP is 16 bits wide and segments have bases', () => {
    guest.set({ cr0: 0n, efer: 0n, cr4: 0n, csBase: 0xF000n, dsBase: 0x10_0000n, esBase: 0x4_0000n, codeSize: 16, stackSize: 16, rip: 0x10n })
    guest.set({ rbx: 0xFFFEn, rsi: 4n, rax: 0xBEEFn })
    guest.host.set([0x89, 0x00], guest.ram(0xF010n)) // mov [bx + si], ax: the offset wraps to 2
    expect(guest.run()).toBe(Status.Done)
    expect(ram(0x10_0000n, 4)).toBe('0000efbe')
    expect(guest.get('rip')).toBe(0x12n)
  })
})

describe('emulate', () => {
  it('clears RF', () => {
    guest.set({ rbx: device, rflags: 2n | Resume })
    run('8b 03')
    expect(guest.get('rflags')).toBe(2n)
  })

  it.each([['movups', '0f 10 03'], ['vmovdqu', 'c5 fa 6f 03'], ['fld', 'd9 03'], ['imul', '0f af 03'], ['mov sreg', '8c 1b'], ['call', 'ff 13'], ['crc32', 'f2 0f 38 f1 03'], ['cmpxchg16b', '48 0f c7 0b'], ['xsave', '0f ae 23']])(
    'leaves %s to others and changes nothing', (_, text) => {
      guest.set({ rbx: device })
      expect(run(text)).toBe(Status.Unsupported)
      expect([guest.log, guest.get('rip')]).toEqual([[], code])
    })

  it('does not execute what does not decode', () => {
    expect(run('0f 04')).toBe(Decode + DecodeStatus.Invalid)
    expect(run('66'.repeat(15))).toBe(Decode + DecodeStatus.TooLong)
  })
})
