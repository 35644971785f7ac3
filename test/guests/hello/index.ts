/** The guest that is not Linux: it says what machine it finds itself on, and answers at a small prompt on COM1. */
import { bootLoader, bootProtocol, moduleCommandLine, moduleCount, moduleSize, regionBase, regionCount, regionLength, regionType } from '../platform/boot'
import { argumentIs, printText } from '../platform/arguments'
import { commandLine } from '../platform/boot'
import { tscFrequency } from '../platform/clock'
import { wait } from '../platform/hw'
import { printHypervisor, printModel, printVendor, underHypervisor } from '../platform/processor'
import { powerOff } from '../platform/power'
import { initializeSerial, print, printDecimal, printField, printHex, printLine } from '../platform/serial'
import { acknowledge, startInterrupts, takePowerButton } from './events'
import { prompt, typed } from './prompt'
import { carryOut } from './commands'

export function interrupt(vector: u32, error: u64): bool { return acknowledge(vector) }

function printMemory(): void {
  const count = regionCount()
  for (let index: u32 = 0; index < count; index++) {
    print('memory ')
    printHex(regionBase(index), 12)
    print(' + ')
    printHex(regionLength(index), 12)
    print(' type ')
    printDecimal(regionType(index))
    printLine('')
  }
}

function printBanner(): void {
  printLine('hello from a TypeScript guest')
  print('protocol ')
  const protocol = bootProtocol()
  printLine(protocol == 1 ? 'multiboot' : protocol == 2 ? 'multiboot2' : protocol == 3 ? 'pvh' : 'unknown')
  print('loader ')
  printText(bootLoader())
  print('\ncommand line ')
  printText(commandLine())
  printLine('')
  const modules = moduleCount()
  for (let index: u32 = 0; index < modules; index++) {
    print('module')
    printField('size', moduleSize(index))
    print(' ')
    printText(moduleCommandLine(index))
    printLine('')
  }
  printMemory()
  print('processor ')
  printVendor()
  print(' ')
  printModel()
  printLine('')
  if (underHypervisor()) {
    print('hypervisor ')
    printHypervisor()
    printLine('')
  }
  print('tsc')
  printField('frequency', tscFrequency())
  printLine('')
}

export function main(): void {
  initializeSerial()
  printBanner()
  startInterrupts()
  // `run=NAME` carries out one command without anybody typing, for tests of what happens then.
  if (argumentIs('run', 'poweroff')) carryOut('poweroff')
  if (argumentIs('run', 'crash')) carryOut('crash')
  if (argumentIs('run', 'reboot')) carryOut('reboot')
  printLine('type help')
  prompt()
  for (;;) {
    wait()
    typed()
    if (takePowerButton()) {
      printLine('\npower button: switching off')
      powerOff()
      printLine('the machine did not switch off')
    }
  }
}
