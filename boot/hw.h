/* The nucleus's `hw` imports (kernel/hw.ts), each a few instructions. Included ahead of the nucleus's C. */
#pragma once

#include "intrinsics.h"
#include "runtime.h"
#include "wasm-rt.h"

struct w2c_hw;
struct w2c_env;

/* The instance pointer of `hw` is the nucleus's linear memory. */
#define LINEAR(address) ((uint8_t *)hw + (uint32_t)(address))
#define DIRECT(hpa) ((void *)(DIRECT_BASE + (hpa)))
#define HW(type, name, ...) static inline __attribute__((always_inline)) type w2c_hw_##name(struct w2c_hw *hw, ##__VA_ARGS__)

typedef uint32_t hw32;
typedef uint64_t hw64;

HW(hw32, in8, hw32 port) { return port_read8(port); }
HW(hw32, in16, hw32 port) { return port_read16(port); }
HW(hw32, in32, hw32 port) { return port_read32(port); }
HW(void, out8, hw32 port, hw32 value) { port_write8(port, value); }
HW(void, out16, hw32 port, hw32 value) { port_write16(port, value); }
HW(void, out32, hw32 port, hw32 value) { port_write32(port, value); }

HW(hw32, load8, hw64 hpa) { return *(volatile uint8_t *)DIRECT(hpa); }
HW(hw32, load16, hw64 hpa) { return *(volatile uint16_t *)DIRECT(hpa); }
HW(hw32, load32, hw64 hpa) { return *(volatile uint32_t *)DIRECT(hpa); }
HW(hw64, load64, hw64 hpa) { return *(volatile uint64_t *)DIRECT(hpa); }
HW(void, store8, hw64 hpa, hw32 value) { *(volatile uint8_t *)DIRECT(hpa) = value; }
HW(void, store16, hw64 hpa, hw32 value) { *(volatile uint16_t *)DIRECT(hpa) = value; }
HW(void, store32, hw64 hpa, hw32 value) { *(volatile uint32_t *)DIRECT(hpa) = value; }
HW(void, store64, hw64 hpa, hw64 value) { *(volatile uint64_t *)DIRECT(hpa) = value; }
HW(void, copy, hw64 target, hw64 source, hw64 length) { copy_bytes(DIRECT(target), DIRECT(source), length); }
HW(void, copyOut, hw32 target, hw64 source, hw64 length) { copy_bytes(LINEAR(target), DIRECT(source), length); }
HW(void, copyIn, hw64 target, hw32 source, hw64 length) { copy_bytes(DIRECT(target), LINEAR(source), length); }
HW(void, zero, hw64 target, hw64 length) { zero_bytes(DIRECT(target), length); }
HW(hw32, crc32c, hw32 before, hw64 hpa, hw64 length) { return crc32c(before, DIRECT(hpa), length); }
HW(hw64, peek, hw64 address) { return *(volatile uint64_t *)address; }
HW(void, copyToVirtual, hw64 target, hw32 source, hw64 length) { copy_bytes((void *)target, LINEAR(source), length); }
HW(void, copyVirtual, hw64 target, hw64 source, hw64 length) { copy_bytes((void *)target, (void *)source, length); }
HW(void, copyFromVirtual, hw32 target, hw64 source, hw64 length) { copy_bytes(LINEAR(target), (void *)source, length); }

HW(hw32, cpuid, hw32 leaf, hw32 subleaf, hw32 index) { return cpuid(leaf, subleaf, index); }
HW(hw64, readMsr, hw32 index) {
  uint32_t low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
  return (uint64_t)high << 32 | low;
}
HW(void, writeMsr, hw32 index, hw64 value) { __asm__ volatile("wrmsr" ::"c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory"); }
HW(hw64, readTsc) { return read_tsc(); }
HW(hw64, scale, hw64 value, hw64 multiplier, hw64 divisor) { return multiply_divide(value, multiplier, divisor); }
HW(hw64, multiplyShift, hw64 value, hw64 multiplier, hw32 shift) { return (unsigned __int128)value * multiplier >> (shift & 127); }

#define HW_REGISTER(name, register)                                                                          \
  HW(hw64, read##name) { uint64_t value; __asm__ volatile("mov %%" register ", %0" : "=r"(value)); return value; } \
  HW(void, write##name, hw64 value) { __asm__ volatile("mov %0, %%" register ::"r"(value) : "memory"); }
HW_REGISTER(Cr0, "cr0")
HW_REGISTER(Cr2, "cr2")
HW_REGISTER(Cr3, "cr3")
HW_REGISTER(Cr4, "cr4")
HW_REGISTER(Dr0, "dr0")
HW_REGISTER(Dr1, "dr1")
HW_REGISTER(Dr2, "dr2")
HW_REGISTER(Dr3, "dr3")
HW_REGISTER(Dr6, "dr6")
HW_REGISTER(Dr7, "dr7")

HW(hw64, readXcr0) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}
HW(void, writeXcr0, hw64 value) { __asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))); }
HW(void, xsave, hw64 area, hw64 mask) { __asm__ volatile("xsave64 (%0)" ::"r"(DIRECT(area)), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32)) : "memory"); }
HW(void, xrstor, hw64 area, hw64 mask) { __asm__ volatile("xrstor64 (%0)" ::"r"(DIRECT(area)), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32)) : "memory"); }
HW(void, fxsave, hw64 area) { __asm__ volatile("fxsave64 (%0)" ::"r"(DIRECT(area)) : "memory"); }
HW(void, fxrstor, hw64 area) { __asm__ volatile("fxrstor64 (%0)" ::"r"(DIRECT(area)) : "memory"); }

HW(void, invalidatePage, hw64 address) { __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory"); }
HW(void, openInterrupts) { __asm__ volatile("sti; nop; cli" ::: "memory"); }
HW(void, haltUntilInterrupt) { __asm__ volatile("sti; hlt; cli" ::: "memory"); }
HW(void, stop) { for (;;) __asm__ volatile("cli; hlt"); }
HW(void, pause) { __asm__ volatile("pause" ::: "memory"); }
HW(hw32, fetchAdd32, hw32 address, hw32 value) { return __atomic_fetch_add((uint32_t *)LINEAR(address), value, __ATOMIC_SEQ_CST); }
HW(hw32, exchange32, hw32 address, hw32 value) { return __atomic_exchange_n((uint32_t *)LINEAR(address), value, __ATOMIC_SEQ_CST); }
HW(hw64, exchange64, hw32 address, hw64 value) { return __atomic_exchange_n((uint64_t *)LINEAR(address), value, __ATOMIC_SEQ_CST); }
HW(void, or64, hw32 address, hw64 bits) { __atomic_fetch_or((uint64_t *)LINEAR(address), bits, __ATOMIC_SEQ_CST); }
HW(void, publish32, hw32 address, hw32 value) { __atomic_store_n((uint32_t *)LINEAR(address), value, __ATOMIC_RELEASE); }
HW(void, fence) { __asm__ volatile("mfence" ::: "memory"); }
HW(void, emptyIdt) {
  static const struct __attribute__((packed)) { uint16_t limit; uint64_t base; } none;
  __asm__ volatile("lidt %0; int3" ::"m"(none));
}

HW(void, svmRun, hw64 vmcb, hw32 registers, hw64 host_vmcb) { svm_run(vmcb, LINEAR(registers), host_vmcb); }
HW(void, svmSave, hw64 vmcb) { __asm__ volatile("vmsave %0" ::"a"(vmcb) : "memory"); }

HW(hw64, vmread, hw32 field) {
  uint64_t value;
  __asm__ volatile("vmread %1, %0" : "=r"(value) : "r"((uint64_t)field) : "cc");
  return value;
}
HW(void, vmwrite, hw32 field, hw64 value) { __asm__ volatile("vmwrite %1, %0" ::"r"((uint64_t)field), "r"(value) : "cc"); }
HW(void, vmptrld, hw64 hpa) { __asm__ volatile("vmptrld %0" ::"m"(hpa) : "cc", "memory"); }
HW(void, vmclear, hw64 hpa) { __asm__ volatile("vmclear %0" ::"m"(hpa) : "cc", "memory"); }
HW(void, invept, hw32 type, hw64 pointer) {
  uint64_t descriptor[2] = {pointer, 0};
  __asm__ volatile("invept %0, %1" ::"m"(descriptor), "r"((uint64_t)type) : "cc", "memory");
}
HW(void, invvpid, hw32 type, hw32 identifier) {
  uint64_t descriptor[2] = {identifier, 0};
  __asm__ volatile("invvpid %0, %1" ::"m"(descriptor), "r"((uint64_t)type) : "cc", "memory");
}
HW(hw32, vmxRun, hw32 registers, hw32 launched) { return vmx_run(LINEAR(registers), launched); }
HW(void, raiseNmi) { __asm__ volatile("int $2" ::: "memory"); }
HW(hw32, vmxOn, hw64 hpa) {
  bool invalid, valid;
  __asm__ volatile("vmxon %2" : "=@ccc"(invalid), "=@ccz"(valid) : "m"(hpa) : "memory");
  return invalid | valid << 1;
}
HW(void, vmxOff) { __asm__ volatile("vmxoff" ::: "cc", "memory"); }

extern uint64_t gate_stack;
HW(hw64, enter, hw64 function, hw64 instance, hw64 a0, hw64 a1, hw64 a2) { return gate_enter(function, instance, a0, a1, a2); }
HW(hw32, gateStatus) { return gate_status; }
HW(hw32, gateActive) { return gate_stack != 0; }

HW(hw32, moduleCount) { return module_count; }
HW(hw32, moduleNumber, hw32 module, hw32 key) {
  const struct module *m = &modules[module];
  return key == 0 ? m->memory_offset : key == 1 ? m->instance_bytes : key == 2 ? m->initial_pages : key == 3 ? m->maximum_pages : m->export_count;
}
HW(hw64, moduleInstantiate, hw32 module) { return (uint64_t)modules[module].instantiate; }
HW(hw64, moduleName, hw32 module) { return (uint64_t)modules[module].name; }
HW(hw64, moduleExportName, hw32 module, hw32 index) { return (uint64_t)modules[module].exports[index].name; }
HW(hw64, moduleExportFunction, hw32 module, hw32 index) { return (uint64_t)modules[module].exports[index].function; }
HW(hw64, moduleImport, hw32 module, hw32 index) { return (uint64_t)modules[module].imports[index]; }

/* Addresses of the image, in the order of ImageAddress in kernel/hw.ts. */
extern uint8_t image_start[], image_end[], text_end[], rodata_end[], sandbox_text_start[], sandbox_text_end[], nucleus_text_start[],
    nucleus_text_end[], symbols_start[], symbols_end[], root_table[], kernel_stack_guard[], fault_stack_guard[],
    double_fault_stack_guard[], nmi_stack_guard[], machine_check_stack_guard[], interrupt_stack_guard[], tss[], gdt[], idt[], vmx_exit[],
    trampoline_start[], trampoline_end[];
HW(hw64, imageAddress, hw32 index) {
  static const uint8_t *const addresses[] = {image_start, image_end, text_end, rodata_end, sandbox_text_start, sandbox_text_end,
      nucleus_text_start, nucleus_text_end, symbols_start, symbols_end, root_table, kernel_stack_guard, fault_stack_guard,
      double_fault_stack_guard, nmi_stack_guard, machine_check_stack_guard, interrupt_stack_guard,
      tss, gdt, idt, vmx_exit, trampoline_start, trampoline_end};
  return (uint64_t)addresses[index];
}

void w2c_env_abort(struct w2c_env *, uint32_t message, uint32_t file, uint32_t line, uint32_t column);
