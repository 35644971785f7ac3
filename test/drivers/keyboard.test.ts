import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

/** An 8042 with a keyboard, as the PS/2 technical reference describes them. */
class Controller {
  output: { byte: number, auxiliary: boolean }[] = [{ byte: 0x1c, auxiliary: false }] // the Enter that chose the boot menu's entry
  configuration = 0x22 // no translation, the mouse's interrupt on
  keyboardOn = true
  auxiliaryOn = true
  scanning = false
  plugged = true
  private argument = 0

  send(...bytes: number[]) { for (const byte of bytes) this.output.push({ byte, auxiliary: false }) }

  read8 = (port: number): number => {
    if (port == 0) return this.output.shift()?.byte ?? 0
    if (port == 4) return this.output.length ? 1 | (this.output[0].auxiliary ? 0x20 : 0) | 0x14 : 0x14
    throw new Error(`read of port ${port}`)
  }

  write8 = (port: number, value: number): void => {
    if (port == 4) {
      this.argument = 0
      if (value == 0x20) this.send(this.configuration)
      else if (value == 0x60) this.argument = 0x60
      else if (value == 0xa7) this.auxiliaryOn = false
      else if (value == 0xad) this.keyboardOn = false
      else if (value == 0xae) this.keyboardOn = true
      else throw new Error(`command ${value}`)
    } else if (port == 0) {
      if (this.argument == 0x60) this.configuration = value
      else if (this.plugged && value == 0xf4) {
        this.scanning = true
        this.send(0xfa)
      }
      this.argument = 0
    } else throw new Error(`write of port ${port}`)
  }
}

let controller: Controller
let typed: number[]
let log: string[]
let driver: Record<string, any>

async function open(port: { read8: (port: number) => number, write8: (port: number, value: number) => void }) {
  typed = []
  log = []
  const sandbox = await instantiate('drivers/keyboard/index.ts', {
    imports: {
      port,
      stream: { push: (byte: number) => (typed.push(byte), 1) },
      log: { line: (text: number, length: number) => log.push(Buffer.from(sandbox.memory.buffer, text, length).toString()) },
    },
  })
  driver = sandbox.exports
}

beforeEach(async () => {
  controller = new Controller()
  await open({ read8: (port) => controller.read8(port), write8: (port, value) => controller.write8(port, value) })
})

/** What is typed by these scan codes. */
function press(...codes: number[]): string {
  typed.length = 0
  controller.send(...codes)
  driver.interrupt()
  return Buffer.from(typed).toString('latin1')
}

/** Make and break of each key in turn. */
const taps = (...codes: number[]) => codes.flatMap((code) => [code, code | 0x80])

test('sets the controller up for scan code set 1 with interrupts from the keyboard only', () => {
  expect(driver.start()).toBe(0)
  expect(controller.configuration & 0x63).toBe(0x61)
  expect(controller.configuration & 0x10).toBe(0)
  expect(controller.keyboardOn).toBe(true)
  expect(controller.auxiliaryOn).toBe(false)
  expect(controller.scanning).toBe(true)
  driver.interrupt()
  expect(typed).toEqual([])
})

test('is ready for a keyboard that is plugged in later', () => {
  controller.plugged = false
  expect(driver.start()).toBe(0)
  expect(press(...taps(0x1e))).toBe('a')
})

test('says that there is no controller', async () => {
  for (const value of [0xff, 0x03, 0x00]) {
    await open({ read8: () => value, write8: () => {} })
    expect(driver.start()).toBe(1)
    expect(log).toEqual(['no keyboard controller answers at port 60h'])
  }
})

test('types in rows as printed on a US keyboard', () => {
  driver.start()
  const rows: [number, string, string][] = [
    [0x02, '1234567890-=', '!@#$%^&*()_+'],
    [0x10, 'qwertyuiop[]', 'QWERTYUIOP{}'],
    [0x1e, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
    [0x2b, '\\zxcvbnm,./', '|ZXCVBNM<>?'],
  ]
  for (const [first, plain, shifted] of rows) {
    const codes = Array.from(plain, (_, index) => first + index)
    expect(press(...taps(...codes))).toBe(plain)
    expect(press(0x2a, ...taps(...codes), 0xaa)).toBe(shifted)
    expect(press(0x36, ...taps(...codes), 0xb6)).toBe(shifted)
  }
  expect(press(...taps(0x39, 0x1c, 0x0e, 0x0f, 0x01))).toBe(' \r\x7f\t\x1b')
})

test('Caps Lock is for letters only, and Shift undoes it', () => {
  driver.start()
  expect(press(...taps(0x3a, 0x1e, 0x02), 0x2a, ...taps(0x1e, 0x02), 0xaa, ...taps(0x3a, 0x1e))).toBe('A1a!a')
})

test('Control and Alt, left and right', () => {
  driver.start()
  expect(press(0x1d, ...taps(0x2e, 0x1b, 0x20, 0x39), 0x9d)).toBe('\x03\x1d\x04\x00')
  expect(press(0xe0, 0x1d, ...taps(0x2e), 0xe0, 0x9d, ...taps(0x2e))).toBe('\x03c')
  expect(press(0x38, ...taps(0x30), 0xb8, ...taps(0x30))).toBe('\x1bbb')
})

test('keys that move send what xterm sends', () => {
  driver.start()
  const extended = (...codes: number[]) => codes.flatMap((code) => [0xe0, code, 0xe0, code | 0x80])
  expect(press(...extended(0x48, 0x50, 0x4d, 0x4b, 0x47, 0x4f))).toBe('\x1b[A\x1b[B\x1b[C\x1b[D\x1b[H\x1b[F')
  expect(press(...extended(0x52, 0x53, 0x49, 0x51))).toBe('\x1b[2~\x1b[3~\x1b[5~\x1b[6~')
  // With Num Lock on, keyboards wrap these keys in a shift that is none.
  expect(press(0xe0, 0x2a, 0xe0, 0x48, 0xe0, 0xc8, 0xe0, 0xaa, ...taps(0x1e))).toBe('\x1b[Aa')
  expect(press(0x1d, ...extended(0x4d), 0x9d)).toBe('\x1b[1;5C')
})

test('the keypad types digits, and moves without Num Lock', () => {
  driver.start()
  expect(press(...taps(0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x50, 0x51, 0x52, 0x53, 0x37))).toBe('789-456+1230.*')
  expect(press(...taps(0x45, 0x48, 0x4a, 0x4e, 0x53, 0x45, 0x48))).toBe('\x1b[A-+\x1b[3~8')
  expect(press(0xe0, 0x1c, 0xe0, 0x9c, 0xe0, 0x35, 0xe0, 0xb5)).toBe('\r/')
})

test('Pause, function keys, mouse bytes and answers type nothing', () => {
  driver.start()
  controller.output.push({ byte: 0x1e, auxiliary: true })
  expect(press(0xe1, 0x1d, 0x45, 0xe1, 0x9d, 0xc5, 0xfa, 0xfe, ...taps(0x3b, 0x44, 0x57, 0x46), ...taps(0x1e))).toBe('a')
})

test('no scan codes upset it, and a controller without end does not hold it', async () => {
  driver.start()
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (codes) => {
    press(...codes)
    // There are no bytes from 80h on in what a US keyboard types.
    expect(typed.every((byte) => byte < 0x80)).toBe(true)
  }), { numRuns: 1000 })
  let reads = 0
  let endless = false
  const other = new Controller()
  await open({ read8: (port) => (reads++, endless ? 0x1d : other.read8(port)), write8: other.write8 })
  driver.start()
  endless = true
  reads = 0
  driver.interrupt()
  expect(reads).toBeGreaterThan(0)
  expect(reads).toBeLessThan(1000)
})
