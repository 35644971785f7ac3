/** net set. */
import { PortSettings, PortSettingsBytes } from '../../../capability/switch'
import { add, Arguments, Kind } from '../command'
import { converse } from '../conversation'
import { quoted } from '../format'
import { findPlace } from '../net/place'
import { SetPort } from '../net/set'
import { allowedOfPort, PortSetting, portSettingNames, portSettingOf } from '../net/settings'
import { changePort } from '../net/value'
import { nearest } from '../suggestion'
import { print } from '../terminal'
import { hasNetworks } from './net'

const trial = changetype<PortSettings>(memory.data(656, 8)) // PortSettingsBytes

/** Adds it. */
export function addNetSet(): void {
  let detail = 'The others stay as they are, and all are the configuration\'s again when the host is rebooted.\nThe settings and their values:'
  for (let i = 0; i < portSettingNames.length; i++) detail += `\n  ${portSettingNames[i].padEnd(12)}  ${allowedOfPort(i)}`
  add('net set', 'change a setting', 'net set web:0 vlan 10', set).takes('PORT', Kind.Port).takes('KEY', Kind.PortSetting).takesSeveral('VALUE', Kind.PortValue).explain(detail)
}

function set(given: Arguments): void {
  if (!hasNetworks()) return
  const place = findPlace(given.positions[0])
  if (!place) return
  const name = given.positions[1]
  const setting = portSettingOf(name)
  if (setting < 0) {
    const meant = nearest(name, portSettingNames)
    return print(`There is no setting ${quoted(name)}. ${meant.length ? `Did you mean: ${meant}?` : `There are: ${portSettingNames.join(', ')}.`}\n`)
  }
  if (place.isUplink && (setting == PortSetting.Role || setting == PortSetting.LockMac || setting == PortSetting.Addresses)) return print(`An uplink has no ${portSettingNames[setting]}: who is behind it is not known.\n`)
  const text = given.positions.slice(2).join(' ')
  memory.fill(changetype<usize>(trial), 0, PortSettingsBytes)
  if (!changePort(trial, setting, text)) return print(`${portSettingNames[setting]} can be ${allowedOfPort(setting)}; not ${quoted(text)}.\n`)
  converse(new SetPort(place, setting, text))
}
