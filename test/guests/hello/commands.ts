/** What can be typed at hello's prompt. */
import { microsecondsOf, tscFrequency } from '../platform/clock'
import { readTsc, undefinedInstruction } from '../platform/hw'
import { powerOff, rebootByAcpi, rebootByFastReset, rebootByKeyboardController, rebootByResetControl, rebootByTripleFault } from '../platform/power'
import { printDate } from '../platform/rtc'
import { flush, print, printDecimal, printField, printLine, put } from '../platform/serial'
import { tickCount, timerName } from './events'
import { countPrimes } from './primes'

function is(line: usize, length: u32, word: string): bool {
  if (length != <u32>word.length) return false
  for (let i = 0; i < word.length; i++) {
    if (load<u8>(line + i) != word.charCodeAt(i)) return false
  }
  return true
}

function begins(line: usize, length: u32, word: string): bool {
  return length >= <u32>word.length && is(line, word.length, word)
}

/** Carries out a line of typed bytes. */
export function carryOutLine(line: usize, length: u32): void {
  if (is(line, length, 'help')) carryOut('help')
  else if (is(line, length, 'time')) carryOut('time')
  else if (is(line, length, 'primes')) carryOut('primes')
  else if (is(line, length, 'poweroff')) carryOut('poweroff')
  else if (is(line, length, 'crash')) carryOut('crash')
  else if (is(line, length, 'reboot')) carryOut('reboot')
  else if (is(line, length, 'reboot keyboard')) rebootByKeyboardController()
  else if (is(line, length, 'reboot cf9')) rebootByResetControl()
  else if (is(line, length, 'reboot acpi')) rebootByAcpi()
  else if (is(line, length, 'reboot fast')) rebootByFastReset()
  else if (is(line, length, 'reboot triple')) rebootByTripleFault()
  else if (begins(line, length, 'echo ')) {
    for (let i: u32 = 5; i < length; i++) put(load<u8>(line + i))
    printLine('')
  } else printLine('unknown command; type help')
}

/** Carries out a command that has no argument. */
export function carryOut(command: string): void {
  if (command == 'help') {
    printLine('help  time  primes  echo TEXT  poweroff  crash')
    printLine('reboot [keyboard | cf9 | acpi | fast | triple]')
  } else if (command == 'time') {
    printDate()
    printField('uptime', microsecondsOf(readTsc()) / 1000000)
    printField('ticks', tickCount())
    print(' from the ')
    print(timerName())
    printField('tsc', tscFrequency())
    printLine('')
  } else if (command == 'primes') {
    const begin = readTsc()
    printDecimal(countPrimes())
    print(' primes below 100000')
    printField('microseconds', microsecondsOf(readTsc() - begin))
    printLine('')
  } else if (command == 'poweroff') {
    printLine('switching off')
    powerOff()
    printLine('the machine did not switch off')
  } else if (command == 'reboot') {
    printLine('rebooting')
    rebootByAcpi()
    rebootByKeyboardController()
    rebootByTripleFault()
  } else if (command == 'crash') {
    printLine('crashing')
    flush()
    undefinedInstruction()
  }
}
