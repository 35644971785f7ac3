/** The reader of the configuration, which turns rogue where the host is named rogue-N: N is a crime's number, or one of these. */
import { line } from '../../capability/log'
import { count, read as readModule, size } from '../../capability/modules'
import { start as read } from '../../services/configuration/index'
import { header, hostName, textBytes } from '../../services/configuration/pack'
import { record } from '../../services/configuration/record'
import { commit } from './crimes'
import { badAddress, BadAddresses, describeRefusals, expectRefusal } from './pointers'

export { results } from '../../services/configuration/index'

const Pointers: u32 = 100
const FalseCount: u32 = 101
const FalseModule: u32 = 102
const FalseFile: u32 = 103
const FalseVcpus: u32 = 104
const text: usize = memory.data(64)

export function start(): i32 {
  const status = read()
  const crime = crimeOf()
  switch (crime) {
    case 0: break
    case Pointers: askForEverything(); break
    case FalseCount: record().vmCount = u32.MAX_VALUE; break
    case FalseModule: record().module = count(); break
    case FalseFile: record().vm(0).file(0).offset = 0 - <u64>4096; break
    case FalseVcpus: record().vm(0).vcpuCount = record().vm(0).maxVcpus = u32.MAX_VALUE; break
    default: commit(crime)
  }
  return status
}

/** The number behind rogue-, or 0. */
function crimeOf(): u32 {
  const prefix = 'rogue-'
  const name = textBytes(hostName())
  for (let i = 0; i < prefix.length; i++) if (<i32>load<u8>(name + i) != prefix.charCodeAt(i)) return 0
  let crime: u32 = 0
  for (let i: u32 = prefix.length; i < hostName().length; i++) crime = crime * 10 + load<u8>(name + i) - 0x30
  return crime
}

function askForEverything(): void {
  for (let n: u32 = 0; n < BadAddresses; n++) expectRefusal(!readModule(0, badAddress(n), 32))
  expectRefusal(!readModule(record().module, 8192, <u32>size(record().module) + 1))
  expectRefusal(!readModule(record().module, 8192, header().metadataSize + 0x8000_0000))
  expectRefusal(!readModule(count(), 8192, 1))
  expectRefusal(!readModule(u32.MAX_VALUE, 8192, 0))
  expectRefusal(size(count()) == 0)
  line(text, describeRefusals(text))
}
