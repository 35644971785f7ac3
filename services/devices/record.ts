/** What was found, for the nucleus. */
import { DeviceRecord, DeviceRecordBytes } from '../../capability/devices'

const bytes: usize = memory.data(DeviceRecordBytes, 8)

/** The record that is filled. */
export function record(): DeviceRecord { return changetype<DeviceRecord>(bytes) }

/** Nothing was found. */
export function clearRecord(): void { memory.fill(bytes, 0, DeviceRecordBytes) }
