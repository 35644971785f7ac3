/** Memory that goes from one guest to another, and back, while they run. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { boot } from '../harness/boot.ts'
import { guest, linux } from '../harness/config.ts'
import type { Host } from '../harness/host.ts'

const MIB = 2 ** 20
/** What a file of "TYPETYP\n" over and over has for upper halves of its quadwords, and what the next owner of that memory seeks. */
const SECRET = '0x0a50595445505954'

/** Linux gives single pages, those first whose neighbours are in use: so many MiB may be in blocks of 2 MiB that it has given in part. 30 to 42 were seen. */
const Pieces = 72

let host: Host

beforeAll(async () => {
  host = await boot({
    name: 'balloon', memory: 768,
    config: {
      vms: [
        linux('web', { memory: '448 MiB', minMemory: '128 MiB', maxMemory: '512 MiB' }),
        guest('memory', 'heir', `seek=${SECRET} hold=${SECRET}`, { memory: '320 MiB', autostart: false }),
        guest('sleeper', 'deaf', '', { memory: '16 MiB', minMemory: '8 MiB' }),
      ],
    },
  })
})

afterAll(() => host?.close())

interface Share { name: string, bytes: number, wantedBytes: number, minimumBytes: number, maximumBytes: number, follows: boolean, guestGivenBytes?: number, guestAvailableBytes?: number, guestTotalBytes?: number }

async function shares(): Promise<{ freeBytes: number, vms: Share[] }> { return JSON.parse(await host.command('host memory --json')) }
const share = async (name: string): Promise<Share> => (await shares()).vms.find(vm => vm.name === name)!

/** Waits until a VM has this many MiB, give or take. */
async function has(name: string, mebibytes: number, tolerance = 0): Promise<void> {
  const end = Date.now() + 60_000
  for (let { bytes } = await share(name); Math.abs(bytes - mebibytes * MIB) > tolerance * MIB; ({ bytes } = await share(name))) {
    if (Date.now() > end) throw host.emulator.failure(`${name} has ${bytes / MIB} MiB, not ${mebibytes}`)
  }
}

/** Waits until its guest's driver has given away this many MiB, to the page. */
async function gives(name: string, mebibytes: number): Promise<void> {
  const end = Date.now() + 60_000
  for (let { guestGivenBytes } = await share(name); guestGivenBytes !== mebibytes * MIB; ({ guestGivenBytes } = await share(name))) {
    if (Date.now() > end) throw host.emulator.failure(`${name}'s guest has given ${guestGivenBytes ?? 0} bytes, not ${mebibytes} MiB`)
  }
}

const run = (line: string, pattern: RegExp): Promise<unknown> => host.vm('web').carriesOut(line, pattern, { within: 200 })
/** Fills a file of 128 MiB, which lies in memory, with a word of 7 letters and an end of line. */
const fill = (word: string, file: string): string => `yes ${word} | head -c 128k > ${file}.1; for i in $(seq 1024); do cat ${file}.1; done > ${file}; rm ${file}.1`
/** MiB that Linux says it has in all. */
const total = (says: string): string => `echo "$(echo ${says}) total $(($(sed -n 's/MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo) / 1024))"`

test('Linux sees what it may have at most, and gives back what it is not to keep as soon as its driver is there', async () => {
  await host.vm('web').sees(/Memory: \d+K\/52\d{4}K available/, { within: 400 })
  await host.vm('web').sees(/web:~#/, { within: 400 })
  await has('web', 448, Pieces)
  await gives('web', 512 - 448)
  await run(total('begun'), /begun total 4[0-3]\d$/m)
  expect(await share('web')).toMatchObject({ wantedBytes: 448 * MIB, minimumBytes: 128 * MIB, maximumBytes: 512 * MIB, follows: true })
})

test('256 MiB that it has used go to another VM, for which there was no room, and are zero there', async () => {
  await run(`${fill('TYPETYP', '/tmp/secret')}; echo "$(wc -c < /tmp/secret) written"; rm /tmp/secret`, /134217728 written/)
  await host.command('vm start heir')
  expect(await host.vm('heir').info()).toMatchObject({ state: 'stopped', reason: 'not enough free memory to start it' })
  const before = (await shares()).freeBytes
  expect(await host.command('vm set web memory 192MiB')).toBe('memory of web: 448 MiB -> 192 MiB\nIts guest is asked to give back the rest; host memory shows what it has.')
  await has('web', 192, Pieces)
  expect((await shares()).freeBytes - before).toBeGreaterThan((256 - Pieces) * MIB)
  await host.command('vm start heir')
  await host.vm('heir').sees(/memory round=0 found=0/, { within: 200 })
  await host.vm('heir').sees(/memory round=1 changed=0/, { within: 200 })
  await gives('web', 512 - 192)
  await run(total('shrunk'), /shrunk total 1[4-7]\d$/m)
})

test('it takes back what there is, zeroed, when it may', async () => {
  await host.command('vm set web memory 320MiB')
  await run(`sleep 3; ${total('partly')}`, /partly total \d+$/m)
  await host.vm('heir').sees(/memory round=\d+ changed=0/, { within: 200 })
  await host.command('vm kill heir')
  await has('web', 320, Pieces)
  await gives('web', 512 - 320)
  await run(`${fill('ABCDEFG', '/tmp/more')}; yes ABCDEFG | head -c 128k > /tmp/m; for i in 0 500 1023; do dd if=/tmp/more bs=128k skip=$i count=1 2> /dev/null | cmp - /tmp/m && echo "$(echo as) written"; done; rm /tmp/more; ${total('grown')}`, /(as written\s+){3}grown total (2[7-9]|30)\d$/m)
  await run('dmesg | grep -cE "Out of memory|BUG|Oops"; echo "$(echo end) of it"', /^0\s+end of it/m)
})

test('a guest without the driver keeps its own, and that is said', async () => {
  expect(await host.command('vm set deaf memory 8MiB')).toBe('memory of deaf: 16 MiB -> 8 MiB\nIts guest has no driver of a memory balloon that it uses: it keeps 16 MiB.')
  expect(await host.command('host memory')).toContain('\ndeaf keeps 16 MiB of 8 MiB asked: its guest has no driver of a memory balloon that it uses.')
  expect(await host.command('vm set deaf memory 4MiB')).toBe("memory of deaf can be 8 MiB to 16 MiB, a multiple of 2 MiB; not '4MiB'.")
})

test('a reset has all of it again', async () => {
  await host.command('vm set web memory 128MiB')
  await gives('web', 512 - 128)
  expect((await share('web')).bytes).toBeLessThan(320 * MIB)
  await host.command('vm reset web')
  await has('web', 512)
  await host.vm('web').sees(/web:~#/, { within: 400 })
  await has('web', 128, Pieces)
})
