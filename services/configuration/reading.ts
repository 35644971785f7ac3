/** Which boot module holds the configuration, and what is said of one that cannot be used. */
import { count, size } from '../../capability/modules'
import { checkPack, faultPart, faultRecord } from './check'
import { beginning } from './beginning'
import { PackHeader, PACK_MAGIC } from './layout'
import { fillRecord } from './record'
import { PackPart, PackStatus, partText, statusText } from './status'
import { append, appendDecimal, say } from '../logline'

/** Checks the first boot module that is a pack and fills the record. False, and the log says why, when there is none or it is broken. */
export function readConfiguration(): bool {
  for (let module: u32 = 0; module < count(); module++) {
    if (!isPack(module)) continue
    const status = checkPack(module, size(module))
    if (status == PackStatus.Ok) fillRecord(module)
    else complain(status)
    return status == PackStatus.Ok
  }
  append('no boot module is a typervisor.pack; no VMs')
  say()
  return false
}

function isPack(module: u32): bool {
  const bytes = beginning(module, sizeof<u64>())
  return bytes != 0 && changetype<PackHeader>(bytes).magic == PACK_MAGIC
}

function complain(status: i32): void {
  append(statusText(status))
  append(' (')
  append(partText(faultPart))
  if (faultPart != PackPart.Header) appendDecimal(faultRecord)
  append('); build the image again with make iso')
  say()
}
