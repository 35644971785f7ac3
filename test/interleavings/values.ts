/** Values of a module's memory, as JavaScript has them. */

/** Of 8 bytes a bigint, else a number. */
export type Value = bigint | number

/** A value of so many bytes: of the lower ones of a larger. */
export function narrow(value: Value, bytes: number): Value { return bytes === 8 ? BigInt(value) : typeof value === 'number' ? value : Number(BigInt.asIntN(32, value)) }

/** The value of so many bytes at an address. */
export function read(view: DataView, address: number, bytes: number): Value {
  switch (bytes) {
    case 1: return view.getUint8(address)
    case 2: return view.getUint16(address, true)
    case 4: return view.getUint32(address, true)
    default: return view.getBigUint64(address, true)
  }
}

/** Stores it. */
export function write(view: DataView, address: number, bytes: number, value: Value): void {
  switch (bytes) {
    case 1: return view.setUint8(address, value as number)
    case 2: return view.setUint16(address, value as number, true)
    case 4: return view.setUint32(address, value as number, true)
    default: return view.setBigUint64(address, value as bigint, true)
  }
}
