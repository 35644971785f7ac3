/** The machines that the whole system is tested on. A test names behaviours; vitest.system.config.ts says which tests run on which. */

/** An emulator and the CPU that it is. */
export interface Platform {
  name: PlatformName
  emulator: 'qemu' | 'bochs'
  cpu: string
  /** Ticks of its TSC in a second, where the clock counts instructions. */
  tscHertz: number
  /** What repeats for the sake of it, a hostile minute or a hundred starts, is so many times shorter. */
  brevity: number
  /** The emulated CPU panics over what a guest may do; the panic is noted and changes nothing. */
  panicsFalsely?: boolean
  /** Parameters of selftest, which leaves out what ends such a CPU. */
  selftest?: string
  /** How a guest that is to take no interrupt holds them off, for test/guests/storm. */
  storm?: string
  /** Lines of selftest that fail whatever the hypervisor does, since the emulated CPU is wrong. */
  faults?: RegExp
}

/** The names, as in `PLATFORM=bochs-intel`. */
export type PlatformName = 'qemu-amd' | 'bochs-intel' | 'bochs-amd'

// Bochs' clock goes by its instructions; it does about so many a second.
const BOCHS_HERTZ = 50_000_000

/** All of them. */
export const platforms: Record<PlatformName, Platform> = {
  /**
   * AMD-V without nRIP: the length of every instruction is decoded. QEMU 7.2's VMRUN and #VMEXIT write DR7 without arming what it asks for (svm_helper.c; later versions
   * do): one guest's watchpoint is then taken away as another's breakpoint, which it is not, and QEMU reads where nothing is.
   */
  'qemu-amd': { name: 'qemu-amd', emulator: 'qemu', cpu: 'EPYC', tscHertz: 1e9, brevity: 1 },
  /**
   * VT-x with EPT and unrestricted guests. Bochs 2.7 keeps the host's interrupts back from a guest that is entered with IF = 0 until it changes IF: VMLAUNCH
   * and VMRESUME load RFLAGS before in_vmx_guest is set (vmx.cc), so that handleInterruptMaskChange masks them, whatever the external-interrupt exiting
   * control says. A guest that loops with IF = 0 over exits that the nucleus answers alone has the processor to itself, with no timer in it at all; by its
   * task priority it can hold its interrupts off and Bochs takes the host's.
   */
  'bochs-intel': { name: 'bochs-intel', emulator: 'bochs', cpu: 'corei7_ivy_bridge_3770k', tscHertz: BOCHS_HERTZ, brevity: 8, storm: 'held=priority' },
  /**
   * AMD-V with nRIP. Bochs 2.7 takes an exit from a virtual-8086 guest for VM in long mode, and panics (svm.cc loads the host's control registers
   * before its flags); a guest's MOV to CR0 of PG without PE it takes for paged real mode (crregs.cc), which no processor does; a trap of a guest
   * that exits is taken in the host (Svm_Vmexit leaves debug_trap as it is). A #DB that is intercepted leaves no condition in DR6 (svm.cc, SvmInterceptException clears them), against APM vol. 2, 15.12.2.
   * VMRUN does not load CR2 (svm.cc, SvmEnterLoadCheckGuestState reads it and leaves it), so that a guest finds what was there: where a page fault was is
   * not judged when its guest is not alone.
   */
  'bochs-amd': {
    name: 'bochs-amd', emulator: 'bochs', cpu: 'ryzen', tscHertz: BOCHS_HERTZ, brevity: 8, panicsFalsely: true, selftest: 'processor=bochs-svm',
    faults: /^FAIL (instruction breakpoint|watchpoint on (writes|reads)|single step( over MOV to SS)?|general detect: says so in DR6|DR6\.BS after a single step|task switch: DR6\.BT): expected \w+, got 0 |^FAIL spoilt, after INIT and startup: CR2: expected 0, got 12345678 /,
  },
}

/** What this process tests on. */
export const platform: Platform = chosen(process.env.PLATFORM ?? 'qemu-amd')

function chosen(name: string): Platform {
  if (name in platforms) return platforms[name as PlatformName]
  throw new Error(`there is no platform ${name}: PLATFORM is one of ${Object.keys(platforms).join(', ')}`)
}

/** Defines tests that only these platforms are to run: what the others lack, or what would take them too long. */
export function only(names: PlatformName[], define: () => void): void {
  if (names.includes(platform.name)) define()
}
