/* GDT, IDT and TSS. APM vol. 2, 4.8 and 8.9. An exit on Intel loads them again: vmx/intel/host.ts. */
#include "runtime.h"

extern uint8_t kernel_stack_top[] __asm__("kernel_stack.top");
extern uint8_t fault_stack_top[] __asm__("fault_stack.top");
extern uint8_t double_fault_stack_top[] __asm__("double_fault_stack.top");
extern uint8_t nmi_stack_top[] __asm__("nmi_stack.top");
extern uint8_t machine_check_stack_top[] __asm__("machine_check_stack.top");
extern uint8_t interrupt_stack_top[] __asm__("interrupt_stack.top");
extern void *const exception_stub_table[32];
extern uint8_t *const interrupt_stub_base;

enum { VECTORS = 256, EXCEPTIONS = 32, STUB_BYTES = 16 };
enum { NMI = 2, DOUBLE_FAULT = 8, MACHINE_CHECK = 18 };

struct __attribute__((packed)) {
  uint32_t reserved0;
  uint64_t rsp[3];
  uint64_t reserved1;
  uint64_t ist[7];
  uint64_t reserved2;
  uint16_t reserved3, io_map;
} tss;

uint64_t gdt[5] = {0, 0x00AF9A000000FFFF, 0x00CF92000000FFFF};

struct __attribute__((packed)) {
  uint16_t offset_low, selector;
  uint8_t ist, type;
  uint16_t offset_middle;
  uint32_t offset_high, reserved;
} idt[VECTORS];

struct __attribute__((packed)) pointer {
  uint16_t limit;
  uint64_t base;
};

static void set_gate(unsigned vector, const void *stub, unsigned ist) {
  uint64_t offset = (uint64_t)stub;
  idt[vector].offset_low = offset;
  idt[vector].selector = 8;
  idt[vector].ist = ist;
  idt[vector].type = 0x8E;
  idt[vector].offset_middle = offset >> 16;
  idt[vector].offset_high = offset >> 32;
}

/* Exceptions and interrupts have stacks that are known to be good: a sandbox may have used up the one it runs on. */
void descriptors_initialize(void) {
  tss.rsp[0] = (uint64_t)kernel_stack_top;
  tss.ist[0] = (uint64_t)fault_stack_top;
  tss.ist[1] = (uint64_t)double_fault_stack_top;
  tss.ist[2] = (uint64_t)nmi_stack_top;
  tss.ist[3] = (uint64_t)machine_check_stack_top;
  tss.ist[4] = (uint64_t)interrupt_stack_top;
  tss.io_map = sizeof tss;
  uint64_t base = (uint64_t)&tss;
  gdt[3] = (sizeof tss - 1) | (base & 0xFFFFFF) << 16 | 0x89ul << 40 | (base >> 24 & 0xFF) << 56;
  gdt[4] = base >> 32;
  for (unsigned vector = 0; vector < EXCEPTIONS; vector++)
    set_gate(vector, exception_stub_table[vector], vector == DOUBLE_FAULT ? 2 : vector == NMI ? 3 : vector == MACHINE_CHECK ? 4 : 1);
  for (unsigned vector = EXCEPTIONS; vector < VECTORS; vector++)
    set_gate(vector, interrupt_stub_base + (vector - EXCEPTIONS) * STUB_BYTES, 5);
  struct pointer gdt_pointer = {sizeof gdt - 1, (uint64_t)gdt};
  struct pointer idt_pointer = {sizeof idt - 1, (uint64_t)idt};
  load_descriptors(&gdt_pointer, &idt_pointer);
}
