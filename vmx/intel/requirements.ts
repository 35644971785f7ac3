/** Controls that every guest runs with, and which of them this CPU lacks. SDM vol. 3, 25.6 to 25.8. */
import { Blocked, ControlWord } from '../../capability/virtualization'
import { ProcessorBased } from '../../capability/vmcs'
import { insistedBits } from './controls'
import { capabilities, has } from './features'

/** The controls, each as the word it is in plus its bit. The console knows their names. */
const required: StaticArray<u32> = [
  ControlWord.Pin + 0, ControlWord.Pin + 3, ControlWord.Pin + 5,
  ControlWord.Processor + 2, ControlWord.Processor + 3, ControlWord.Processor + 7, ControlWord.Processor + 10, ControlWord.Processor + 11,
  ControlWord.Processor + 22, ControlWord.Processor + 25, ControlWord.Processor + 28, ControlWord.Processor + 29, ControlWord.Processor + 31,
  ControlWord.Secondary + 1, ControlWord.Secondary + 7,
  ControlWord.Exit + 2, ControlWord.Exit + 9, ControlWord.Exit + 18, ControlWord.Exit + 19, ControlWord.Exit + 20, ControlWord.Exit + 21,
  ControlWord.Entry + 2, ControlWord.Entry + 9, ControlWord.Entry + 14, ControlWord.Entry + 15,
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
  for (let i = 0; i < required.length; i++) if (!has(required[i])) return Blocked.ControlRefused | required[i] << 8
  return insistedBits(Unwanted, capabilities.processorBased) != 0 ? Blocked.ControlInsisted : Blocked.No
}
