/** What the firmware's ACPI tables say, as the sandbox that read them found (services/firmware): taken only as a whole, and only when it can be true. */
import { AcpiRecord, AcpiRecordBytes, Capacity, HpetBytes, IoApicBytes, Register, RegisterSpace } from '../../capability/firmware'
import { isRam } from './memorymap'
import { isDevice } from './physical'

const record: usize = memory.data(0x1598, 8)

/** All zero on a machine without ACPI. */
@inline export function acpi(): AcpiRecord { return changetype<AcpiRecord>(record) }

/** Goes on as on a machine without ACPI. */
export function clearAcpi(): void { memory.fill(record, 0, AcpiRecordBytes) }

/** Without an I/O APIC nothing typed would be heard: PCs have one here, with the ISA interrupts one to one. MultiProcessor Specification 1.4, 3.6.5 and 5. */
export function assumeIoApic(): void {
  acpi().ioApicCount = 1
  acpi().ioApic(0).address = 0xFEC0_0000
  for (let irq: u32 = 0; irq < Capacity.Isa; irq++) acpi().isaInterrupt(irq).globalInterrupt = irq
}

/** True when the record that was copied to `acpi()` names nothing that is not there to be named: the nucleus writes to these registers. */
export function isSound(): bool {
  const found = acpi()
  if (found.cpuCount > Capacity.Cpus || found.ioApicCount > Capacity.IoApics || found.localNmiCount > Capacity.LocalNmis) return false
  if (found.configurationSpaceCount > Capacity.ConfigurationSpaces || (found.sleepTypeA | found.sleepTypeB) > 7) return false
  for (let i: u32 = 0; i < 4; i++) if (!isUsable(found.register(i))) return false
  for (let i: u32 = 0; i < found.ioApicCount; i++) if (!isDevice(found.ioApic(i).address, IoApicBytes)) return false
  for (let i: u32 = 0; i < found.configurationSpaceCount; i++) {
    const space = found.configurationSpace(i)
    const first = space.base + (<u64>space.firstBus << 20)
    if (space.lastBus > 255 || space.firstBus > space.lastBus || first < space.base || isRam(first, <u64>(space.lastBus - space.firstBus + 1) << 20)) return false
  }
  return found.hpetAddress == 0 || isDevice(found.hpetAddress, HpetBytes)
}

function isUsable(register: Register): bool {
  return register.space == RegisterSpace.None || register.space == RegisterSpace.Port && register.address < 0x1_0000 ||
    register.space == RegisterSpace.Memory && isDevice(register.address, 8)
}
