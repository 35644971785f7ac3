/** A /dev/kvm alone is no reason to believe in nested virtualization. */
import { expect, test } from 'vitest'
import { chooseAccelerator, type Machine } from '../../tools/virtualization.ts'

const capable: Machine = { cpuFlags: new Set(['svm']), nested: module => module === 'kvm_amd' ? '1' : '', kvmUsable: true }

test.each(['1', 'Y'])('nested KVM where flag, module (%s) and device agree', value => {
  expect(chooseAccelerator({ ...capable, nested: () => value })).toMatchObject({ name: 'kvm', cpu: 'host' })
})
test.each<[string, Partial<Machine>, RegExp]>([
  ['no flag', { cpuFlags: new Set(['lm']) }, /does not offer AMD-V/],
  ['nesting off', { nested: () => '0' }, /kvm_amd nested=1/],
  ['no module', { nested: () => '' }, /kvm_amd/],
  ['no access', { kvmUsable: false }, /\/dev\/kvm/],
  ['Intel', { cpuFlags: new Set(['vmx']), nested: () => 'Y' }, /VT-x/],
])('emulation: %s', (_, change, reason) => {
  const { name, cpu, reason: said } = chooseAccelerator({ ...capable, ...change })
  expect([name, cpu]).toEqual(['tcg', 'EPYC'])
  expect(said).toMatch(reason)
})
