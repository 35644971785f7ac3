/** A /dev/kvm alone is no reason to believe in nested virtualization. */
import { expect, test } from 'vitest'
import { chooseAccelerator, type Machine } from '../../tools/virtualization.ts'

const amd: Machine = { cpuFlags: new Set(['svm']), nested: module => module === 'kvm_amd' ? '1' : '', kvmUsable: true }
const intel: Machine = { cpuFlags: new Set(['vmx']), nested: module => module === 'kvm_intel' ? 'Y' : '', kvmUsable: true }

test.each([['AMD-V', amd], ['Intel VT-x', intel]])('nested KVM where flag, module and device agree: %s', (extension, machine) => {
  expect(chooseAccelerator(machine)).toEqual({ name: 'kvm', cpu: 'host', reason: `nested KVM on this processor's ${extension}` })
})
test.each<[string, Machine, RegExp]>([
  ['no flag', { ...amd, cpuFlags: new Set(['lm']) }, /neither AMD-V nor Intel VT-x/],
  ['nesting off', { ...amd, nested: () => '0' }, /kvm_amd nested=1/],
  ['nesting off on Intel', { ...intel, nested: () => 'N' }, /kvm_intel nested=1/],
  ['no module', { ...amd, nested: () => '' }, /kvm_amd/],
  ['the other vendor\'s module', { ...intel, nested: amd.nested }, /kvm_intel/],
  ['no access', { ...intel, kvmUsable: false }, /\/dev\/kvm/],
])('emulation: %s', (_, machine, reason) => {
  const { name, cpu, reason: said } = chooseAccelerator(machine)
  expect([name, cpu]).toEqual(['tcg', 'EPYC'])
  expect(said).toMatch(reason)
})
