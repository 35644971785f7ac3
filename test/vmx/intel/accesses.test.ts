/** VMREAD and VMWRITE cost far more than their one instruction each: a usual exit has few of them. */
import { expect, test } from 'vitest'
import { vmcsAccesses } from '../../bench/vmcs.ts'

test('a CPUID exit reads six fields and writes two at most', async () => {
  const { reads, writes } = (await vmcsAccesses()).get('cpuid')!
  expect(reads).toBeGreaterThan(0)
  expect(reads).toBeLessThanOrEqual(6)
  expect(writes).toBeGreaterThan(0)
  expect(writes).toBeLessThanOrEqual(2)
})
