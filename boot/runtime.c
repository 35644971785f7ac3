/* The Wasm runtime: it hands every trap, exception and interrupt to the nucleus, which decides. */
#include <string.h>

#include "nucleus.h"
#include "runtime.h"

uint64_t gate_stack; /* of the sandbox call in progress, otherwise 0 */

#define NUCLEUS_LINEAR (NUCLEUS_SLOT + SLOT_LINEAR)
#define NUCLEUS ((w2c_nucleus *)(NUCLEUS_LINEAR - MEMORY_DISTANCE - offsetof(w2c_nucleus, w2c_memory)))

w2c_nucleus *nucleus_instance = NUCLEUS; /* for the calls that sandboxes and interrupts make */

void boot_main(uint32_t magic, uint32_t information, uint64_t entry_tsc) {
  descriptors_initialize();
  nucleus_module.instantiate(NUCLEUS, (void *)NUCLEUS_LINEAR);
  w2c_nucleus_boot(NUCLEUS, magic, information, entry_tsc);
}

/* An application processor, whose nucleus is a copy of the one that started it (kernel/cpu/fork.ts). */
void processor_main(void);
void processor_main(void) {
  descriptors_initialize();
  w2c_nucleus_bootProcessor(NUCLEUS);
}

uint32_t exception(struct exception_frame *frame) { return w2c_nucleus_onException(NUCLEUS, (uint64_t)frame); }

/* wasm_rt_trap of interrupts.asm, on a stack with room. */
void trap(uint32_t reason, uint64_t address, uint64_t frame_pointer) { gate_leave(w2c_nucleus_onTrap(NUCLEUS, reason, address, frame_pointer)); }

static bool is_nucleus(wasm_rt_memory_t *memory) { return memory == &NUCLEUS->w2c_memory; }

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t initial, uint64_t maximum, bool is64, uint32_t page_size) {
  memory->data = WASM_RT_LINEAR(memory, 0);
  memory->pages = initial;
  memory->max_pages = maximum;
  /* The nucleus also reaches the shared window and its tables, far above its own pages. */
  memory->size = is_nucleus(memory) ? 1ul << 32 : initial * page_size;
  memory->page_size = page_size;
  memory->is64 = is64;
}

uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t pages) {
  if (is_nucleus(memory) || pages > memory->max_pages - memory->pages) return UINT32_MAX;
  if ((uint8_t *)__builtin_frame_address(0) < sandbox_stack_limit) wasm_rt_trap(WASM_RT_TRAP_EXHAUSTION);
  uint32_t slot = ((uint64_t)memory - SLOT_BASE) / SLOT_SIZE;
  __asm__ volatile("cli" ::: "memory");
  bool grown = w2c_nucleus_growMemory(NUCLEUS, slot, memory->pages, pages);
  __asm__ volatile("sti" ::: "memory");
  if (!grown) return UINT32_MAX;
  uint64_t before = memory->pages;
  memory->pages += pages;
  memory->size = memory->pages * memory->page_size;
  return before;
}

void wasm_rt_free_memory(wasm_rt_memory_t *memory) { memory->size = 0; }

/* A module has one function table; it lies between the instance and its linear memory. */
void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t elements, uint32_t maximum) {
  if (elements > TABLE_CAPACITY) wasm_rt_trap(WASM_RT_TRAP_OOB);
  uint64_t slot_linear = ((uint64_t)table & ~(SLOT_LINEAR - 1)) + SLOT_LINEAR;
  table->data = (wasm_rt_funcref_t *)(slot_linear - TABLE_DISTANCE);
  table->size = elements;
  table->max_size = maximum;
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t *table) { table->size = 0; }

void *memcpy(void *restrict target, const void *restrict source, size_t length) {
  void *result = target;
  __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(length)::"memory");
  return result;
}

void *memset(void *target, int value, size_t length) {
  void *result = target;
  __asm__ volatile("rep stosb" : "+D"(target), "+c"(length) : "a"(value) : "memory");
  return result;
}

void *memmove(void *target, const void *source, size_t length) {
  if ((uintptr_t)target - (uintptr_t)source >= length) return memcpy(target, source, length);
  uint8_t *to = (uint8_t *)target + length - 1;
  const uint8_t *from = (const uint8_t *)source + length - 1;
  __asm__ volatile("std; rep movsb; cld" : "+D"(to), "+S"(from), "+c"(length)::"memory");
  return target;
}

int memcmp(const void *left, const void *right, size_t length) {
  const uint8_t *a = left, *b = right;
  for (; length; length--, a++, b++)
    if (*a != *b) return *a - *b;
  return 0;
}

/* AssemblyScript's abort in the nucleus: a broken invariant. */
struct w2c_env;
void w2c_env_abort(struct w2c_env *environment, uint32_t message, uint32_t file, uint32_t line, uint32_t column) {
  w2c_nucleus_onAbort(NUCLEUS, message, file, line, column);
}

/* What gcc calls for __builtin_popcountll where the CPU is not known to have POPCNT. */
int __popcountdi2(uint64_t value);
int __popcountdi2(uint64_t value) {
  int count = 0;
  for (; value; value &= value - 1) count++;
  return count;
}
