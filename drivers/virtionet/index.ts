/** Virtual I/O Device (VIRTIO) 1.2, network device over PCI: granted one function, and the one interface that it is. */
import { Configuration } from '../../capability/virtionet'
import { append, say } from '../message'
import { start as begin } from '../net/life'
import { findStructures } from '../virtio/transport'
import { install } from './device'

export { deadline, interrupt, netProgress } from '../net/life'

/** 0 when the device works or is about to, 1 when it cannot be used. */
export function start(): i32 {
  const missing = findStructures(Configuration.Mac + 6)
  if (missing.length) {
    append(missing)
    say()
    return 1
  }
  install()
  return begin() ? 0 : 1
}
