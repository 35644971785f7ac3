/* Starts the guest's Wasm module: its linear memory, its interrupt gates, and the little that TypeScript cannot say. */
#include GUEST_HEADER
#include "hw.h"

/** What the stubs in interrupt.asm push. */
struct frame {
  uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax, vector, error, rip, cs, rflags, rsp, ss;
};

struct w2c_env;

struct gate {
  uint16_t offset_low, selector;
  uint8_t ist, type;
  uint16_t offset_middle;
  uint32_t offset_high, reserved;
};

#define USER_RETURN 0x31 /* vector by which ring 3 comes back */
#define INTERRUPT_FLAG 0x200
#define NMI 2

static struct gate idt[256] __attribute__((aligned(16)));
static w2c_guest instance;
static uint8_t linear_memory[LINEAR_MEMORY_LIMIT] __attribute__((aligned(4096)));
static wasm_rt_funcref_t table_elements[256];

extern uint8_t interrupt_stubs[];
extern struct fault fault;
void load_task(void);

uint8_t *guest_memory(void) { return linear_memory; }

void set_gate(uint32_t vector, uint64_t target) {
  struct gate *gate = &idt[vector & 255];
  gate->offset_low = target;
  gate->offset_middle = target >> 16;
  gate->offset_high = target >> 32;
  gate->selector = 0x08;
  gate->type = vector == USER_RETURN || vector == 3 || vector == 4 ? 0xEE : 0x8E; /* 64-bit interrupt gates; INT3, INTO and the return from ring 3 too */
}

uint64_t stub(uint32_t vector) { return (uint64_t)interrupt_stubs + 16 * (vector & 255); }

static void put(char character) {
  for (uint32_t i = 0; i < 100000 && !(w2c_hw_in8(0, 0x3FD) & 0x20); i++) ;
  w2c_hw_out8(0, 0x3F8, character);
}

static void print(const char *text) { while (*text) put(*text++); }

static void print_hex(uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) put("0123456789abcdef"[value >> shift & 15]);
}

/** A triple fault is the one end that a guest without working code can always reach. */
static void __attribute__((noreturn)) die(void) {
  w2c_hw_crash(0);
  for (;;) __asm__ volatile("cli; hlt");
}

static void report(const struct frame *frame) {
  print("\r\nguest: unexpected exception ");
  print_hex(frame->vector);
  print(" error ");
  print_hex(frame->error);
  print(" rip ");
  print_hex(frame->rip);
  print(" address ");
  print_hex(w2c_hw_readControl(0, 2));
  print("\r\n");
}

void on_interrupt(struct frame *frame) {
  bool exception = frame->vector < 32 && frame->vector != NMI;
  if (fault.resume && (exception || frame->vector == USER_RETURN)) {
    fault.vector = exception ? frame->vector : UINT32_MAX;
    fault.error = frame->error;
    fault.address = w2c_hw_readControl(0, 2);
    fault.rip = frame->rip;
    fault.saved = frame->rflags;
    fault.code = frame->cs;
    fault.pointer = frame->rsp;
    fault.segment = frame->ss;
    frame->rip = fault.resume;
    frame->rsp = fault.stack;
    frame->cs = 0x08;
    frame->ss = 0x10;
    frame->rflags = (frame->rflags & 0x8D5) | 2 | (fault.flags & INTERRUPT_FLAG); /* arithmetic flags stay */
    fault.resume = 0;
    return;
  }
  if (w2c_guest_interrupt(&instance, frame->vector, frame->error)) return;
  report(frame);
  die();
}

void wasm_rt_trap(wasm_rt_trap_t reason) {
  print("\r\nguest: wasm trap ");
  print_hex(reason);
  print("\r\n");
  die();
}

void w2c_env_abort(struct w2c_env *environment, u32 message, u32 file, u32 line, u32 column) {
  print("\r\nguest: abort in ");
  for (uint32_t i = 0; file && file + i < instance.w2c_memory.size && i < *(uint32_t *)(linear_memory + file - 4); i += 2)
    put(linear_memory[file + i]);
  print(" line (hex) ");
  print_hex(line);
  print("\r\n");
  die();
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t limit, bool is64, uint32_t page_size) {
  memory->data = linear_memory;
  memory->size = pages * page_size;
  memory->pages = pages;
  if (memory->size > sizeof linear_memory) wasm_rt_trap(WASM_RT_TRAP_OOB);
}

/** Memory is fixed: a guest that asks for more is refused. */
uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t pages) { return UINT32_MAX; }

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t *table, uint32_t elements, uint32_t limit) {
  if (elements > sizeof table_elements / sizeof *table_elements) wasm_rt_trap(WASM_RT_TRAP_OOB);
  table->data = table_elements;
  table->size = elements;
  table->max_size = elements;
}

void *memset(void *target, int value, size_t size) {
  void *result = target;
  __asm__ volatile("rep stosb" : "+D"(target), "+c"(size) : "a"(value) : "memory");
  return result;
}

void *memcpy(void *target, const void *source, size_t size) {
  void *result = target;
  __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(size)::"memory");
  return result;
}

void *memmove(void *target, const void *source, size_t size) {
  if ((uintptr_t)target - (uintptr_t)source >= size) return memcpy(target, source, size);
  for (size_t i = size; i-- > 0;) ((volatile uint8_t *)target)[i] = ((const uint8_t *)source)[i];
  return target;
}

int memcmp(const void *left, const void *right, size_t size) {
  for (size_t i = 0; i < size; i++) {
    int difference = ((const uint8_t *)left)[i] - ((const uint8_t *)right)[i];
    if (difference) return difference;
  }
  return 0;
}

/* Few modules start other processors, and have this export. */
extern void __attribute__((weak)) w2c_guest_processor(w2c_guest *instance, u32 number);

void guest_processor(uint32_t number) {
  w2c_hw_loadInterruptTable(0, (uint64_t)idt, sizeof idt - 1);
  w2c_guest_processor(&instance, number);
}

void guest_start(void) {
  for (uint32_t vector = 0; vector < 256; vector++) set_gate(vector, stub(vector));
  w2c_hw_loadInterruptTable(0, (uint64_t)idt, sizeof idt - 1);
  load_task();
  /* The generated function takes one argument per imported module; those it does not take are harmless. */
  ((void (*)())wasm2c_guest_instantiate)(&instance, NULL, NULL, NULL, NULL);
  w2c_guest_main(&instance);
}
