/** Writes AML, the byte code of the DSDT, term by term. ACPI 6.5, 20.2. */
import { insert, patch8, position, put16, put32, put64, put8, text } from './buffer'

/** Opcodes. */
namespace Op {
  export const Zero: u32 = 0x00
  export const One: u32 = 0x01
  export const Name: u32 = 0x08
  export const BytePrefix: u32 = 0x0a
  export const WordPrefix: u32 = 0x0b
  export const DwordPrefix: u32 = 0x0c
  export const StringPrefix: u32 = 0x0d
  export const QwordPrefix: u32 = 0x0e
  export const Scope: u32 = 0x10
  export const Buffer: u32 = 0x11
  export const Package: u32 = 0x12
  export const MultiNamePrefix: u32 = 0x2f
  export const RootChar: u32 = 0x5c
  export const Extended: u32 = 0x5b
  // After Extended.
  export const OperationRegion: u32 = 0x80
  export const Field: u32 = 0x81
  export const Device: u32 = 0x82
}

const SYSTEM_IO: u32 = 1
const BYTE_ACCESS: u32 = 1 // and no lock; what a narrower write leaves out is kept

// A term whose length stands before it is opened with `open…` and closed with `close`, innermost first; `open…` returns what `close` needs.

/** A term that begins with a name. */
export function openNamed(op: u32, label: string): u32 {
  put8(op)
  const start = position()
  path(label)
  return start
}

/** `Scope (path)`. */
export function openScope(path: string): u32 { return openNamed(Op.Scope, path) }

/** `Device (label)`. */
export function openDevice(label: string): u32 {
  put8(Op.Extended)
  return openNamed(Op.Device, label)
}

/** A device with a `numberedPath`. */
export function openNumberedDevice(letter: string, number: u32): u32 {
  put8(Op.Extended)
  put8(Op.Device)
  const start = position()
  numberedPath(letter, number)
  return start
}

/** A reference to an object whose name is a letter and `number` in three hexadecimal digits. */
export function numberedPath(letter: string, number: u32): void {
  text(letter)
  for (let shift: i32 = 8; shift >= 0; shift -= 4) {
    const digit = number >> shift & 15
    put8(digit < 10 ? 0x30 + digit : 0x37 + digit)
  }
}

/** `OperationRegion (label, SystemIO, port, length)`. */
export function portRegion(label: string, port: u32, length: u32): void {
  put8(Op.Extended)
  put8(Op.OperationRegion)
  path(label)
  put8(SYSTEM_IO)
  integer(port)
  integer(length)
}

/** `Field (region, ByteAcc, NoLock, Preserve)`: its units follow, from the region's beginning. */
export function openField(region: string): u32 {
  put8(Op.Extended)
  const start = openNamed(Op.Field, region)
  put8(BYTE_ACCESS)
  return start
}

/** A unit of a field of less than 64 `bits`. */
export function fieldUnit(label: string, bits: u32): void {
  path(label)
  put8(bits)
}

/** `Package (elements)`: the elements are the next terms. */
export function openPackage(elements: u32): u32 {
  put8(Op.Package)
  const start = position()
  put8(elements)
  return start
}

/** `Name (name, ResourceTemplate () …)`; closed with `closeResources`. */
export function openResources(label: string): u32 {
  name(label)
  put8(Op.Buffer)
  return position()
}

/** Puts the length, which counts its own bytes, before what was written since `start`. ACPI 6.5, 20.2.4. */
export function close(start: u32): void {
  const body = position() - start
  const extra: u32 = body + 1 < 0x40 ? 0 : body + 2 < 0x1000 ? 1 : 2
  const length = body + 1 + extra
  insert(start, 1 + extra)
  if (extra == 0) {
    patch8(start, length)
    return
  }
  patch8(start, extra << 6 | length & 15)
  for (let i: u32 = 0; i < extra; i++) patch8(start + 1 + i, length >> (4 + 8 * i) & 0xff)
}

/** Ends a resource template with an end tag without checksum and puts both lengths before it. ACPI 6.5, 6.4.2.9. */
export function closeResources(start: u32): void {
  put8(0x79)
  put8(0)
  const length = position() - start
  const isWord = length > 0xff
  insert(start, isWord ? 3 : 2)
  patch8(start, isWord ? Op.WordPrefix : Op.BytePrefix)
  patch8(start + 1, length & 0xff)
  if (isWord) patch8(start + 2, length >> 8)
  close(start)
}

/** `Name (name, …)`: the value is the next term. */
export function name(label: string): void {
  put8(Op.Name)
  path(label)
}

/** A reference to a named object: four characters, padded with underscores. */
export function path(label: string): void { text(label) }

/** A reference from the root: `depth` names, four characters each. */
export function rootPath(names: string, depth: u32): void {
  put8(Op.RootChar)
  put8(Op.MultiNamePrefix)
  put8(depth)
  text(names)
}

/** The shortest integer constant. */
export function integer(value: u64): void {
  if (value == 0) return put8(Op.Zero)
  if (value == 1) return put8(Op.One)
  if (value <= 0xff) {
    put8(Op.BytePrefix)
    return put8(<u32>value)
  }
  if (value <= 0xffff) {
    put8(Op.WordPrefix)
    return put16(<u32>value)
  }
  if (value <= 0xffff_ffff) {
    put8(Op.DwordPrefix)
    return put32(<u32>value)
  }
  put8(Op.QwordPrefix)
  put64(value)
}

/** `Name (name, Buffer () {bytes})`: the bytes follow, less than 64 of them in all; closed with `close`. */
export function openBytes(label: string, length: u32): u32 {
  name(label)
  put8(Op.Buffer)
  const start = position()
  integer(length)
  return start
}

/** A string constant. */
export function stringTerm(value: string): void {
  put8(Op.StringPrefix)
  text(value)
  put8(0)
}

/** An EISA id such as `PNP0A08`, packed into 32 bits. ACPI 6.5, 19.3.4. */
export function eisaId(id: string): void {
  const vendor = (letter(id, 0) << 10) | (letter(id, 1) << 5) | letter(id, 2)
  const product = digit(id, 3) << 12 | digit(id, 4) << 8 | digit(id, 5) << 4 | digit(id, 6)
  integer(bswap<u32>(vendor << 16 | product)) // most significant byte first
}

/** `Name (_HID, EisaId (id))`. */
export function hardwareId(id: string): void {
  name('_HID')
  eisaId(id)
}

/** `Name (name, value)`. */
export function nameInteger(label: string, value: u64): void {
  name(label)
  integer(value)
}

function letter(id: string, index: i32): u32 { return id.charCodeAt(index) - 0x40 }

function digit(id: string, index: i32): u32 {
  const code: u32 = id.charCodeAt(index)
  return code < 0x41 ? code - 0x30 : code - 0x37
}
