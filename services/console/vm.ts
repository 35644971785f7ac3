/** What the nucleus knows of a VM at this moment. */
import { vmExits, VmRecord, VmRecordBytes, vmRecord } from '../../capability/admin'
import { Exit } from '../../capability/exit'

const record = changetype<VmRecord>(memory.data(0xC8, 8)) // VmRecordBytes

/** A VM's record, until the next call; all 0 of one that does not exist. */
export function vmOf(vm: u32): VmRecord {
  if (!vmRecord(vm, changetype<usize>(record))) memory.fill(changetype<usize>(record), 0, VmRecordBytes)
  return record
}

/** All its exits since its last start. */
export function exitsOf(vm: u32): u64 {
  let exits: u64 = 0
  for (let reason: u32 = 0; reason < Exit.Count; reason++) exits += vmExits(vm, reason)
  return exits
}
