/** Layouts that TypeScript, C, assembly and the manual must agree on. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { offsetsOf } from '../offsets.ts'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

/** Has gcc check that a C struct's fields lie at these offsets, and that it has no others. */
function agreesWithC(header: string, struct: string, offsets: Record<string, number>): void {
  const asserts = Object.entries(offsets).map(([field, offset]) => field === 'size'
    ? `_Static_assert(sizeof(struct ${struct}) == ${offset}, "size");`
    : `_Static_assert(offsetof(struct ${struct}, ${field}) == ${offset}, "${field}");`)
  const options = ['-std=gnu11', '-ffreestanding', '-mgeneral-regs-only', '-fsyntax-only', `-I${join(root, 'boot')}`, '-include', join(root, header), '-x', 'c', '-']
  execFileSync('gcc', options, { input: ['#include <stddef.h>', ...asserts].join('\n'), stdio: ['pipe', 'pipe', 'pipe'] })
}

const snake = (name: string) => name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`)
const underscored = (offsets: Record<string, number>) => Object.fromEntries(Object.entries(offsets).map(([name, offset]) => [snake(name), offset]))

/** Names of the fields of a class, in order, as its source says. */
function fieldsOf(path: string, type: string): string[] {
  const body = new RegExp(`class ${type}\\b[^{]*\\{([^}]*)`).exec(read(path))![1]
  return [...body.matchAll(/^ {2}(\w+): \w+/gm)].map(([, name]) => name)
}

describe('a sandbox\'s capabilities', () => {
  test('are to C what they are to TypeScript', async () => {
    const fields = fieldsOf('kernel/security/capabilities.ts', 'Capabilities')
    const offsets = await offsetsOf('kernel/security/capabilities', 'Capabilities', fields)
    const { granted, ...shared } = offsets
    expect(fields.length).toBeGreaterThan(12)
    const { size, ...fieldOffsets } = underscored(shared)
    // Behind them lies what the nucleus alone keeps, and then the windows.
    agreesWithC('boot/capability.h', 'capabilities', { ...fieldOffsets, reserved: granted, sandbox: size, windows: Number(/changetype<usize>\(this\) \+ (0x\w+)/.exec(read('kernel/security/capabilities.ts'))![1]) })
  })
})

/** What a file's instructions are once its macros have been expanded. */
function assembled(path: string): string {
  const object = join(root, 'build/test', path.replaceAll('/', '-') + '.o')
  mkdirSync(dirname(object), { recursive: true })
  execFileSync('nasm', ['-f', 'elf64', path, '-o', object], { cwd: root })
  return execFileSync('objdump', ['-d', '-M', 'intel', '--no-show-raw-insn', object], { encoding: 'utf8' })
}

describe('an exception\'s frame', () => {
  const fields = fieldsOf('kernel/debug/exception.ts', 'ExceptionFrame')

  test('is to C what it is to TypeScript', async () => {
    agreesWithC('boot/runtime.h', 'exception_frame', await offsetsOf('kernel/debug/exception', 'ExceptionFrame', fields))
  })

  test('is what the stub pushes, the last first', () => {
    const common = /<exception_common>:\n([\s\S]*?)\scld/.exec(assembled('boot/interrupts.asm'))![1]
    const pushed = [...common.matchAll(/push +(\w+)/g)].map(([, register]) => register).reverse()
    // Then what the stub itself and the CPU pushed: APM vol. 2, figure 8-9.
    expect([...pushed, 'vector', 'error', 'rip', 'cs', 'rflags', 'rsp', 'ss']).toEqual(fields)
  })
})

describe('a guest\'s registers', () => {
  const encoding = ['rax', 'rcx', 'rdx', 'rbx', 'rsp', 'rbp', 'rsi', 'rdi', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15']

  test('lie in the order of their encoding', async () => {
    const offsets = await offsetsOf('capability/vcpu', 'Processor', encoding)
    expect(encoding.map(register => offsets[register])).toEqual(encoding.map((_, number) => number * 8))
  })

  test('are loaded and stored by the entry code where they lie', () => {
    const code = assembled('boot/svm.asm')
    const travelling = encoding.filter(register => register !== 'rax' && register !== 'rsp') // RAX and RSP are in the VMCB
    const loads = Object.fromEntries([...code.matchAll(/mov +(\w+),QWORD PTR \[rsi\+0x(\w+)\]/g)].map(([, register, offset]) => [register, parseInt(offset, 16)]))
    const stores = Object.fromEntries([...code.matchAll(/mov +QWORD PTR \[rsi\+0x(\w+)\],(\w+)/g)].map(([, offset, register]) => [register, parseInt(offset, 16)]))
    for (const register of travelling) {
      expect(loads[register], register).toBe(encoding.indexOf(register) * 8)
      // RSI is kept on the stack while it points at the registers, and comes back by way of RCX.
      expect(stores[register === 'rsi' ? 'rcx' : register], register).toBeDefined()
      if (register !== 'rsi' && register !== 'rcx') expect(stores[register], register).toBe(encoding.indexOf(register) * 8)
    }
    expect([...code.matchAll(/mov +QWORD PTR \[rsi\+0x(\w+)\],rcx/g)].map(([, offset]) => parseInt(offset, 16))).toEqual([0x08, 0x30])
  })
})

describe('the VM control block', () => {
  test('has its control area laid out as the manual says: APM vol. 2, table B-1', async () => {
    const manual = {
      interceptCr: 0x000, interceptDr: 0x004, interceptException: 0x008, intercept1: 0x00C, intercept2: 0x010, intercept3: 0x014,
      pauseFilterThreshold: 0x03C, pauseFilterCount: 0x03E, iopmBase: 0x040, msrpmBase: 0x048, tscOffset: 0x050, asid: 0x058, tlbControl: 0x05C,
      virtualTpr: 0x060, virtualIrq: 0x061, virtualPriority: 0x062, virtualMasking: 0x063, virtualVector: 0x064, interruptShadow: 0x068,
      exitCode: 0x070, exitInfo1: 0x078, exitInfo2: 0x080, exitIntInfo: 0x088, nestedPaging: 0x090, avicBar: 0x098, ghcb: 0x0A0,
      eventInjection: 0x0A8, nestedCr3: 0x0B0, lbrVirtualization: 0x0B8, clean: 0x0C0, nextRip: 0x0C8, fetchedCount: 0x0D0, fetched0: 0x0D1,
    }
    const { size, ...offsets } = await offsetsOf('capability/vmcb', 'Vmcb', Object.keys(manual))
    expect(offsets).toEqual(manual)
    expect(size).toBeLessThanOrEqual(0x400)
  })

  test('has its state save area laid out as the manual says: table B-2', async () => {
    const segments = { es: 0x000, cs: 0x010, ss: 0x020, ds: 0x030, fs: 0x040, gs: 0x050, gdtr: 0x060, ldtr: 0x070, idtr: 0x080, tr: 0x090 }
    const manual: Record<string, number> = {
      ...segments, ...Object.fromEntries(Object.entries(segments).map(([name, offset]) => [`${name}Base`, offset + 8])),
      cpl: 0x0CB, efer: 0x0D0, cr4: 0x148, cr3: 0x150, cr0: 0x158, dr7: 0x160, dr6: 0x168, rflags: 0x170, rip: 0x178,
      rsp: 0x1D8, sCet: 0x1E0, ssp: 0x1E8, isstAddress: 0x1F0, rax: 0x1F8, star: 0x200, lstar: 0x208, cstar: 0x210, sfmask: 0x218,
      kernelGsBase: 0x220, sysenterCs: 0x228, sysenterEsp: 0x230, sysenterEip: 0x238, cr2: 0x240, pat: 0x268, debugControl: 0x270,
    }
    const { size, ...offsets } = await offsetsOf('capability/vmcb', 'SaveArea', Object.keys(manual))
    expect(offsets).toEqual(manual)
    expect(size).toBeLessThanOrEqual(0xC00)
  })

  test('holds a segment as the manual says', async () => {
    expect(await offsetsOf('capability/vmcb', 'SegmentState', ['selector', 'attributes', 'limit', 'base']))
      .toEqual({ size: 16, selector: 0, attributes: 2, limit: 4, base: 8 })
  })
})

describe('the address space', () => {
  const number = (text: string) => BigInt(text.replace(/_/g, '').replace(/ul$/, ''))
  const c = Object.fromEntries([...read('boot/layout.h').matchAll(/#define (\w+) (0x\w+|\d+)/g)].map(([, name, value]) => [name, number(value)]))
  const assembly = Object.fromEntries([...read('boot/layout.inc').matchAll(/%define (\w+)\s+(0x\w+|\d+)/g)].map(([, name, value]) => [name, number(value)]))
  const script = Object.fromEntries([...read('kernel/memory/layout.ts').matchAll(/const (\w+): \w+ = (0x\w+|\d+)/g)].map(([, name, value]) => [name, number(value)]))

  test('is the same to assembly as to C', () => {
    expect(Object.keys(assembly).sort()).toEqual(['DIRECT_BASE', 'IMAGE_BASE', 'INSTANCE_BEFORE', 'NUCLEUS_SLOT', 'SLOT_LINEAR'])
    for (const [name, value] of Object.entries(assembly)) expect(c[name], name).toBe(value)
  })

  test('is the same to TypeScript as to C', () => {
    expect(script.ImageBase).toBe(c.IMAGE_BASE)
    expect(script.DirectBase).toBe(c.DIRECT_BASE)
    expect(script.NucleusSlot).toBe(c.NUCLEUS_SLOT)
    expect(script.SlotBase).toBe(c.SLOT_BASE)
    expect(script.SlotBytes).toBe(c.SLOT_SIZE)
    expect(script.SlotLinear).toBe(c.SLOT_LINEAR)
    expect(script.MemoryDistance).toBe(c.MEMORY_DISTANCE)
    expect(script.InstancePages * 4096n).toBe(c.INSTANCE_BEFORE)
  })

  test('leaves a sandbox\'s every index and offset within its slot', () => {
    const reach = 2n ** 33n // of a 32-bit index and a 32-bit offset
    expect(script.SlotLinear + reach).toBeLessThanOrEqual(script.SlotBytes)
    expect(script.WindowLimit).toBeGreaterThan(script.WindowBase)
    expect(script.WindowBase).toBeGreaterThan(script.FrameTableBase)
  })
})

describe('what the linker knows', () => {
  test('is asked for in the order in which boot/hw.h answers', () => {
    const answers = /addresses\[\] = \{([^}]*)\}/.exec(read('boot/hw.h'))![1].split(',').map(name => name.trim())
    const keys = /namespace ImageAddress \{([^}]*)\}/.exec(read('kernel/hw.ts'))![1]
    const asked = Object.fromEntries([...keys.matchAll(/const (\w+): u32 = (\d+)/g)].map(([, name, value]) => [snake(name).slice(1), Number(value)]))
    for (const [name, key] of Object.entries(asked)) if (!name.endsWith('_stack_guard')) expect(answers[key], name).toMatch(new RegExp(`^(image_)?${name}$`))
    expect(answers[asked.first_stack_guard]).toBe('kernel_stack_guard')
    expect(Math.max(...Object.values(asked))).toBe(answers.length - 1)
    expect(answers.slice(asked.first_stack_guard, asked.last_stack_guard + 1).every(name => name.endsWith('_stack_guard'))).toBe(true)
  })
})
