/** What is measured, what is to be reached, and what KVM 6.1 with QEMU takes in the same emulator. */

/** One row of the table; numbers are instructions. `measured` is AMD-V's, `intel` VT-x's; a text says why there is no number. */
export interface Row { what: string, measured?: number, intel?: number | string, target?: number, kvm?: number }

/** Names as the bench guest prints them; `switch` is worked out of what two of them print. */
export const EXITS: { name: string, what: string, target?: number, kvm?: number }[] = [
  { name: 'cpuid', what: 'CPUID', target: 400, kvm: 3299 },
  { name: 'port-read', what: 'port read answered by a device sandbox', target: 700, kvm: 5468 },
  { name: 'port-write', what: 'port write answered by a device sandbox' },
  { name: 'port-unbacked', what: 'port read that nobody answers' },
  { name: 'mmio-read', what: 'MMIO read answered by a device sandbox', target: 1200, kvm: 7640 },
  { name: 'mmio-read-ioapic', what: 'MMIO read of the I/O APIC' },
  { name: 'mmio-write', what: 'MMIO write of the I/O APIC' },
  { name: 'rdmsr-apic-base', what: 'RDMSR of APIC_BASE' },
  { name: 'tsc-adjust-write', what: 'TSC_ADJUST write', target: 400, kvm: 3710 },
  { name: 'apic-read', what: 'xAPIC register read' },
  { name: 'xapic-self-ipi', what: 'xAPIC self-IPI with handler and EOI', target: 2500, kvm: 10301 },
  { name: 'x2apic-self-ipi', what: 'x2APIC self-IPI with handler and EOI' },
  { name: 'tsc-deadline', what: 'TSC-deadline timer armed in the past and taken', target: 2000, kvm: 11860 },
  { name: 'hlt-wake', what: 'timer armed, HLT, woken' },
  { name: 'ipi', what: 'IPI between two vCPUs on one host CPU', target: 9000, kvm: 45461 },
  { name: 'ipi-halted', what: 'IPI to a halted vCPU', target: 8000, kvm: 34025 },
  { name: 'switch', what: 'context switch between two VMs', target: 800 },
]

/** Names are the disk's and how many reads are under way at once. */
export const READS: { name: string, what: string, target?: number }[] = [
  { name: 'nvme-1', what: '4 KiB read from an NVMe drive', target: 12000 },
  { name: 'nvme-32', what: 'the same, 32 at once, each', target: 3500 },
  { name: 'virtioblk-1', what: '4 KiB read from a virtio-blk drive', target: 12000 },
  { name: 'virtioblk-32', what: 'the same, 32 at once, each', target: 3500 },
  { name: 'pool-1', what: '4 KiB read from a volume on NVMe', target: 12000 },
  { name: 'pool-32', what: 'the same, 32 at once, each', target: 3500 },
]

/** The `bench NAME ticks=N` lines of a guest's output. */
export function measurements(text: string): Map<string, number> {
  return new Map([...text.matchAll(/bench (\S+) ticks=(\d+)/g)].map(([, name, ticks]) => [name, Number(ticks)]))
}

const grouped = (value: number | undefined) => value === undefined ? '' : value.toLocaleString('en-US')

const reached = (value: number | string | undefined, target: number) => typeof value === 'string' || value !== undefined && value <= target

/** The table as text; a row that misses its target on either says so. */
export function tableText(rows: Row[]): string {
  const cells = rows.map(({ what, measured, intel, target, kvm }) => [
    what, measured === undefined ? 'not measured' : grouped(measured), typeof intel === 'string' ? intel : intel === undefined ? 'not measured' : grouped(intel), target === undefined ? '' : `≤ ${grouped(target)}`,
    kvm === undefined ? '' : `[${grouped(kvm)}]`, target === undefined ? '' : reached(measured, target) && reached(intel, target) ? 'reached' : 'MISSED',
  ])
  const all = [['', 'AMD-V', 'VT-x', 'target', 'KVM 6.1', ''], ...cells]
  const widths = all[0].map((_, column) => Math.max(...all.map(row => row[column].length)))
  return all.map(row => row.map((cell, column) => column ? cell.padStart(widths[column]) : cell.padEnd(widths[column])).join('  ').trimEnd()).join('\n')
}
