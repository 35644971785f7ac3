/** Who has the host's memory: one row for each owner that has any. */
import * as words from '../log/text'
import { owned } from '../memory/frames'
import { Owner } from '../memory/owner'
import { nameAddress, sandbox, SandboxLimit } from '../sandbox/sandbox'
import { nameOf } from '../vm/name'
import { controlOwner, ramOwner, vmAt, vmCount } from '../vm/vm'

/** How many owners have memory. */
export function ownerRows(): u32 {
  let count: u32 = 0
  for (let owner: u32 = 0; owner < Owner.Limit; owner++) if (owned(owner) != 0) count++
  return count
}

/** The owner of a row. */
export function ownerRow(row: u32): u32 {
  let seen: u32 = 0
  for (let owner: u32 = 0; owner < Owner.Limit; owner++) if (owned(owner) != 0 && seen++ == row) return owner
  return Owner.Limit
}

/** Appends the owner's name. */
export function describeOwner(owner: u32): void {
  switch (owner) {
    case Owner.Free: words.text('free'); return
    case Owner.Nucleus: words.text('nucleus'); return
    case Owner.BootModules: words.text('boot modules'); return
    case Owner.Firmware: words.text('firmware'); return
  }
  if (owner - Owner.First < SandboxLimit) {
    const box = sandbox(owner - Owner.First)
    words.text('sandbox ')
    words.bytes(nameAddress(box), box.nameLength)
    return
  }
  for (let i: u32 = 0; i < vmCount; i++) {
    const vm = vmAt(i)
    if (owner != ramOwner(vm) && owner != controlOwner(vm)) continue
    words.text('vm ')
    nameOf(vm)
    words.text(owner == ramOwner(vm) ? ': RAM' : ': tables and vCPUs')
    return
  }
}
