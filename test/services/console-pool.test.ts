/** pool and volume: the console beside the pool's service as it boots, and what it says of whatever that answers. */
import { beforeEach, describe, expect, it } from 'vitest'
import { PoolHost } from './pool-host'
import { partitioned } from './storage/partitioned'
import { Ended, Order } from './storage/world'
import { boot, World } from './world'

let host: World
let pool: PoolHost

/** A console and a service with two disks. */
async function start(made = true): Promise<void> {
  pool = await PoolHost.make({ S4EVNX0R: 8, 'QM 00001': 4 }, { 'debian.img': Buffer.alloc(100_000, 7) })
  host = await boot(world => { world.pool = pool })
  if (made) host.run('pool create tank S4EVNX0R')
  pool.asked = []
}
beforeEach(() => start())

const blank = { status: 0, what: 0, number: 0, flags: 0, bytes: 0n, free: 0n, generation: 0n, uuid: '', origin: '', name: '' }

describe('pool', () => {
  it('is made, shown, checked, let go and opened again', async () => {
    await start(false)
    expect(host.run('pool list')).toBe('No pool is imported. pool import opens one that is there, pool create makes one.')
    expect(host.json('pool list --json')).toEqual([])
    expect(host.run('pool import')).toContain('There is no pool on these disks. pool devices shows what is')
    expect(host.run('pool create tank S4EVNX0R')).toBe('The pool tank is made, on S4EVNX0R. volume create makes volumes in it.')
    expect(host.run('pool list')).toMatch(/^NAME +SIZE +FREE {2}DISKS {2}STATE\ntank {2}8 GiB {2}[\d.]+ GiB {6}1 {2}ready$/)
    expect(host.run('pool info')).toMatch(/^name {9}tank\nstate {8}ready\nsize {9}8 GiB, [\d.]+ GiB free\ndisks {8}S4EVNX0R\nlast commit {2}\d+$/)
    expect(host.run('pool check')).toBe('The pool was checked: no block is wrong.')
    expect(host.run('pool import')).toContain('A pool is imported already')
    expect(host.run('pool export')).toBe('The pool is let go. pool import opens it again.')
    expect(host.run('volume list')).toContain('No pool is imported.')
    expect(host.run('pool import "QM 00001"')).toContain('There is no pool on these disks.')
    expect(host.run('pool import S4EVNX0R')).toContain('The pool is imported.')
    expect(host.json('pool info --json')).toEqual({ name: 'tank', state: 'ready', bytes: expect.closeTo(8 * 2 ** 30, -8), freeBytes: expect.any(Number), disks: ['S4EVNX0R'], missing: [], lastCommit: expect.any(Number) })
  })

  it('says which drive is missing, and goes on when that is back', () => {
    host.run('volume create web 1GiB')
    pool.service.pull(0)
    pool.service.now += 1_000_000_000n
    pool.service.tick()
    host.screen.width = 200
    expect(host.run('pool list')).toMatch(/ {2}a drive is missing$/m)
    expect(host.screen.text()).toContain('*** The drive S4EVNX0R was pulled out.')
    expect(host.run('pool info')).toMatch(/^name {9}tank\nstate {8}a drive is missing\n[^]*\ndisks {8}S4EVNX0R, which is missing\n/)
    expect(host.json('pool info --json')).toMatchObject({ state: 'missing-drive', disks: ['S4EVNX0R'], missing: ['S4EVNX0R'] })
    expect(host.run('pool devices')).toMatch(/^ +0 B {2}it was pulled out$/m)
    expect(host.run('volume create db 1GiB')).toContain('A drive of the pool is missing')
    pool.service.putBack()
    expect(host.run('pool list')).toMatch(/ {2}ready$/)
    expect(host.screen.text()).toContain('*** The drive S4EVNX0R is there.')
    expect(host.run('volume list')).toMatch(/^web /m)
  })

  it('can be of several disks', async () => {
    await start(false)
    host.run('pool create tank "QM 00001" S4EVNX0R')
    expect(host.json('pool list --json')).toMatchObject([{ bytes: expect.closeTo(12 * 2 ** 30, -8), disks: ['S4EVNX0R', 'QM 00001'] }])
    host.run('pool export')
    expect(host.run('pool import S4EVNX0R')).toContain('These are not all disks of one pool')
  })

  it('does not take a disk that holds something, unless forced', async () => {
    await start(false)
    const ext = Buffer.alloc(4096)
    ext.writeUInt16LE(0xEF53, 0x438)
    pool.service.disks[0].write(0, ext)()
    host.screen.width = 200
    const refused = [' holds an ext2, ext3 or ext4 file system. Nothing was changed.', 'A pool takes all of a disk or a partition: everything there will be lost, for good. If that is meant, say --force.'].join('\n')
    expect(host.run('pool create tank S4EVNX0R')).toBe('S4EVNX0R' + refused)
    expect(host.run('pool create tank S4EVNX0R "QM 00001"')).toBe('One of them (pool devices shows which)' + refused)
    expect(host.run('pool devices')).toBe('DISK       SIZE  WHAT IS ON IT\nS4EVNX0R  8 GiB  an ext2, ext3 or ext4 file system\nQM 00001  4 GiB  nothing that is known')
    expect(host.run('pool create tank S4EVNX0R --force')).toContain('The pool tank is made')
  })

  it('can be of partitions, which are named by their disk and number', async () => {
    await start(false)
    host.screen.width = 200
    const disk = partitioned({ serial: 'QM 00001', entries: [[2048, 18431], [18432, 60000], [50000, 61000], [61440, 70000]] })
    pool.service.start([pool.service.disks[0], disk])
    expect(host.run('pool create tank "QM 00001"')).toContain('QM 00001 holds a GUID partition table (GPT). Nothing was changed.')
    for (const name of ['QM 00001:', 'QM 00001:0', 'QM 00001:257', 'QM 00001:x', 'QM 00001:-1']) expect(host.run(`pool create tank "${name}"`)).toBe(`Partitions of QM 00001 are named QM 00001:1 to QM 00001:256; not '${name}'.`)
    expect(host.run('pool create tank :1')).toContain("There is no disk ':1' that the pool may use.")
    expect(host.run('pool create tank "QM 00001:5"')).toBe('The disk has no partition of this number.')
    expect(host.run('pool create tank "QM 00001:2"')).toContain('the partition overlaps another one')
    expect(host.run('pool create tank "QM 00001:1" "QM 00001:1"')).toContain('1 to 16 disks and partitions of 4 MiB to 128 TiB that can be written, each once')
    expect(host.run('pool create tank S4EVNX0R "QM 00001:1"')).toBe('The pool tank is made, on S4EVNX0R, QM 00001:1. volume create makes volumes in it.')
    expect(host.json('pool info --json')).toMatchObject({ disks: ['S4EVNX0R', 'QM 00001:1'], missing: [] })
    expect(host.run('pool devices')).toBe([
      'DISK            SIZE  WHAT IS ON IT',
      'S4EVNX0R       8 GiB  the pool tank',
      'QM 00001    35.2 MiB  a GUID partition table (GPT)',
      'QM 00001:1     8 MiB  the pool tank',
      'QM 00001:2  20.3 MiB  cannot be used: it overlaps another one, lies where none can be, or begins within 4 KiB',
      'QM 00001:3   5.4 MiB  cannot be used: it overlaps another one, lies where none can be, or begins within 4 KiB',
      'QM 00001:4   4.2 MiB  nothing that is known',
    ].join('\n'))
    expect(host.json('pool devices --json').slice(2, 3)).toEqual([{ serial: 'QM 00001', partition: 1, bytes: 8 * 2 ** 20, readOnly: false, content: 'pool', pool: 'tank' }])
    host.run('volume create web 1MiB')
    expect(host.run('volume export web "QM 00001:1"')).toContain('a disk or partition that has nothing of the pool')
    expect(host.run('volume export web "QM 00001:4"')).toBe('The volume web is written to QM 00001:4.')
    expect(host.run('volume import copy "QM 00001:4"')).toBe('The volume copy is made of QM 00001:4.')
    host.run('pool export')
    expect(host.run('pool import "QM 00001:1"')).toContain('These are not all disks of one pool')
    expect(host.run('pool import "QM 00001:1" S4EVNX0R')).toContain('The pool is imported.')
    disk.set(0, Buffer.alloc(4096))
    expect(host.run('pool devices')).toContain('a GUID partition table (GPT) that is not whole')
  })

  it('shows the disks', () => {
    pool.readOnly[1] = true
    expect(host.run('pool devices')).toBe('DISK       SIZE  WHAT IS ON IT\nS4EVNX0R  8 GiB  the pool tank\nQM 00001  4 GiB  nothing that is known; it cannot be written')
    expect(pool.asked.map(({ operation, devices }) => [operation, devices])).toEqual([[Order.PoolInfo, 0], [Order.Probe, 2]]) // of its own disks it is not asked
    expect(host.json('pool devices --json')).toEqual([
      { serial: 'S4EVNX0R', partition: 0, bytes: 8 * 2 ** 30, readOnly: false, content: 'pool', pool: 'tank' }, { serial: 'QM 00001', partition: 0, bytes: 4 * 2 ** 30, readOnly: true, content: 'nothing', pool: '' },
    ])
    pool.service.failing = (_kind, device) => device === 1
    expect(host.run('pool devices')).toContain('QM 00001  4 GiB  cannot be read; it cannot be written')
    expect(host.json('pool devices --json')[1].content).toBe('unknown')
  })

  it.each([
    ['pool create tank', 'pool create needs DISK: S4EVNX0R, QM 00001.\nUsage: pool create NAME DISK... [--force]'],
    ['pool create tank S4EVNX0', "There is no disk 'S4EVNX0' that the pool may use. Did you mean: S4EVNX0R?"],
    ['pool create tank nvme0n1 S4EVNX0R', "There is no disk 'nvme0n1' that the pool may use. There are: S4EVNX0R, QM 00001."],
    ['pool create "my tank" S4EVNX0R', "A name has 1 to 63 printable characters of ASCII and no blanks; not 'my tank'."],
    ['pool import sda', "There is no disk 'sda' that the pool may use. There are: S4EVNX0R, QM 00001."],
  ])('%s', (line, answer) => {
    host.screen.width = 200
    expect(host.run(line)).toBe(answer)
    expect(pool.asked).toEqual([])
  })

  it('is not made of disks that cannot be told apart', () => {
    pool.serials[1] = 'S4EVNX0R'
    expect(host.run('pool create tank S4EVNX0R')).toContain("Several disks say that they are 'S4EVNX0R'")
    expect(pool.asked).toEqual([])
  })

  it('says how many blocks are wrong', () => {
    pool.answers = () => ({ ...blank, free: 1n })
    expect(host.run('pool check')).toContain('1 block is wrong. log names')
    pool.answers = () => ({ ...blank, free: 21n })
    expect(host.run('pool check')).toContain('21 blocks are wrong. log names')
  })

  it('says where it can only be read', () => {
    pool.answers = () => ({ ...blank, name: 'tank', flags: 1, number: 1 })
    expect(host.run('pool list')).toMatch(/1 {2}can only be read$/)
    expect(host.json('pool info --json').state).toBe('read-only')
  })

  it('completes the names of disks', () => {
    host.type('pool create tank S4\t')
    expect(host.screen.cursorRow()).toBe('typervisor> pool create tank S4EVNX0R |')
    host.type('\t')
    expect(host.screen.cursorRow()).toBe('typervisor> pool create tank S4EVNX0R QM 00001 |')
  })
})

describe('volumes', () => {
  it('have limits', () => {
    host.run('volume create web 1GiB')
    expect(host.run('volume set web byteLimit 100 MiB/s')).toBe('byteLimit of web: none -> 100 MiB/s')
    expect(host.run('volume set web requestLimit 500')).toBe('requestLimit of web: none -> 500 a second')
    expect(host.run('volume info web')).toMatch(/^byteLimit {5}100 MiB\/s\nrequestLimit {2}500 a second$/m)
    expect(host.json('volume info web --json')).toMatchObject({ byteLimit: 100 * 2 ** 20, requestLimit: 500 })
    expect(host.run('volume set web byteLimit none')).toBe('byteLimit of web: 100 MiB/s -> none')
    expect(host.json('volume info web --json')).toMatchObject({ byteLimit: 0, requestLimit: 500 })
    expect(host.run('volume set nobody byteLimit none')).toContain("There is no volume 'nobody'")
    expect(host.run('volume set web speed 5')).toBe("There is no setting 'speed'. There are: byteLimit, requestLimit.")
    for (const text of ['100', '100 MiB', '0 MiB/s', '65 GiB/s', '5 MB/s']) expect(host.run(`volume set web byteLimit "${text}"`)).toMatch(/^byteLimit can be none, or a rate such as/)
    for (const text of ['0', '10000001', 'many', '5 /s']) expect(host.run(`volume set web requestLimit "${text}"`)).toMatch(/^requestLimit can be none, or requests a second/)
  })

  it('are made, listed, resized, copied, taken back and deleted', () => {
    expect(host.run('volume list')).toBe('The pool has no volumes. volume create makes one.')
    expect(host.json('volume list --json')).toEqual([])
    expect(host.run('volume create web 10 GiB')).toBe('The volume web is made: 10 GiB.')
    expect(host.run('volume create db 512M')).toBe('The volume db is made: 512 MiB.')
    expect(host.run('volume snapshot web web-1')).toBe('web-1 is a snapshot of web.')
    expect(host.run('volume clone web-1 test')).toBe('test is a clone of web-1.')
    expect(host.run('volume resize web 12GiB')).toBe('web is of 12 GiB now.')
    const [commit] = host.json('volume list --json').map((volume: any) => volume.commit)
    expect(host.run('volume list')).toBe([
      'NAME      SIZE  COMMIT  KIND',
      `web     12 GiB       ${commit}  volume`,
      `db     512 MiB       ${commit + 1}  volume`,
      `web-1   10 GiB       ${commit + 2}  snapshot of web`,
      `test    10 GiB       ${commit + 3}  clone of web-1`,
    ].join('\n'))
    expect(host.run('volume info web-1')).toBe([
      'name    web-1', 'kind    snapshot of web', 'number  2', 'size    10 GiB (10737418240 bytes)', `made    in commit ${commit + 2}`, 'clones  test',
    ].join('\n'))
    expect(host.json('volume info web --json')).toEqual({ name: 'web', number: 0, bytes: 12 * 2 ** 30, kind: 'volume', origin: '', commit, byteLimit: 0, requestLimit: 0, snapshots: ['web-1'], clones: [] })
    expect(host.run('volume rollback web web-1')).toBe('web holds what web-1 does.')
    expect(host.json('volume info web --json').bytes).toBe(10 * 2 ** 30)
    expect(host.run('volume delete web-1')).toBe('web-1 is deleted; its space is given back as time allows.')
    expect(host.run('volume list')).toContain('clone of a volume that is deleted')
    expect(host.json('volume info test --json')).toMatchObject({ kind: 'clone', origin: '' })
  })

  it.each<[string, string, Record<string, number>?]>([
    ['volume create web 1T', "There is a volume 'web' already. volume list shows all."],
    ['volume snapshot web db', "There is a volume 'db' already. volume list shows all."],
    ['volume resize wbe 1T', "There is no volume 'wbe'. volume list shows all."],
    ['volume info wbe', "There is no volume 'wbe'. Did you mean: web?"],
    ['volume rollback web old', "There is no volume 'web' or none 'old'. volume list shows all."],
    ['volume resize snap 1T', 'snap is a snapshot and does not change. volume clone makes a volume of it that can be written.'],
    ['volume delete web', 'web is a disk of a VM that is on. Stop that first: vm list shows which run.'],
  ])('%s', (line, answer) => {
    host.screen.width = 200
    for (const made of ['create web 1G', 'create db 1G', 'snapshot db snap']) host.run('volume ' + made)
    pool.service.used.add(0)
    expect(host.run(line)).toBe(answer)
  })

  it.each(['10', '10 MB', '10.5GiB', '-1GiB', '1 0 GiB', '0GiB', '5000', '2KiB', '257TiB', '99999999999999999999GiB', '10GiBB', 'GiB', '16777216TiB', ''])('has no size %j', size => {
    expect(host.run(`volume create web "${size}"`)).toMatch(/^SIZE is as in 10GiB|has no option/)
    expect(pool.asked).toEqual([])
  })

  it.each([['4KiB', 12], ['4k', 12], ['1 MiB', 20], ['1m', 20], ['1G', 30], ['1GiB', 30], ['1 tib', 40], ['256T', 48]])('has size %s', (size, power) => {
    host.run(`volume create web ${size}`)
    expect(pool.asked).toMatchObject([{ operation: Order.VolumeCreate, name: 'web', value: 1n << BigInt(power) }])
  })

  it('says that the pool is full', () => {
    pool.answers = () => ({ ...blank, status: Ended.NoSpace })
    expect(host.run('volume clone web test')).toContain('The pool has no space left for that.')
  })

  it('are shown to the last, though there are thousands', () => {
    for (let i = 0; i < 4096; i++) {
      const { status } = pool.service.ask({ operation: Order.VolumeCreate, name: `volume-with-a-name-of-63-characters-as-long-as-it-can-be-${i}`.padEnd(63, 'x'), value: 1n << 48n })
      expect(status).toBe(0)
    }
    host.screen.width = 200
    const lines = host.run('volume list').split('\n')
    expect(lines).toHaveLength(4097)
    expect(lines[4096]).toMatch(/^volume-with-.*-4095x+ {2}262144 GiB +\d+ {2}volume$/)
    expect(host.json('volume list --json')).toHaveLength(4096)
    expect(host.run('volume info web')).toContain("There is no volume 'web'.")
    expect(host.memory.buffer.byteLength).toBeLessThanOrEqual(64 * 65536) // what a sandbox has
  })
})

describe('imports and exports', () => {
  it('make a volume of an image, and write it to a disk', () => {
    expect(host.run('volume images')).toBe('IMAGE           SIZE\ndebian.img  97.7 KiB')
    expect(host.json('volume images --json')).toEqual([{ name: 'debian.img', bytes: 100_000 }])
    expect(host.run('volume import web debian.img')).toBe('The volume web is made of debian.img.')
    expect(host.run('volume list')).toMatch(/^web +100 KiB +\d+ +volume$/m)
    expect(host.run('volume export web "QM 00001"')).toBe('The volume web is written to QM 00001.')
    expect(pool.service.disks[1].read(24).subarray(0, 1697).equals(Buffer.concat([Buffer.alloc(1696, 7), Buffer.alloc(1)]))).toBe(true)
    expect(host.run('volume progress')).toBe('No import or export goes on.')
    expect(host.run('pool check')).toBe('The pool was checked: no block is wrong.')
  })

  it('are refused when they cannot be', () => {
    host.screen.width = 300
    host.run('volume create web 1MiB')
    expect(host.run('volume import web debian.img')).toBe("There is a volume 'web' already. volume list shows all.")
    expect(host.run('volume import new debian')).toBe("There is no image and no disk 'debian'. volume images and pool devices show what there is.")
    expect(host.run('volume import new debian:1')).toBe("There is no image and no disk 'debian:1'. volume images and pool devices show what there is.")
    expect(host.run('volume import new S4EVNX0R')).toContain("a disk or partition that has nothing of the pool")
    expect(host.run('volume import new "QM 00001:0"')).toBe("Partitions of QM 00001 are named QM 00001:1 to QM 00001:256; not 'QM 00001:0'.")
    expect(host.run('volume import new "QM 00001:1"')).toContain('The disk has no GUID partition table (GPT) that is whole')
    expect(host.run('volume export web none')).toContain("There is no disk 'none' that the pool may use.")
    const ext = Buffer.alloc(4096)
    ext.writeUInt16LE(0xEF53, 0x438)
    pool.service.disks[1].write(0, ext)()
    expect(host.run('volume export web "QM 00001"')).toBe('QM 00001 holds an ext2, ext3 or ext4 file system. Nothing was changed.\nWhat the volume is written over will be lost, for good. If that is meant, say --force.')
    expect(host.run('volume export web "QM 00001" --force')).toBe('The volume web is written to QM 00001.')
    pool.service.used.add(0)
    expect(host.run('volume export web "QM 00001" --force')).toBe('web is a disk of a VM that is on, and changes. Make a snapshot of it and export that: volume snapshot web NEW')
    pool.service.used.clear()
  })

  it('say how far they are, can be left and asked for, and one that fails says why', () => {
    const going = { ...blank, flags: 1, bytes: 3n << 20n, free: 5n << 20n }
    pool.answers = ({ operation }) => operation === Order.Progress ? going : blank
    host.type('volume import web debian.img\r')
    for (let turn = 0; turn < 20; turn++) host.advance(300)
    expect(host.screen.text()).toContain('3 MiB of 8 MiB; Ctrl-C leaves it to itself.')
    host.type('\x03')
    expect(host.screen.text()).toContain('It goes on, and how it ends will be said here; volume progress waits for it.')
    pool.answers = ({ operation }) => operation === Order.Progress ? { ...blank, what: Ended.NoSpace } : blank
    expect(host.run('volume progress')).toContain('The pool has no space left for that.')
  })
})

describe('every answer', () => {
  it.each(Object.entries(Ended).filter(([name]) => name !== 'Ok'))('%s has a sentence', (name, status) => {
    host.screen.width = 300
    pool.answers = () => ({ ...blank, status })
    const all = ['pool create tank S4EVNX0R', 'pool import', 'pool check', 'pool export', 'volume create web 1G', 'volume clone web test', 'volume rollback web old', 'volume list', 'volume import web debian.img', 'volume export web S4EVNX0R']
    const only: Record<string, string[]> = { NotEmpty: all.slice(0, 1), InUse: [all[3], all[6]], ReadOnly: all.slice(5, 7), NoSuchVolume: all.slice(5, 7), NoSuchImage: [all[8]], NoSuchPartition: all.slice(8), Busy: all.slice(8) }
    for (const line of only[name] ?? all) {
      const answer = host.run(line)
      expect(answer, line).toMatch(/^([A-Z]|web is a )[^]*\.$/)
      expect(answer, line).not.toContain('status')
    }
    expect(host.run('pool list')).toMatch(/\.$/)
  })

  it('that is none is told as it is', () => {
    pool.answers = () => ({ ...blank, status: 99 })
    expect(host.run('volume delete web')).toBe("The pool's service refused the order (status 99).")
    pool.answers = () => ({ ...blank, status: Ended.NotEmpty, what: 99 })
    expect(host.run('pool create tank S4EVNX0R')).toContain('holds something unknown')
  })

  it('with volumes that go backwards ends the list', () => {
    pool.answers = () => ({ ...blank, number: 3, name: 'again\x1b[2J\xff' })
    expect(host.run('volume list')).toContain('Metadata on the disks are not what was written')
  })
})

describe('waiting', () => {
  it('takes no time of the console, and what is typed comes after', () => {
    pool.works = false
    host.type('pool check\r')
    expect(host.screen.lines().at(-1)).toBe('')
    host.type('vm list\r')
    host.advance(1999)
    expect(host.screen.lines().at(-1)).toBe('')
    host.advance(1)
    expect(host.screen.lines().at(-2)).toBe("Waiting for the pool's service; Ctrl-C leaves it to itself.")
    host.advance(60_000)
    pool.works = true
    host.wake()
    expect(host.screen.text()).toMatch(/leaves it to itself\.\nThe pool was checked: no block is wrong\.\ntypervisor> vm list\nNAME {2}STATE/)
  })

  it('for a change lets VMs be heard, for a question not', () => {
    pool.works = false
    host.type('pool check\r')
    host.vm('db').state = 2
    host.wake()
    expect(host.screen.lines().at(-2)).toBe('*** db paused')
    host.type('\x03')
    pool.works = true
    host.wake()
    pool.works = false
    host.type('volume list --json\r')
    host.vm('db').state = 1
    host.wake()
    pool.works = true
    host.wake()
    expect(host.screen.lines().slice(-3)).toEqual(['[]', '*** db goes on', 'typervisor>'])
  })

  it('can be left; how the order ends is said nevertheless', () => {
    pool.works = false
    host.type('pool check\r')
    host.type('\x03')
    expect(host.screen.lines().slice(-3)).toEqual(['^C', 'Not waiting any longer. The order goes on, and how it ends will be said here.', 'typervisor>'])
    host.type('vm li')
    pool.works = true
    host.wake()
    expect(host.screen.lines().slice(-2)).toEqual(['*** The pool was checked: no block is wrong.', 'typervisor> vm li'])
  })

  it('is for the order before, too', () => {
    host.run('volume create web 1G')
    pool.works = false
    host.type('pool check\r')
    host.type('\x03')
    host.type('volume list\r')
    expect(pool.asked.filter(({ operation }) => operation === Order.VolumeNext)).toEqual([])
    pool.works = true
    host.wake()
    expect(host.screen.text()).toMatch(/\*\*\* The pool was checked: no block is wrong\.\nNAME .*\nweb .*\ntypervisor>$/)
  })

  it('is left without an order when that is still under way', () => {
    pool.works = false
    for (const typed of ['pool check\r', '\x03', 'volume delete web\r', '\x03']) host.type(typed)
    expect(host.screen.lines().slice(-3)).toEqual(['^C', 'Nothing was ordered.', 'typervisor>'])
    pool.works = true
    host.wake()
    expect(pool.asked.map(({ operation }) => operation)).toEqual([Order.PoolCheck])
  })

  it('a question that is left is forgotten', () => {
    pool.works = false
    host.type('pool list\r\x03')
    pool.works = true
    host.wake()
    expect(host.screen.lines().slice(-2)).toEqual(['^C', 'typervisor>'])
  })

  it('is not for a service that takes no orders', () => {
    pool.runs = false
    expect(host.run('pool check')).toContain("The pool's service takes no order")
    expect(host.run('vm list')).toContain('NAME')
  })

  it('leaves no memory behind', () => {
    const before = () => host.memory.buffer.byteLength
    host.run('volume create web 1G')
    const lines = ['pool list', 'pool info --json', 'pool devices', 'volume list', 'volume info web', 'volume create web 1G', 'pool check']
    for (const line of lines) host.run(line)
    const bytes = before()
    for (let i = 0; i < 300; i++) for (const line of lines) host.run(line)
    expect(before()).toBe(bytes)
  })
})

describe('a host without disks for it', () => {
  it('says so', async () => {
    host = await boot()
    for (const line of ['pool create tank x', 'pool devices', 'pool list', 'pool info', 'pool check', 'pool export', 'pool import', 'volume create web 1G', 'volume list', 'volume info web', 'volume delete web', 'volume import web x', 'volume export web x', 'volume progress', 'volume images']) {
      expect(host.run(line), line).toContain('This host has no disk that the pool may use')
    }
    for (const line of ['pool devices --json', 'pool list --json', 'volume list --json', 'volume images --json']) expect(host.json(line)).toEqual([])
  })
})
