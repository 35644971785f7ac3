/** Where the console leaves an order for a service, and finds the answer: one at a time. */
import { giveBytes, sandbox, takeBytes } from '../sandbox/sandbox'
import { requestService } from '../vm/attention'
import { setConsoleDeadline } from '../vm/timers'

/** What becomes of an order. */
export enum OrderState { None, Waiting, Taken, Answered }

@unmanaged export class Desk {
  state: OrderState
  reserved: u32
  // 08h  the order, and once that was taken its answer
  @inline get bytes(): usize { return changetype<usize>(this) + 8 }
}

/** The console's. False while another order is being carried out. */
export function place(desk: Desk, subject: u32, source: usize, length: u32): bool {
  if (desk.state == OrderState.Waiting || desk.state == OrderState.Taken || !takeBytes(sandbox(subject), desk.bytes, source, length)) return false
  desk.state = OrderState.Waiting
  requestService()
  return true
}

/** The service's; false when there is none. */
export function take(desk: Desk, subject: u32, target: usize, length: u32): bool {
  if (desk.state != OrderState.Waiting || !giveBytes(sandbox(subject), target, desk.bytes, length)) return false
  desk.state = OrderState.Taken
  return true
}

export function answer(desk: Desk, subject: u32, source: usize, length: u32): void {
  if (desk.state == OrderState.Taken && takeBytes(sandbox(subject), desk.bytes, source, length)) setAnswered(desk)
}

/** The console's, once. */
export function collect(desk: Desk, subject: u32, target: usize, length: u32): bool {
  if (desk.state != OrderState.Answered || !giveBytes(sandbox(subject), target, desk.bytes, length)) return false
  desk.state = OrderState.None
  return true
}

/** The service has failed: what it had taken is answered with this status, an answer's first 32 bits. */
export function fail(desk: Desk, status: u32): void {
  if (desk.state != OrderState.Taken) return
  store<u32>(desk.bytes, status)
  setAnswered(desk)
}

function setAnswered(desk: Desk): void {
  desk.state = OrderState.Answered
  setConsoleDeadline(0)
}
