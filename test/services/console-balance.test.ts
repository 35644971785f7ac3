/** Memory that the host moves by itself, between VMs with a weight for it. */
import { beforeEach, expect, test } from 'vitest'
import { boot, state, Vm, World } from './world'

const MIB = 1n << 20n

let host: World
beforeEach(async () => {
  host = await boot(world => {
    world.owners[0][1] = 0n // nothing is free
    for (const [index, vm] of world.vms.entries()) {
      Object.assign(vm, { memory: 1024n * MIB, wanted: 512n * MIB, minimum: 128n * MIB, maximum: 1024n * MIB, memoryWeight: 100n })
      tell(world, vm.name, 100n)
      world.owners[3 + index][1] = 512n * MIB
    }
  })
})

/** What a guest that has followed says: so many MiB available of what it has. */
function tell(world: World, name: string, available: bigint): void {
  const vm = world.vm(name)
  vm.reports = [1n, vm.memory - vm.wanted!, world.now, available * MIB, available * MIB, vm.wanted!]
}
/** What each is to keep after so many looks, in MiB. */
function after(looks: number): number[] {
  for (let look = 0; look < looks; look++) host.advance(2000)
  return host.vms.map(vm => Number(vm.wanted! / MIB))
}

test('nothing moves while nobody is short', () => {
  tell(host, 'db', 500n)
  expect(after(3)).toEqual([512, 512])
  expect(host.logged).not.toContainEqual(expect.stringContaining('memory of'))
})

test('a guest that is short gets what the host has free, down to its reserve', () => {
  const total = host.owners.reduce((sum, [, size]) => sum + size, 0n)
  tell(host, 'web', 20n)
  host.owners[0][1] = (total + 100n * MIB) / 31n + 20n * MIB // RAM / 32 stay, and 20 MiB or a little more are beyond them
  const [web, db] = after(1)
  expect(db).toBe(512)
  expect(web).toBeGreaterThan(528)
  expect(web).toBeLessThan(540)
  expect(host.logged.at(-1)).toMatch(/^memory of web, which is short of it: 512 MiB -> 5[23]\d MiB$/)
})

test('or what is idle elsewhere, and gets it when that is free', () => {
  tell(host, 'web', 20n)
  tell(host, 'db', 400n)
  expect(after(1)).toEqual([512, 446])
  expect(host.logged.at(-1)).toBe('memory of db, for web: 512 MiB -> 446 MiB')
  // Nothing more is asked until the guest has followed.
  expect(after(3)).toEqual([512, 446])
  tell(host, 'db', 334n)
  host.owners[0][1] = 66n * MIB + 1100n * MIB / 31n
  const [web, db] = after(1)
  expect(db).toBe(446)
  expect(web).toBeGreaterThanOrEqual(576)
  expect(web).toBeLessThanOrEqual(578)
})

test('who has most idle for its weight gives first, and who has least for its weight gets first', () => {
  for (const name of ['third', 'fourth']) host.vms.push(new Vm(name, { ...host.vm('db'), name }))
  host.vm('web').memoryWeight = host.vm('third').memoryWeight = 300n
  for (const [name, available] of [['web', 400n], ['db', 400n], ['third', 20n], ['fourth', 20n]] as const) tell(host, name, available)
  expect(after(1)).toEqual([512, 446, 512, 512])
  host.owners[0][1] = 4000n * MIB
  tell(host, 'db', 300n)
  expect(after(1)).toEqual([512, 446, 578, 512])
})

test('limits hold', () => {
  tell(host, 'web', 20n)
  host.vm('db').minimum = 500n * MIB
  tell(host, 'db', 500n)
  expect(after(1)).toEqual([512, 500])
  tell(host, 'db', 490n)
  expect(after(2)).toEqual([512, 500])
  host.owners[0][1] = 4000n * MIB
  host.vm('web').memory = 520n * MIB // it started with no more
  tell(host, 'web', 20n)
  expect(after(1)[0]).toBe(520)
  tell(host, 'web', 20n)
  expect(after(3)[0]).toBe(520)
})

test.each([
  ['without a weight', { memoryWeight: 0n }], ['that is paused', { state: state.paused }], ['that said nothing', { reports: [1n, 512n * MIB, 0n] }], ['without a driver', { reports: [0n, 0n, 0n] }],
  ['that does not say what it could do without', { reports: [1n, 512n * MIB, 1n, 400n * MIB, 0n, 512n * MIB] }], ['that does not say how much it has', { reports: [1n, 512n * MIB, 1n, 400n * MIB, 400n * MIB, 0n] }],
])('nothing is taken from a VM %s', (_, change) => {
  tell(host, 'web', 20n)
  tell(host, 'db', 500n)
  Object.assign(host.vm('db'), change)
  expect(after(3)).toEqual([512, 512])
})

test('who is asked and keeps its own is reported, once, and another is asked', () => {
  host.vms.push(new Vm('third', { ...host.vm('db'), name: 'third' }))
  host.owners.push([146, 512n * MIB])
  tell(host, 'web', 20n)
  tell(host, 'db', 500n)
  tell(host, 'third', 400n)
  expect(after(1)).toEqual([512, 446, 512])
  expect(after(2)).toEqual([512, 446, 446])
  tell(host, 'third', 334n)
  tell(host, 'web', 100n)
  after(20)
  expect(host.logged.filter(line => line.includes('keeps'))).toEqual(['db keeps 512 MiB of 446 MiB asked: its guest has given back 512 MiB of 578 MiB by now'])
})

test('also when its driver goes away', () => {
  tell(host, 'web', 20n)
  tell(host, 'db', 500n)
  after(1)
  Object.assign(host.vm('db'), { reports: [0n, 0n, 0n] })
  host.vm('web').reports = []
  after(20)
  expect(host.logged.at(-1)).toBe('db keeps 512 MiB of 446 MiB asked: its guest has no driver of a memory balloon that it uses')
})

test('nothing is given to a VM that does not say what it could do without', () => {
  host.vm('web').reports = [1n, 512n * MIB, 1n, 10n * MIB, 0n, 512n * MIB]
  host.owners[0][1] = 4000n * MIB
  expect(after(3)).toEqual([512, 512])
})

test('a guest that could not give all it was asked for, and is short for it, gets more than it keeps', () => {
  host.vm('web').wanted = 446n * MIB
  host.vm('web').reports = [1n, 512n * MIB, 1n, 10n * MIB, 10n * MIB, 512n * MIB]
  host.owners[0][1] = 4000n * MIB
  expect(after(1)).toEqual([578, 512])
  expect(after(3)).toEqual([578, 512]) // it has not taken it yet
})

test('guests that begin to tell of their memory later are looked at', async () => {
  const late = await boot(world => {
    for (const [index, vm] of world.vms.entries()) {
      Object.assign(vm, { memory: 1024n * MIB, wanted: 512n * MIB, minimum: 128n * MIB, maximum: 1024n * MIB, memoryWeight: 100n })
      world.owners[3 + index][1] = 512n * MIB
    }
    world.owners[0][1] = 4000n * MIB
  })
  late.advance(2000)
  tell(late, 'web', 20n)
  late.advance(2000)
  late.advance(2000)
  expect(late.vm('web').wanted).toBe(578n * MIB)
})

test('a host on which nothing can move is not woken', async () => {
  const idle = await boot()
  idle.advance(10)
  expect(idle.deadline).toBe((1n << 64n) - 1n)
})

test('a VM that does not use all that it may have is shown to have less', async () => {
  host = await boot()
  const web = () => [host.run('vm list').match(/^web .*?MiB.*?MiB/m)?.[0].replace(/ +/g, ' '), host.run('host memory').match(/^web +[^]*$/m)?.[0].replace(/ +/g, ' ')]
  expect(web()).toEqual([undefined, undefined])
  Object.assign(host.vm('web'), { memory: 448n * MIB })
  host.owners[3][1] = 96n * MIB
  expect(web()).toEqual(['web running 96 MiB of 448 MiB', 'web 96 MiB 448 MiB 448 MiB 448 MiB - -'])
  Object.assign(host.vm('web'), { wanted: 256n * MIB, minimum: 128n * MIB, reports: [1n, 192n * MIB] })
  expect(host.run('vm info web').replaceAll('\n', ' ')).toMatch(/96 MiB of 256 MiB, which can be\s+128 MiB to 448 MiB/)
  // It has given more than it has to: it is about to take some again.
  host.vm('web').reports = [1n, 300n * MIB]
  expect(web()[0]).toBe('web running 96 MiB -> 256 MiB')
})
