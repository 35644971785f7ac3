/** Finds what a command line names, and says what there is when it names nothing. */
import { vmCount } from '../../../capability/admin'
import { sandboxNames, vmNames } from '../candidates'
import { parseNumber, quoted } from '../format'
import { nearest } from '../suggestion'
import { print } from '../terminal'
import { nameOfVm } from '../text'

/** The index of the VM of that name, or -1 after saying that there is none. */
export function findVm(name: string): i32 {
  for (let vm: u32 = 0; vm < vmCount(); vm++) if (nameOfVm(vm) == name) return vm
  print(`There is no VM ${quoted(name)}.${offer(name, vmNames())}\n`)
  return -1
}

/** The index of the sandbox of that name, or -1 after saying that there is none. */
export function findSandbox(name: string): i32 {
  const names = sandboxNames()
  const at = name.length ? names.indexOf(name) : -1
  if (at < 0) print(`There is no sandbox ${quoted(name)}.${offer(name, names.filter((other) => other.length > 0))}\n`)
  return at
}

/** The value of `-n`, or `standard` without it; u64.MAX_VALUE after saying what is allowed. */
export function lineCount(text: string, standard: u64): u64 {
  const most: u64 = 1000000
  if (!text.length) return standard
  const count = parseNumber(text, most)
  if (count >= 1 && count <= most) return count
  print(`-n takes a number of lines from 1 to ${most}, not ${quoted(text)}.\n`)
  return u64.MAX_VALUE
}

function offer(name: string, names: string[]): string {
  const meant = nearest(name, names)
  if (meant.length) return ` Did you mean: ${meant}?`
  return names.length ? ` There are: ${names.join(', ')}.` : ' None is configured.'
}
