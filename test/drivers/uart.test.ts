import { expect, test } from 'vitest'
import { instantiate } from '../sandbox.ts'

/** A 16550 as PC16550D describes it, with a line that sends one byte each `bytePolls` reads of the line status. */
class Uart16550 {
  lineControl = 0xff // what a careless boot loader leaves: divisor latch open, break on
  divisor = 0x1234
  interruptEnable = 0x0f
  fifoControl = 0
  modemControl = 0
  scratch = 0
  fifos = true
  bytePolls = 0
  alive = true
  received: { byte: number, errors: number }[] = []
  sent: number[] = []
  queue: number[] = []
  overflowed = false
  private transmitterInterrupt = false
  private polls = 0
  private headErrors = 0

  get open() { return (this.lineControl & 0x80) != 0 }
  get fifoOn() { return this.fifos && (this.fifoControl & 1) != 0 }

  receive(byte: number, errors = 0) {
    this.received.push({ byte, errors })
    this.headErrors = this.received[0].errors
  }

  /** The highest-priority pending cause, table IV. */
  pending(): number {
    if (this.interruptEnable & 4 && this.received.length && this.headErrors) return 0x6
    if (this.interruptEnable & 1 && this.received.length) return 0x4
    if (this.interruptEnable & 2 && this.transmitterInterrupt) return 0x2
    return 1
  }

  private advance() {
    if (!this.alive || !this.queue.length || ++this.polls < this.bytePolls) return
    this.polls = 0
    this.sent.push(this.queue.shift()!)
    if (!this.queue.length) this.transmitterInterrupt = true
  }

  /** Time passes with nobody looking. */
  drain() {
    this.sent.push(...this.queue)
    this.queue = []
    this.transmitterInterrupt = true
  }

  read8 = (port: number): number => {
    switch (port) {
      case 0: {
        if (this.open) return this.divisor & 0xff
        const byte = this.received.shift()?.byte ?? 0
        this.headErrors = this.received[0]?.errors ?? 0
        return byte
      }
      case 1: return this.open ? this.divisor >> 8 : this.interruptEnable
      case 2: {
        const cause = this.pending()
        if (cause == 2) this.transmitterInterrupt = false
        return cause | (this.fifoOn ? 0xc0 : 0)
      }
      case 3: return this.lineControl
      case 4: return this.modemControl
      case 5: {
        this.advance()
        const status = (this.received.length ? 1 : 0) | this.headErrors | (this.queue.length ? 0 : 0x60)
        this.headErrors = 0
        return status
      }
      case 6: return 0xb0
      case 7: return this.scratch
    }
    throw new Error(`read of port ${port}`)
  }

  write8 = (port: number, value: number): void => {
    switch (port) {
      case 0:
        if (this.open) this.divisor = (this.divisor & 0xff00) | value
        else {
          if (this.queue.length == (this.fifoOn ? 16 : 1)) this.overflowed = true
          this.queue.push(value)
          this.transmitterInterrupt = false
          if (this.bytePolls == 0) this.advance()
        }
        return
      case 1:
        if (this.open) this.divisor = (this.divisor & 0xff) | value << 8
        else {
          // Enabling the cause while the holding register is empty interrupts at once.
          if (value & 2 && !(this.interruptEnable & 2) && !this.queue.length) this.transmitterInterrupt = true
          this.interruptEnable = value & 0x0f
        }
        return
      case 2:
        this.fifoControl = value
        if (value & 2) this.received = []
        if (value & 4) this.queue = []
        return
      case 3: this.lineControl = value; return
      case 4: this.modemControl = value; return
      case 7: this.scratch = value; return
    }
    throw new Error(`write of port ${port}`)
  }
}

async function open(port: { read8: (port: number) => number, write8: (port: number, value: number) => void }) {
  const typed: number[] = []
  const shown: number[] = []
  const log: string[] = []
  const sandbox = await instantiate('drivers/uart/index.ts', {
    imports: {
      port: { read8: port.read8, write8: port.write8 },
      stream: { push: (byte: number) => (typed.push(byte), 1), pull: () => shown.shift() ?? -1 },
      log: { line: (text: number, length: number) => log.push(Buffer.from(sandbox.memory.buffer, text, length).toString()) },
    },
  })
  return { driver: sandbox.exports, typed, shown, log, type: (text: string) => shown.push(...Buffer.from(text)) }
}

const text = (bytes: number[]) => Buffer.from(bytes).toString()

test('sets up 115200 8N1 whatever the boot loader left', async () => {
  const uart = new Uart16550()
  uart.receive(0x55)
  const { driver, typed } = await open(uart)
  expect(driver.start()).toBe(0)
  expect(uart.lineControl).toBe(0x03)
  expect(uart.divisor).toBe(1)
  expect(uart.fifoControl & 0x01).toBe(1)
  expect(uart.modemControl).toBe(0x0b)
  expect(uart.interruptEnable).toBe(0x05)
  expect(uart.pending()).toBe(1)
  expect(typed).toEqual([])
})

test('says that there is no UART on an empty bus, on one that holds the last byte, and on one that reads zero', async () => {
  let last = 0
  const buses = [
    { read8: () => 0xff, write8: () => {} },
    { read8: () => last, write8: (_: number, value: number) => { last = value } },
    { read8: () => 0, write8: () => {} },
  ]
  for (const bus of buses) {
    const { driver, log } = await open(bus)
    expect(driver.start()).toBe(1)
    expect(log).toEqual(['no 16550 answers at this port'])
  }
})

/** Time passes until the line has nothing to send and asks for nothing more. */
function serve(uart: Uart16550, driver: Record<string, any>) {
  do {
    uart.drain()
    if (uart.pending() == 2) driver.interrupt()
  } while (uart.queue.length != 0)
}

test('a line that keeps up is sent everything at once', async () => {
  const uart = new Uart16550()
  const { driver, type } = await open(uart)
  driver.start()
  type('0123456789'.repeat(10))
  driver.transmit()
  expect(text(uart.sent)).toBe('0123456789'.repeat(10))
  expect(uart.interruptEnable).toBe(0x05)
})

test('sends what waits, in order, through the FIFO', async () => {
  const uart = new Uart16550()
  uart.bytePolls = 3
  const { driver, type } = await open(uart)
  driver.start()
  type('The quick brown fox jumps over the lazy dog')
  driver.transmit()
  serve(uart, driver)
  expect(text(uart.sent)).toBe('The quick brown fox jumps over the lazy dog')
  expect(uart.overflowed).toBe(false)
  expect(uart.interruptEnable).toBe(0x05)
})

test('a part without FIFOs gets one byte at a time', async () => {
  const uart = new Uart16550()
  uart.fifos = false
  uart.bytePolls = 2
  const { driver, type } = await open(uart)
  driver.start()
  type('plain 16450')
  driver.transmit()
  serve(uart, driver)
  expect(text(uart.sent)).toBe('plain 16450')
  expect(uart.overflowed).toBe(false)
})

test('nobody waits for a slow line: it takes the rest by its interrupt, and loses nothing', async () => {
  const uart = new Uart16550()
  uart.bytePolls = 3000
  const { driver, type } = await open(uart)
  driver.start()
  type('0123456789'.repeat(10))
  driver.transmit()
  expect(uart.sent).toEqual([])
  expect(uart.interruptEnable & 2).toBe(2)
  serve(uart, driver)
  expect(text(uart.sent)).toBe('0123456789'.repeat(10))
  expect(uart.interruptEnable).toBe(0x05)
  expect(uart.overflowed).toBe(false)
})

test('a dead line hangs nothing and keeps what waits', async () => {
  const uart = new Uart16550()
  let reads = 0
  const { driver, type, shown } = await open({ read8: (port) => (reads++, uart.read8(port)), write8: uart.write8 })
  driver.start()
  uart.alive = false
  uart.bytePolls = 1
  type('x'.repeat(100))
  for (let i = 0; i < 10; i++) driver.transmit()
  expect(shown.length).toBe(84)
  expect(reads).toBeLessThan(100) // nobody waits for it
})

test('passes on what is typed and leaves no cause pending', async () => {
  const uart = new Uart16550()
  const { driver, typed } = await open(uart)
  driver.start()
  for (const byte of Buffer.from('vm list\r')) uart.receive(byte)
  driver.interrupt()
  expect(text(typed)).toBe('vm list\r')
  expect(uart.pending()).toBe(1)
})

test('drops breaks and damaged bytes, keeps the byte after an overrun', async () => {
  const uart = new Uart16550()
  const { driver, typed } = await open(uart)
  driver.start()
  uart.receive(0x41)
  uart.receive(0x00, 0x18) // break: framing error too
  uart.receive(0x42, 0x04) // parity
  uart.receive(0x43, 0x02) // overrun: this byte is whole, one before it was lost
  driver.interrupt()
  expect(text(typed)).toBe('AC')
})

test('an interrupt from a device that has gone away ends', async () => {
  const uart = new Uart16550()
  let gone = false
  let reads = 0
  const { driver, typed } = await open({
    read8: (port) => { reads++; return gone ? 0xff : uart.read8(port) },
    write8: uart.write8,
  })
  driver.start()
  gone = true
  driver.interrupt()
  expect(typed).toEqual([])
  reads = 0
  const stuck = await open({ read8: (port) => (reads++, port == 2 && gone ? 0xc4 : uart.read8(port)), write8: uart.write8 })
  stuck.driver.start()
  stuck.driver.interrupt()
  expect(reads).toBeLessThan(2000)
  expect(uart.interruptEnable).toBe(0x05)
})
