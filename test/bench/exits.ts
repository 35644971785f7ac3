/** What exits cost, measured by test/guests/bench on any platform. */
import { boot } from '../harness/boot.ts'
import { guest } from '../harness/config.ts'
import type { Config } from '../../tools/config/index.ts'
import type { Host } from '../harness/host.ts'
import { platform, type Platform } from '../harness/platform.ts'
import { measurements } from './table.ts'

export const patience = { within: 1200 }

/** Boots a host whose clock counts instructions, and closes it afterwards. `extra` is more of QEMU's parameters. */
export async function withHost<T>(name: string, vms: Config['vms'], run: (host: Host) => Promise<T>, on: Platform = platform, extra: string[] = []): Promise<T> {
  const host = await boot({ name, config: { vms }, counted: 0, on, extra }, patience)
  try {
    return await run(host)
  } finally {
    await host.close()
  }
}

/** The ticks of each row on a platform, by its name. */
export async function exitsOn(on: Platform): Promise<Map<string, number>> {
  const rows = new Map([...await rowsOf('bench-exits', [guest('bench', 'bench')], on), ...await rowsOf('bench-ipis', [guest('bench', 'bench', 'measure=ipis', { vcpus: 2 })], on)])
  // A thousand instructions without an exit, and their call: that a tick is an instruction is measured, not believed.
  const thousand = rows.get('thousand') ?? 0
  if (thousand < 1000 || thousand > 1003) throw new Error(`a thousand instructions take ${thousand} ticks on ${on.name}: ticks are no instructions there`)
  return rows.set('switch', await switchOn(on))
}

function rowsOf(name: string, vms: Config['vms'], on: Platform): Promise<Map<string, number>> {
  return withHost(name, vms, async host => {
    await host.vm('bench').sees(/bench done/, patience)
    return measurements(host.vm('bench').lines().join('\n'))
  }, on)
}

/** From an exit of one VM, whose slice has ended, to the entry of another: what each of two is without beyond what the other has is twice that, by both their accounts. */
function switchOn(on: Platform): Promise<number> {
  return withHost('bench-switch', ['one', 'two'].map(name => guest('bench', name, 'measure=turns')), async host => {
    const turns = async (name: string) => (await host.vm(name).sees(/bench turns had=(\d+) without=(\d+)/, patience)).slice(1).map(Number)
    const [had, without] = await turns('one')
    const [otherHad, otherWithout] = await turns('two')
    const [there, back] = [without - otherHad, otherWithout - had]
    if (there <= 0 || Math.abs(there - back) > 0.1 * there) throw new Error(`two switches take ${there} ticks by one account and ${back} by the other on ${on.name}`)
    return Math.round((there + back) / 4)
  }, on)
}
