/** Finds out why the hardware refused to run a vCPU: the nucleus takes the words that `results` points at and ends this sandbox. */
import { number, RefusalNumber } from '../../capability/refusal'
import { Vendor } from '../../capability/virtualization'
import { append, appendByte, appendDigits, bytes } from '../logline'
import { explainVmrun } from './amd'
import { explainEntry } from './intel'
import { brokenRule, refusedAs, refusedPart, refusedValue } from './rule'

/** `invalid guest state: RFLAGS=0: bit 1 must be 1 and reserved bits 0` */
export function start(): i32 {
  if (number(RefusalNumber.Vendor) == Vendor.Intel) explainEntry()
  else explainVmrun()
  append(refusedAs)
  append(': ')
  if (brokenRule.length == 0) {
    append('no rule that is checked is broken')
    return 0
  }
  append(refusedPart)
  appendByte(0x3D)
  appendDigits(refusedValue)
  append(': ')
  append(brokenRule)
  return 0
}

/** Where the words are. */
export function results(): usize { return bytes() }
