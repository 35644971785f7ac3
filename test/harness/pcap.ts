/** Frames as tcpdump and tcpreplay have them in files: the format of libpcap, pcap-savefile(5), with the least significant byte first. */

const MAGIC = 0xa1b2c3d4
const FILE_HEADER = 24
const FRAME_HEADER = 16
const ETHERNET = 1

/** A file of these frames, all of the same moment. */
export function pcap(frames: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(FILE_HEADER)
  header.writeUInt32LE(MAGIC, 0)
  header.writeUInt16LE(2, 4) // version 2.4
  header.writeUInt16LE(4, 6)
  header.writeUInt32LE(0x40000, 16) // the longest frame
  header.writeUInt32LE(ETHERNET, 20)
  return Buffer.concat([header, ...frames.flatMap(frame => {
    const header = Buffer.alloc(FRAME_HEADER)
    header.writeUInt32LE(frame.length, 8)
    header.writeUInt32LE(frame.length, 12)
    return [header, frame]
  })])
}

/** The frames of a file. */
export function framesOf(file: Buffer): Buffer[] {
  if (file.readUInt32LE(0) !== MAGIC || file.readUInt32LE(20) !== ETHERNET) throw new Error('this is no file of Ethernet frames')
  const frames: Buffer[] = []
  for (let at = FILE_HEADER; at < file.length;) {
    const length = file.readUInt32LE(at + 8)
    at += FRAME_HEADER
    frames.push(file.subarray(at, at += length))
  }
  return frames
}
