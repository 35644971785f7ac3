/** The decoder follows the manual of whoever made the CPU, which is found out before any guest runs. */
import { expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

const Ok = 0, Invalid = 2

/** EBX of CPUID 0: the first four letters of the maker's name. */
const makers = { GenuineIntel: 0x756E_6547, AuthenticAMD: 0x6874_7541 }

test.each([
  // AMD APM vol. 3, MOV CRn and 1.2.2; Intel SDM vol. 2, LOCK and A.3.
  { maker: 'AuthenticAMD', lockMovCr0: Ok, branchSize: 2 },
  { maker: 'GenuineIntel', lockMovCr0: Invalid, branchSize: 8 },
] as const)('$maker', async ({ maker, lockMovCr0, branchSize }) => {
  const hw = { cpuid: (leaf: number, _: number, register: number) => leaf === 0 && register === 1 ? makers[maker] : 0, readMsr: () => 0n }
  const { exports } = await instantiate('test/vmx/vendor.entry.ts', { imports: { hw } })
  exports.check()
  expect(exports.decodeBytes(0xC0_20_0F_F0n, 32)).toBe(lockMovCr0) // lock mov eax, cr0
  expect(exports.decodeBytes(0x00_EB_66n, 64)).toBe(Ok) // o16 jmp short
  expect(exports.operandSize()).toBe(branchSize)
})
