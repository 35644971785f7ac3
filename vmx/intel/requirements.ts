/** Controls that every guest runs with, and which of them this CPU lacks. SDM vol. 3, 25.6 to 25.8. */
import { Blocked } from '../blocked'
import { insistedBits, ProcessorBased } from './controls'
import { capabilities, ControlWord, has } from './features'

/** The controls, each as the word it is in plus its bit, and their names in the manual, in the same order. */
const required: StaticArray<u32> = [
  ControlWord.Pin + 0, ControlWord.Pin + 3, ControlWord.Pin + 5,
  ControlWord.Processor + 2, ControlWord.Processor + 3, ControlWord.Processor + 7, ControlWord.Processor + 10, ControlWord.Processor + 11,
  ControlWord.Processor + 22, ControlWord.Processor + 25, ControlWord.Processor + 28, ControlWord.Processor + 29, ControlWord.Processor + 31,
  ControlWord.Secondary + 1, ControlWord.Secondary + 7,
  ControlWord.Exit + 2, ControlWord.Exit + 9, ControlWord.Exit + 18, ControlWord.Exit + 19, ControlWord.Exit + 20, ControlWord.Exit + 21,
  ControlWord.Entry + 2, ControlWord.Entry + 9, ControlWord.Entry + 14, ControlWord.Entry + 15,
]
const names: StaticArray<string> = [
  'external-interrupt exiting', 'NMI exiting', 'virtual NMIs',
  'interrupt-window exiting', 'use TSC offsetting', 'HLT exiting', 'MWAIT exiting', 'RDPMC exiting',
  'NMI-window exiting', 'use I/O bitmaps', 'use MSR bitmaps', 'MONITOR exiting', 'activate secondary controls',
  'enable EPT', 'unrestricted guest',
  'save debug controls', 'host address-space size', 'save IA32_PAT', 'load IA32_PAT (exit)', 'save IA32_EFER', 'load IA32_EFER (exit)',
  'load debug controls', 'IA-32e mode guest', 'load IA32_PAT (entry)', 'load IA32_EFER (entry)',
]

/** With EPT these exits only cost time, and nothing answers them. The first CPUs insisted on two of them. */
const Unwanted: u32 = ProcessorBased.Cr3LoadExiting | ProcessorBased.Cr3StoreExiting | ProcessorBased.InvlpgExiting

/** The required bits of a control word. IA-32e mode guest is among those of VM entry, and is the guest's to change. */
export function requiredBits(word: u32): u32 {
  let bits: u32 = 0
  for (let i = 0; i < required.length; i++) if (required[i] - word < 32) bits |= 1 << (required[i] - word)
  return bits
}

/** Blocked.ControlRefused and above bit 8 which control, or Blocked.ControlInsisted, or Blocked.No when guests can have all controls that they need. */
export function missingControl(): u32 {
  for (let i = 0; i < required.length; i++) if (!has(required[i])) return Blocked.ControlRefused | i << 8
  return insistedBits(Unwanted, capabilities.processorBased) != 0 ? Blocked.ControlInsisted : Blocked.No
}

/** The manual's name for what `missingControl` reported. */
export function controlName(reason: u32): string { return names[reason >> 8] }
