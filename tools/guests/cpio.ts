/** Writes cpio archives of the "new ASCII" format (magic 070701) that Linux unpacks as its first root: initramfs buffer format in the kernel's documentation. */

/** One thing in an archive. Paths are relative to the root, without a leading slash. */
export type Entry =
  | { kind: 'directory', path: string, mode: number }
  | { kind: 'file', path: string, mode: number, content: Uint8Array }
  | { kind: 'link', path: string, target: string }
  | { kind: 'character', path: string, mode: number, major: number, minor: number }

/** The types of a file mode. */
export const TYPES = { directory: 0o040000, file: 0o100000, link: 0o120000, character: 0o020000 }

/** An archive of the entries, in their order, owned by root and without dates: the same entries give the same bytes. */
export function cpioArchive(entries: readonly Entry[]): Buffer {
  const parts = entries.flatMap((entry, i) => record(entry, i + 1))
  return Buffer.concat([...parts, ...record({ kind: 'file', path: 'TRAILER!!!', mode: 0, content: new Uint8Array() }, 0)])
}

function record(entry: Entry, inode: number): Buffer[] {
  const content = entry.kind === 'file' ? Buffer.from(entry.content) : Buffer.from(entry.kind === 'link' ? entry.target : '')
  const path = Buffer.from(`${entry.path}\0`)
  const trailer = inode === 0
  const mode = trailer ? 0 : TYPES[entry.kind] | (entry.kind === 'link' ? 0o777 : entry.mode)
  const device = entry.kind === 'character' ? [entry.major, entry.minor] : [0, 0]
  const fields = [
    inode, mode, 0, 0, // user, group
    entry.kind === 'directory' ? 2 : 1, // links
    0, // date
    content.length, 0, 0, // the device that holds it
    ...device, path.length, 0, // checksum, unused in this format
  ]
  const header = Buffer.from('070701' + fields.map(field => field.toString(16).toUpperCase().padStart(8, '0')).join(''))
  return [padded(Buffer.concat([header, path])), padded(content)]
}

function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}
