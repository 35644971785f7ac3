/** What is found on a disk, in words. */
import { Content } from '../../../capability/storage'

/** By Content: a key for JSON, and a noun. */
const words: StaticArray<string> = [
  'nothing', 'nothing that is known',
  'pool', 'a storage pool',
  'gpt', 'a GUID partition table (GPT)',
  'mbr', 'an MBR partition table or a boot sector',
  'ext', 'an ext2, ext3 or ext4 file system',
  'xfs', 'an XFS file system',
  'btrfs', 'a Btrfs file system',
  'lvm', 'an LVM physical volume',
  'ntfs', 'an NTFS file system',
  'fat', 'a FAT file system',
  'luks', 'a LUKS volume',
  'swap', 'Linux swap space',
  'iso9660', 'an ISO 9660 image',
  'md', 'a part of a Linux RAID (md)',
  'zfs', 'a part of a ZFS pool',
  'bitlocker', 'a BitLocker volume',
]

/** A Content as JSON names it. */
export function contentKey(content: u32): string {
  return content <= Content.BitLocker ? words[2 * content] : 'unknown'
}

/** A Content as a noun. */
export function contentText(content: u32): string {
  return content <= Content.BitLocker ? words[2 * content + 1] : 'something unknown'
}
