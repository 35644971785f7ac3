/** Stands in kernel/vm/ of a nucleus that compares the hardware's instruction lengths with the decoder's, and logs what it found. */
import { commit } from '../log/log'
import * as words from '../log/text'
import { decodeAt } from '../../vmx/instruction/fetch'
import { DecodeStatus } from '../../vmx/instruction/status'
import { hardwareLength, readProcessor } from '../../vmx/operations'
import { instruction } from './exits'
import { Vcpu } from './vcpu'

const ReportEvery: u32 = 500
let compared: u32 = 0
let different: u32 = 0

/** The hardware's length. */
export function comparedLength(vcpu: Vcpu): u32 {
  const length = hardwareLength(vcpu)
  if (length == 0) return 0
  readProcessor(vcpu)
  const decoded = decodeAt(vcpu, instruction()) == DecodeStatus.Ok ? instruction().length : 0
  if (decoded != length && different++ < 10) {
    words.text('length by the hardware ')
    words.decimal(length)
    words.text(', by the decoder ')
    words.decimal(decoded)
    words.text(' at rip=')
    words.hex(vcpu.rip)
    commit()
  }
  if (++compared % ReportEvery != 0) return length
  words.text('lengths compared=')
  words.decimal(compared)
  words.text(' different=')
  words.decimal(different)
  commit()
  return length
}
