/* What the C and assembly files of boot/ share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "layout.h"

/* As exception_common of interrupts.asm pushes it; kernel/debug/exception.ts reads it. */
struct exception_frame {
  uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15;
  uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* A Wasm module that was linked in, as tools/modules.ts writes it. */
struct module_export {
  const char *name;
  void *function;
};
struct module {
  const char *name;
  uint32_t memory_offset;  /* of the memory descriptor in the instance */
  uint32_t instance_bytes;
  uint32_t initial_pages;  /* 64 KiB each */
  uint32_t maximum_pages;
  uint32_t export_count;
  const struct module_export *exports;
  void (*instantiate)(void *instance, void *capabilities);
  const char *const *imports; /* "space.name", ends with 0 */
};
extern const struct module modules[];
extern const uint32_t module_count;
extern const struct module nucleus_module;

uint64_t gate_enter(uint64_t function, uint64_t instance, uint64_t a0, uint64_t a1, uint64_t a2);
__attribute__((noreturn)) void gate_leave(uint32_t status);
extern volatile uint32_t gate_status;

__attribute__((noreturn)) void trap(uint32_t reason, uint64_t address, uint64_t frame_pointer);
extern uint8_t sandbox_stack_limit[] __asm__("kernel_stack.sandbox_limit"); /* below it is the nucleus's share of the stack */

void svm_run(uint64_t vmcb, void *registers, uint64_t host_vmcb);
uint32_t vmx_run(void *registers, uint32_t launched);
void load_descriptors(const void *gdt, const void *idt);
void descriptors_initialize(void);
