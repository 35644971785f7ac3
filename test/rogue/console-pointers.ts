/** Every import of the console, asked for what it must not get. Where an import has no answer, that the host lives on is the test. */
import * as admin from '../../capability/admin'
import { line } from '../../capability/log'
import { badAddress, badLength, BadAddresses, expectRefusal } from './pointers'

const Nothing: u32 = 0xFFFF_FFFF
const own: usize = memory.data(128)

/** Asks. */
export function askForEverything(): void {
  for (let n: u32 = 0; n < BadAddresses; n++) askWith(badAddress(n), badLength(n))
  askForNothing()
  askForOrders()
}

/** Lengths of texts are answered whatever the address; the bytes go nowhere. */
function askWith(address: usize, length: u32): void {
  admin.vmText(0, admin.VmText.Name, address, length)
  admin.vmText(0, admin.VmText.CommandLine, address, length)
  admin.hostText(admin.HostText.Version, address, length)
  admin.sandboxText(0, admin.SandboxText.Name, address, length)
  line(address, length)
  expectRefusal(!admin.vmRecord(0, address))
  expectRefusal(admin.logRead(admin.logBegin(), address, length) == 0)
  expectRefusal(admin.serialRead(0, admin.serialBegin(0), address, length) == 0)
  expectRefusal(admin.serialWrite(0, address, length) == 0)
  expectRefusal(admin.terminalRead(address, length) == 0)
  expectRefusal(admin.terminalWrite(address, length) == 0)
}

function askForNothing(): void {
  expectRefusal(!admin.vmRecord(Nothing, own))
  expectRefusal(admin.vmExits(Nothing, 0) == 0)
  expectRefusal(admin.vmExits(0, Nothing) == 0)
  expectRefusal(admin.vmText(Nothing, 0, own, 64) == 0)
  expectRefusal(admin.vmText(0, Nothing, own, 64) == 0)
  expectRefusal(admin.hostNumber(Nothing) == 0)
  expectRefusal(admin.hostText(Nothing, own, 64) == 0)
  expectRefusal(admin.memoryBytes(Nothing) == 0)
  expectRefusal(admin.sandboxNumber(Nothing, Nothing) == 0)
  expectRefusal(admin.sandboxText(0, Nothing, own, 64) == 0)
  admin.pciRead(Nothing)
  expectRefusal(admin.logRead(u64.MAX_VALUE, own, 64) == 0)
  expectRefusal(admin.serialBegin(Nothing) == 0)
  expectRefusal(admin.serialEnd(Nothing) == 0)
  expectRefusal(admin.serialRead(Nothing, 0, own, 64) == 0)
  expectRefusal(admin.serialRead(0, u64.MAX_VALUE, own, 64) == 0)
  expectRefusal(admin.serialWrite(Nothing, own, 64) == 0)
  admin.cpuid(Nothing, Nothing)
}

function askForOrders(): void {
  expectRefusal(admin.vmOrder(Nothing, 0) == admin.AdminStatus.NoSuchObject)
  expectRefusal(admin.vmOrder(0, Nothing) == admin.AdminStatus.OutOfRange)
  expectRefusal(admin.vmSet(Nothing, 0, 1) == admin.AdminStatus.NoSuchObject)
  expectRefusal(admin.vmSet(0, Nothing, 1) == admin.AdminStatus.OutOfRange)
  expectRefusal(admin.vmSet(0, admin.VmSetting.Weight, 0) == admin.AdminStatus.OutOfRange)
  expectRefusal(admin.vmSet(0, admin.VmSetting.Weight, u64.MAX_VALUE) == admin.AdminStatus.OutOfRange)
  expectRefusal(admin.vmSet(0, admin.VmSetting.OnCrash, 3) == admin.AdminStatus.OutOfRange)
  expectRefusal(admin.hostSet(Nothing, 0) == admin.AdminStatus.OutOfRange)
  expectRefusal(admin.hostSet(admin.HostSetting.CoreScheduling, 2) == admin.AdminStatus.OutOfRange)
  expectRefusal(admin.sandboxRestart(Nothing) == admin.AdminStatus.NoSuchObject)
  expectRefusal(admin.power(Nothing) == admin.AdminStatus.OutOfRange)
  admin.wakeAt(u64.MAX_VALUE - 1)
}
