/** What is said of a vCPU that the hardware refused to run, as a whole; each rule has its test in test/vmx. */
import { beforeEach, expect, test } from 'vitest'
import { instantiate, type Sandbox } from '../sandbox.ts'

const Amd = 0, Intel = 1
let vendor = Amd
/** By the keys of capability/refusal.ts: 64 bits of the VMCB, or a field of the VMCS. */
let fields: Record<number, bigint> = {}
let error = 0n

let service: Sandbox
beforeEach(async () => {
  service = await instantiate('services/refusal/index.ts', {
    imports: { refusal: { number: (key: number) => [BigInt(vendor), error, 48n][key] ?? 0n, field: (key: number) => fields[key] ?? 0n } },
  })
})

function said(): string {
  expect(service.exports.start()).toBe(0)
  const bytes = Buffer.from(service.memory.buffer, service.exports.results(), 256)
  return bytes.toString('latin1', 0, bytes.indexOf(0))
}

test('the first rule that is broken, with what breaks it', () => {
  vendor = Amd
  fields = { 0x4D0: 0x1D01n, 0x558: 0x2000_0011n, 0x550: 1n << 60n }
  expect(said()).toBe('VMEXIT_INVALID: CR0=20000011: its upper half must be 0, NW needs CD, and long mode needs PE')
})

test('nothing that is checked', () => {
  vendor = Amd
  fields = { 0x010: 1n, 0x058: 1n, 0x4D0: 0x1000n, 0x558: 0x10n }
  expect(said()).toBe('VMEXIT_INVALID: no rule that is checked is broken')
})

test('what VT-x says by itself', () => {
  vendor = Intel
  error = 5n
  fields = {}
  expect(said()).toBe('VM-instruction error: no rule that is checked is broken')
})
