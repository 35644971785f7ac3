/** The `file` capability: the boot files of one VM, in place in the pack. */
import * as hw from '../hw'
import { FileCapacity, Span } from '../../capability/configuration'
import { configuration, hpaOf } from '../config/configuration'
import { isOwnMemory, sandbox } from '../sandbox/sandbox'
import { DirectBase } from '../memory/layout'
import { forEachPiece } from './ram'

/** The policy grants this space to machines only, so there always is a VM. */
function fileOf(subject: u32, file: u32): Span | null { return file < FileCapacity ? configuration().vm(sandbox(subject).vm).file(file) : null }

export function fileSize(subject: u32, file: u32): u64 {
  const span = fileOf(subject, file)
  return span === null ? 0 : span.length
}

/** Where [offset, offset + length) of a file lies, or 0 when it leaves the file. */
function rangeOf(subject: u32, file: u32, offset: u64, length: u64): u64 {
  const span = fileOf(subject, file)
  return span !== null && offset <= span.length && length <= span.length - offset ? hpaOf(span) + offset : 0
}

export function fileRead(subject: u32, file: u32, offset: u64, target: usize, length: u32): bool {
  const box = sandbox(subject)
  const source = rangeOf(subject, file, offset, length)
  if (source == 0 || !isOwnMemory(box, target, length)) return false
  hw.copyVirtual(box.linear + target, DirectBase + source, length)
  return true
}

export function fileToRam(subject: u32, file: u32, offset: u64, gpa: u64, length: u64): bool {
  const source = rangeOf(subject, file, offset, length)
  return source != 0 && forEachPiece(subject, gpa, length, source, (hpa, from, span) => { hw.copy(hpa, from, span) })
}
