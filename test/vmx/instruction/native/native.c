/*
 * Executes instructions on the processor at hand and tells what they did: the emulator's oracle.
 * Reads cases on stdin and writes one result for each on stdout; cases.ts describes both records. 16- and 32-bit code runs in segments of
 * the local descriptor table. Built static and at low addresses, so that 32-bit far jumps find the way back.
 */
#define _GNU_SOURCE
#include <asm/ldt.h>
#include <asm/prctl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DATA 0x10000000u
#define CODE 0x20000000u
#define STATE 0x30000000u
#define WINDOW (DATA + 4096 - 128)
#define WINDOW_BYTES 256
#define ENTRY 0x100u
#define GS_BASE_64 0x08000000u

struct test_case {
  uint8_t code[16];
  uint32_t length;
  uint32_t mode;
  uint64_t registers[16];
  uint64_t flags;
  uint8_t window[WINDOW_BYTES];
};

struct test_result {
  uint64_t registers[16];
  uint64_t flags;
  uint8_t window[WINDOW_BYTES];
};

/* At STATE; the assembly below knows the offsets. */
struct state {
  uint64_t registers[16]; /* 000h */
  uint64_t flags;         /* 080h */
  uint64_t host_stack;    /* 088h */
  uint32_t target;        /* 090h  far pointer */
  uint32_t target_selector;
  uint64_t data, extra, stack, gs; /* 098h to 0B0h  selectors */
};

extern void run(void);
extern char came_back[];

__asm__(
  ".intel_syntax noprefix\n"
  ".text\n.globl run\nrun:\n"
  "  push rbx\n  push rbp\n  push r12\n  push r13\n  push r14\n  push r15\n"
  "  mov [0x30000088], rsp\n"
  "  mov eax, [0x30000098]\n  mov ds, eax\n"
  "  mov eax, [0x300000a0]\n  mov es, eax\n"
  "  mov eax, [0x300000b0]\n  test eax, eax\n  jz 1f\n  mov gs, eax\n1:\n"
  "  mov esp, 0x30001000\n"
  "  push qword ptr [0x30000080]\n  popfq\n"
  "  mov rax, [0x30000000]\n  mov rcx, [0x30000008]\n  mov rdx, [0x30000010]\n  mov rbx, [0x30000018]\n"
  "  mov rbp, [0x30000028]\n  mov rsi, [0x30000030]\n  mov rdi, [0x30000038]\n"
  "  mov r8, [0x30000040]\n  mov r9, [0x30000048]\n  mov r10, [0x30000050]\n  mov r11, [0x30000058]\n"
  "  mov r12, [0x30000060]\n  mov r13, [0x30000068]\n  mov r14, [0x30000070]\n  mov r15, [0x30000078]\n"
  "  mov ss, word ptr [0x300000a8]\n"
  "  mov rsp, [0x30000020]\n"
  "  jmp fword ptr [0x30000090]\n"
  ".globl came_back\ncame_back:\n"
  "  mov [0x30000000], rax\n  mov [0x30000008], rcx\n  mov [0x30000010], rdx\n  mov [0x30000018], rbx\n"
  "  mov [0x30000020], rsp\n  mov [0x30000028], rbp\n  mov [0x30000030], rsi\n  mov [0x30000038], rdi\n"
  "  mov [0x30000040], r8\n  mov [0x30000048], r9\n  mov [0x30000050], r10\n  mov [0x30000058], r11\n"
  "  mov [0x30000060], r12\n  mov [0x30000068], r13\n  mov [0x30000070], r14\n  mov [0x30000078], r15\n"
  "  mov eax, 0x2b\n  mov ss, eax\n"
  "  mov esp, 0x30001000\n"
  "  pushfq\n  pop qword ptr [0x30000080]\n  cld\n"
  "  mov eax, 0x2b\n  mov ds, eax\n  mov es, eax\n"
  "  mov rsp, [0x30000088]\n"
  "  pop r15\n  pop r14\n  pop r13\n  pop r12\n  pop rbp\n  pop rbx\n  ret\n"
  ".att_syntax\n");

static unsigned long running;
static struct test_case current;

static void on_signal(int number) {
  char text[128];
  int length = snprintf(text, sizeof text, "case %lu, %u-bit: signal %d at ", running, current.mode, number);
  for (unsigned i = 0; i < current.length; i++) length += snprintf(text + length, sizeof text - length, "%02x", current.code[i]);
  text[length++] = '\n';
  if (write(2, text, length) != length) _exit(2);
  _exit(1);
}

static void descriptor(unsigned entry, unsigned base, int code, int wide) {
  struct user_desc description = {
    .entry_number = entry, .base_addr = base, .limit = 0xFFFFF, .seg_32bit = wide, .contents = code ? 2 : 0, .limit_in_pages = 1, .useable = 1,
  };
  if (syscall(SYS_modify_ldt, 1, &description, sizeof description)) {
    perror("modify_ldt");
    exit(3);
  }
}

static void *map(unsigned address, unsigned bytes, int protection) {
  void *place = mmap((void *)(uintptr_t)address, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (place == MAP_FAILED) {
    perror("mmap");
    exit(3);
  }
  return place;
}

enum { Code32, Code16, Data, Extra, Stack32, Stack16, Gs };

static uint32_t selector(unsigned entry) { return entry << 3 | 7; }

/* The instruction and, behind it, a far jump back to 64-bit code. */
static void place_code(uint8_t *code) {
  uint32_t back = (uint32_t)(uintptr_t)came_back;
  uint8_t *at = code + ENTRY;
  memcpy(at, current.code, current.length);
  at += current.length;
  if (current.mode == 64) {
    memcpy(at, (uint8_t[]){0xFF, 0x24, 0x25}, 3); /* jmp [absolute] */
    memcpy(at + 3, &(uint32_t){CODE}, 4);
    memcpy(code, &(uint64_t){back}, 8);
  } else {
    if (current.mode == 16) *at++ = 0x66;
    *at = 0xEA; /* jmp 33h:back */
    memcpy(at + 1, &back, 4);
    memcpy(at + 5, &(uint16_t){0x33}, 2);
  }
}

int main(void) {
  stack_t alternate = {.ss_sp = malloc(65536), .ss_size = 65536};
  sigaltstack(&alternate, 0);
  struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};
  for (int i = 0; i < 5; i++) sigaction((int[]){SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP}[i], &action, 0);

  map(DATA, 8192, PROT_READ | PROT_WRITE);
  uint8_t *code = map(CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
  struct state *state = map(STATE, 4096, PROT_READ | PROT_WRITE);
  uint8_t *window = (uint8_t *)(uintptr_t)WINDOW;
  descriptor(Code32, CODE - 0x1000, 1, 1);
  descriptor(Code16, CODE, 1, 0);
  descriptor(Data, DATA - 0x2000, 0, 1);
  descriptor(Extra, DATA - 0x1000, 0, 1);
  descriptor(Stack32, DATA - 0x4000, 0, 1);
  descriptor(Stack16, DATA - 0x4000, 0, 0);
  descriptor(Gs, DATA - 0x800, 0, 1);

  while (fread(&current, sizeof current, 1, stdin) == 1) {
    place_code(code);
    memcpy(state->registers, current.registers, sizeof state->registers);
    state->flags = current.flags;
    memcpy(window, current.window, WINDOW_BYTES);
    if (current.mode == 64) {
      syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)GS_BASE_64);
      state->data = state->extra = state->stack = 0x2B;
      state->gs = 0;
      state->target_selector = 0x33;
      state->target = CODE + ENTRY;
    } else {
      state->data = selector(Data);
      state->extra = selector(Extra);
      state->stack = selector(current.mode == 32 ? Stack32 : Stack16);
      state->gs = selector(Gs);
      state->target_selector = selector(current.mode == 32 ? Code32 : Code16);
      state->target = current.mode == 32 ? 0x1000 + ENTRY : ENTRY;
    }
    run();
    struct test_result result;
    memcpy(result.registers, state->registers, sizeof result.registers);
    result.flags = state->flags;
    memcpy(result.window, window, WINDOW_BYTES);
    if (fwrite(&result, sizeof result, 1, stdout) != 1) return 4;
    running++;
  }
  return 0;
}
