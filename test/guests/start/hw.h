/* The guest's hardware imports, as single instructions. Included ahead of the generated C, whose prototypes then inherit internal linkage. */
#ifndef GUEST_HW_H
#define GUEST_HW_H

#include <stdbool.h>
#include <stdint.h>

struct w2c_hw;

/** What `execute` found out; laid out as in interrupt.asm. */
struct fault {
  volatile uint64_t resume, stack;
  volatile uint32_t vector, padding;
  volatile uint64_t error, address, rip, flags, saved, code, pointer, segment;
};

extern struct fault fault;
extern uint32_t boot_magic, boot_information;
extern char pml4[];
uint8_t *guest_memory(void);
void set_gate(uint32_t vector, uint64_t target);
uint64_t stub(uint32_t vector);
uint32_t execute(uint64_t code, void *registers);
uint32_t execute_user(uint64_t code, void *registers);
uint32_t enter(void *frame, void *registers);

#define IMPORT static inline __attribute__((always_inline, unused))
#define HW struct w2c_hw *hw

IMPORT uint32_t w2c_hw_in8(HW, uint32_t port) { uint8_t value; __asm__ volatile("inb %w1, %0" : "=a"(value) : "Nd"(port) : "memory"); return value; }
IMPORT uint32_t w2c_hw_in16(HW, uint32_t port) { uint16_t value; __asm__ volatile("inw %w1, %0" : "=a"(value) : "Nd"(port) : "memory"); return value; }
IMPORT uint32_t w2c_hw_in32(HW, uint32_t port) { uint32_t value; __asm__ volatile("inl %w1, %0" : "=a"(value) : "Nd"(port) : "memory"); return value; }
IMPORT void w2c_hw_out8(HW, uint32_t port, uint32_t value) { __asm__ volatile("outb %b0, %w1" ::"a"(value), "Nd"(port) : "memory"); }
IMPORT void w2c_hw_out16(HW, uint32_t port, uint32_t value) { __asm__ volatile("outw %w0, %w1" ::"a"(value), "Nd"(port) : "memory"); }
IMPORT void w2c_hw_out32(HW, uint32_t port, uint32_t value) { __asm__ volatile("outl %0, %w1" ::"a"(value), "Nd"(port) : "memory"); }

IMPORT uint32_t w2c_hw_load8(HW, uint64_t address) { uint32_t value; __asm__ volatile("movzbl %1, %0" : "=r"(value) : "m"(*(volatile uint8_t *)address) : "memory"); return value; }
IMPORT uint32_t w2c_hw_load16(HW, uint64_t address) { uint32_t value; __asm__ volatile("movzwl %1, %0" : "=r"(value) : "m"(*(volatile uint16_t *)address) : "memory"); return value; }
IMPORT uint32_t w2c_hw_load32(HW, uint64_t address) { uint32_t value; __asm__ volatile("movl %1, %0" : "=r"(value) : "m"(*(volatile uint32_t *)address) : "memory"); return value; }
IMPORT uint64_t w2c_hw_load64(HW, uint64_t address) { uint64_t value; __asm__ volatile("movq %1, %0" : "=r"(value) : "m"(*(volatile uint64_t *)address) : "memory"); return value; }
IMPORT void w2c_hw_store8(HW, uint64_t address, uint32_t value) { __asm__ volatile("movb %b1, %0" : "=m"(*(volatile uint8_t *)address) : "q"(value) : "memory"); }
IMPORT void w2c_hw_store16(HW, uint64_t address, uint32_t value) { __asm__ volatile("movw %w1, %0" : "=m"(*(volatile uint16_t *)address) : "r"(value) : "memory"); }
IMPORT void w2c_hw_store32(HW, uint64_t address, uint32_t value) { __asm__ volatile("movl %1, %0" : "=m"(*(volatile uint32_t *)address) : "r"(value) : "memory"); }
IMPORT void w2c_hw_store64(HW, uint64_t address, uint64_t value) { __asm__ volatile("movq %1, %0" : "=m"(*(volatile uint64_t *)address) : "r"(value) : "memory"); }

IMPORT uint32_t w2c_hw_cpuid(HW, uint32_t leaf, uint32_t subleaf, uint32_t number) {
  uint32_t eax = leaf, ebx, ecx = subleaf, edx;
  __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx)::"memory");
  return number == 0 ? eax : number == 1 ? ebx : number == 2 ? ecx : edx;
}
IMPORT uint64_t w2c_hw_readMsr(HW, uint32_t index) { uint32_t low, high; __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index) : "memory"); return (uint64_t)high << 32 | low; }
IMPORT void w2c_hw_writeMsr(HW, uint32_t index, uint64_t value) { __asm__ volatile("wrmsr" ::"c"(index), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory"); }
IMPORT uint64_t w2c_hw_readTsc(HW) { uint32_t low, high; __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory"); return (uint64_t)high << 32 | low; }
IMPORT uint64_t w2c_hw_readControl(HW, uint32_t number) {
  uint64_t value;
  switch (number) {
    case 0: __asm__ volatile("mov %%cr0, %0" : "=r"(value)); return value;
    case 2: __asm__ volatile("mov %%cr2, %0" : "=r"(value)); return value;
    case 3: __asm__ volatile("mov %%cr3, %0" : "=r"(value)); return value;
    case 4: __asm__ volatile("mov %%cr4, %0" : "=r"(value)); return value;
    default: __asm__ volatile("mov %%cr8, %0" : "=r"(value)); return value;
  }
}
IMPORT void w2c_hw_writeControl(HW, uint32_t number, uint64_t value) {
  switch (number) {
    case 0: __asm__ volatile("mov %0, %%cr0" ::"r"(value) : "memory"); return;
    case 2: __asm__ volatile("mov %0, %%cr2" ::"r"(value) : "memory"); return;
    case 3: __asm__ volatile("mov %0, %%cr3" ::"r"(value) : "memory"); return;
    case 4: __asm__ volatile("mov %0, %%cr4" ::"r"(value) : "memory"); return;
    default: __asm__ volatile("mov %0, %%cr8" ::"r"(value) : "memory"); return;
  }
}

IMPORT void w2c_hw_pause(HW) { __asm__ volatile("pause" ::: "memory"); }
IMPORT void w2c_hw_enableInterrupts(HW) { __asm__ volatile("sti; nop" ::: "memory"); }
IMPORT void w2c_hw_disableInterrupts(HW) { __asm__ volatile("cli" ::: "memory"); }
/** STI takes effect after the next instruction, so that no interrupt is lost between the two. */
IMPORT void w2c_hw_wait(HW) { __asm__ volatile("sti; hlt; cli" ::: "memory"); }
IMPORT void w2c_hw_loadInterruptTable(HW, uint64_t base, uint32_t limit) {
  struct __attribute__((packed)) { uint16_t limit; uint64_t base; } pointer = { limit, base };
  __asm__ volatile("lidt %0" ::"m"(pointer) : "memory");
}
/** An exception with no table to deliver it from: a triple fault. */
IMPORT void w2c_hw_crash(HW) { w2c_hw_loadInterruptTable(hw, 0, 0); __asm__ volatile("int3" ::: "memory"); }
IMPORT void w2c_hw_undefined(HW) { __asm__ volatile("ud2" ::: "memory"); }
IMPORT void w2c_hw_clearErrors(HW) { __asm__ volatile("fnclex" ::: "memory"); }
IMPORT void w2c_hw_invalidatePage(HW, uint64_t address) { __asm__ volatile("invlpg (%0)" ::"r"(address) : "memory"); }

IMPORT uint64_t w2c_hw_linear(HW, uint32_t address) { return (uint64_t)guest_memory() + address; }
IMPORT uint64_t w2c_hw_pageTable(HW) { return (uint64_t)pml4; }
IMPORT uint32_t w2c_hw_bootMagic(HW) { return boot_magic; }
IMPORT uint32_t w2c_hw_bootInformation(HW) { return boot_information; }
IMPORT void w2c_hw_setGate(HW, uint32_t vector, uint64_t target) { set_gate(vector, target ? target : stub(vector)); }
IMPORT uint32_t w2c_hw_execute(HW, uint64_t code, uint32_t registers) { return execute(code, guest_memory() + registers); }
IMPORT uint32_t w2c_hw_executeUser(HW, uint64_t code, uint32_t registers) { return execute_user(code, guest_memory() + registers); }
IMPORT uint32_t w2c_hw_enter(HW, uint32_t frame, uint32_t registers) { return enter(guest_memory() + frame, guest_memory() + registers); }
IMPORT uint64_t w2c_hw_faultError(HW) { return fault.error; }
IMPORT uint64_t w2c_hw_faultAddress(HW) { return fault.address; }
IMPORT uint64_t w2c_hw_faultInstruction(HW) { return fault.rip; }
IMPORT uint64_t w2c_hw_faultFlags(HW) { return fault.saved; }
IMPORT uint32_t w2c_hw_faultCode(HW) { return fault.code; }
IMPORT uint64_t w2c_hw_faultStack(HW) { return fault.pointer; }
IMPORT uint32_t w2c_hw_faultStackSegment(HW) { return fault.segment; }

#endif
