/** A port as JSON. */
import { Drop, PortFlag, SwitchAnswer } from '../../../capability/switch'
import { Json } from '../json'
import { macText } from './address'
import { dropNames } from './drops'
import { portName } from './place'
import { addressesText, dropsOf, linkText, roleOf } from './portstate'
import { hasVlan, MostVlan } from './vlans'

/** Adds all that is known of a port. */
export function reportPort(json: Json, told: SwitchAnswer, network: string): void {
  const settings = told.settings
  const counters = told.counters
  json.object().name('port').text(portName(told.port, network)).name('network').text(network).name('link').text(linkText(told)).name('role').text(roleOf(settings.flags))
    .name('mac').text(settings.mac ? macText(settings.mac) : '').name('lockMac').boolean((settings.flags & PortFlag.MacLocked) != 0)
    .name('addresses').words(settings.flags & PortFlag.AddressLocked ? addressesText(settings) : '').name('vlan').number(settings.vlan)
  json.name('trunk')
  reportVlans(json, settings.trunk)
  json.name('mirrored').boolean((settings.flags & PortFlag.Mirrored) != 0)
    .name('sendBytesPerSecond').number(settings.sendRate).name('receiveBytesPerSecond').number(settings.receiveRate)
    .name('broadcast').number(settings.broadcastRate).name('multicast').number(settings.multicastRate).name('unknown').number(settings.unknownRate)
    .name('addressLimit').number(settings.addressLimit).name('learned').number(told.count)
    .name('sentFrames').number(counters.sentFrames).name('sentBytes').number(counters.sentBytes)
    .name('receivedFrames').number(counters.deliveredFrames).name('receivedBytes').number(counters.deliveredBytes).name('dropped').object()
  for (let reason: u32 = 0; reason < Drop.Count; reason++) json.name(dropNames[reason]).number(dropsOf(told, reason))
  json.endObject().endObject()
}

/** Adds a set of VLANs as a list of numbers. */
export function reportVlans(json: Json, set: usize): void {
  json.array()
  for (let vlan: u32 = 0; vlan <= MostVlan; vlan++) if (hasVlan(set, vlan)) json.number(vlan)
  json.endArray()
}
