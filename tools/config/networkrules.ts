/** What a schema cannot say of networks and the interfaces to them. */
import { foundText, pathText, type Problem } from './describe.ts'
import { ALL_INTERFACES_LIMIT } from './network.ts'
import type { FullConfig } from './schema.ts'

/** Everything wrong with them. */
export function checkNetworks(config: FullConfig): Problem[] {
  return [...checkNames(config), ...checkUplinks(config), ...checkInterfaces(config)]
}

function checkNames({ networks }: FullConfig): Problem[] {
  return networks.flatMap(({ name }, i) => {
    const first = networks.findIndex(other => other.name === name)
    return first === i ? [] : [{ path: pathText(['networks', i, 'name']), message: `found ${foundText(name)}, which networks[${first}] is called already; allowed: a name that no other network has` }]
  })
}

const NO_ZERO = '; allowed: 0 only where `vlan` is 0 too, since frames without a tag are those of `vlan`'

function checkUplinks({ networks }: FullConfig): Problem[] {
  const zeros = networks.flatMap(({ uplink }, i) => uplink?.trunk?.includes(0) && uplink.vlan !== 0 ? [{ path: pathText(['networks', i, 'uplink', 'trunk']), message: `found ${foundText(uplink.trunk)}${NO_ZERO}` }] : [])
  return zeros.concat(networks.flatMap(({ uplink }, i) => {
    const first = networks.findIndex(other => other.uplink && other.uplink.device.toUpperCase() === uplink?.device.toUpperCase())
    return !uplink || first === i ? [] : [{ path: pathText(['networks', i, 'uplink', 'device']), message: `found ${foundText(uplink.device)}, which networks[${first}] has already; allowed: a network card that no other network has` }]
  }))
}

function checkInterfaces({ networks, vms }: FullConfig): Problem[] {
  const all = vms.flatMap((vm, i) => vm.interfaces.map((it, j) => ({ it, path: ['vms', i, 'interfaces', j] })))
  const problems: Problem[] = all.length <= ALL_INTERFACES_LIMIT ? [] : [{ path: 'vms', message: `found ${all.length} interfaces; allowed: at most ${ALL_INTERFACES_LIMIT} of all virtual machines together` }]
  all.forEach(({ it, path }, at) => {
    const add = (field: string, found: unknown, allowed: string) => problems.push({ path: pathText([...path, field]), message: `found ${foundText(found)}${allowed}` })
    if (!networks.some(({ name }) => name === it.network)) add('network', it.network, `; allowed: ${networks.length ? networks.map(({ name }) => name).join(', ') : 'nothing, since the configuration has no networks'}`)
    const earlier = all.slice(0, at).find(other => it.mac !== undefined && other.it.mac?.toLowerCase() === it.mac.toLowerCase())
    if (earlier) add('mac', it.mac, `, which ${pathText(earlier.path)} has already; allowed: an address that no other interface has`)
    if (it.trunk?.includes(0) && it.vlan !== 0) add('trunk', it.trunk, NO_ZERO)
    if (it.role === 'mirror' && it.mirrored) add('mirrored', true, '; allowed: false, since it is the mirror')
    const mirror = all.slice(0, at).find(other => it.role === 'mirror' && other.it.role === 'mirror' && other.it.network === it.network)
    if (mirror) add('role', it.role, `, which ${pathText(mirror.path)} is already; allowed: one mirror for a network`)
    if (it.addresses.length && !it.lockMac) add('lockMac', false, '; allowed: true, since addresses are held to')
  })
  return problems
}
