/** virtio over PCI by its entropy device: rings of every kind and size, memory that moves, interrupts, and rings that cannot be. */
import { enableApic, endOfInterrupt, hasApic } from '../platform/localapic'
import { linear, load64 } from '../platform/hw'
import { maskAllPins, writeIoApic } from '../platform/ioapic'
import { EventIndex, IndirectDescriptors, interruptStatus, move, offered, Packed, pin, sendMessages, stops, Version1 } from '../platform/virtio'
import { buffer, describe, findEntropy, offer, request, startEntropy } from './entropy'
import { acknowledge, acknowledgeOnly, forget, listen, taken, Vector, waitFor } from './interrupts'
import { equal, equalUnderHypervisor, holds, onEmulator, skip, subject } from './report'

/** Free on this board and on the emulator's. */
@inline const Elsewhere: u64 = 0xD000_0000

export function testVirtio(): void {
  if (!findEntropy()) return skip('virtio', 'there is no entropy device')
  sendMessages(false, 0, true)
  subject('virtio')
  equal('  offers version 1', offered() & Version1, Version1)
  equalUnderHypervisor('  does not take what it does not offer', u32(startEntropy(Version1 | 1 << 37, 8)), 0)
  equalUnderHypervisor('  does not go without version 1', u32(startEntropy(0, 8)), 0)
  for (let size: u32 = 1; size <= 256; size <<= 1) testRing(size, Version1 | (size & 0x55 ? EventIndex | IndirectDescriptors : 0))
  if (offered() & Packed) {
    for (let size: u32 = 1; size <= 256; size += size < 8 ? 2 : 31) testRing(size, Version1 | Packed)
  } else skip('  packed rings', 'they are not offered')
  testMove()
  testMessages()
  testLine()
  testWrong()
}

/** Requests twice round and one more, each of which gives other bytes. */
function testRing(size: u32, features: u64): void {
  const started = startEntropy(features, size)
  let answered: u32 = 0
  let before: u64 = 0
  for (let count: u32 = 0; started && count < 2 * size + 1; count++) {
    if (request(16) == 0 || load64(linear(buffer)) == before) break
    before = load64(linear(buffer))
    answered++
  }
  equal(features & Packed ? '  a packed ring of any size, twice round' : '  a split ring of any size, twice round', answered, 2 * size + 1)
}

function testMove(): void {
  const before = move(Elsewhere)
  equalUnderHypervisor('  its old place is left', load64(before), u64.MAX_VALUE)
  holds('  it starts in another place', startEntropy(Version1, 16))
  equal('  and answers there', request(32), 32)
  move(before)
  equal('  it moves back while it runs', request(32), 32)
}

function testMessages(): void {
  if (!hasApic()) return skip('  MSI-X', 'no local APIC')
  enableApic()
  maskAllPins()
  sendMessages(true, Vector.Ipi, false)
  startEntropy(Version1, 16)
  forget()
  request(64)
  equal('  a message for each request', waitFor(Vector.Ipi, 1, 100_000), 1)
  sendMessages(true, Vector.Ipi, true)
  request(64)
  listen(20_000)
  equal('  none that is masked', taken(Vector.Ipi), 1)
  sendMessages(true, Vector.Ipi, false)
  equal('  it comes when it is unmasked', waitFor(Vector.Ipi, 2, 100_000), 2)
  sendMessages(false, Vector.Ipi, true)
}

function testLine(): void {
  if (!hasApic() || onEmulator()) return skip('  INTA#', 'where it is wired to is another board\'s')
  startEntropy(Version1, 16)
  writeIoApic(0x11 + 2 * pin(), 0)
  writeIoApic(0x10 + 2 * pin(), Vector.IoApic | 1 << 15)
  forget()
  request(64)
  acknowledgeOnly(3) // the fourth is the last: without an end to them nothing else would run
  equal('  INTA# is a level', waitFor(Vector.IoApic, 4, 100_000), 4)
  equal('  the interrupt status says why', interruptStatus(), 1)
  acknowledge(true)
  endOfInterrupt()
  forget()
  listen(20_000)
  equal('  and reading it is the end of it', taken(Vector.IoApic), 0)
  maskAllPins()
}

/** Each stops the device, and nothing else; a reset mends it. */
function testWrong(): void {
  for (let kind: u32 = 0; kind < 5; kind++) {
    startEntropy(Version1 | IndirectDescriptors, 16)
    request(16)
    describe(1, linear(buffer), 16, 3, 1) // a loop
    if (kind == 1) describe(1, 0x70_0000_0000, 16, 2, 0) // no RAM
    if (kind == 2) describe(1, linear(buffer), u32.MAX_VALUE, 2, 0) // ends beyond the RAM
    if (kind == 3) describe(1, linear(buffer), 8, 4, 0) // half a table
    offer(kind == 4 ? 0x1234 : 1) // no such head
    equalUnderHypervisor('  a ring that cannot be stops the device', u32(stops()), 1)
    if (kind == 0) equal('  it answers nothing', request(16), 0)
    startEntropy(Version1, 16)
    equal('  a reset mends it', request(16), 16)
  }
}
