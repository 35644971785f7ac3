/* The nucleus's `hw` imports, with those by which CPUs tell each other something delayed: mostly a little, now and then for long, at random. */
#pragma once

#define w2c_hw_fetchAdd32 prompt_fetchAdd32
#define w2c_hw_exchange32 prompt_exchange32
#define w2c_hw_exchange64 prompt_exchange64
#define w2c_hw_or64 prompt_or64
#define w2c_hw_publish32 prompt_publish32
#define w2c_hw_fence prompt_fence
#define w2c_hw_store32 prompt_store32
#define w2c_hw_writeMsr prompt_writeMsr
#define w2c_hw_openInterrupts prompt_openInterrupts
#define w2c_hw_haltUntilInterrupt prompt_haltUntilInterrupt
#include "../../boot/hw.h"
#undef w2c_hw_fetchAdd32
#undef w2c_hw_exchange32
#undef w2c_hw_exchange64
#undef w2c_hw_or64
#undef w2c_hw_publish32
#undef w2c_hw_fence
#undef w2c_hw_store32
#undef w2c_hw_writeMsr
#undef w2c_hw_openInterrupts
#undef w2c_hw_haltUntilInterrupt

/* Of the interrupt command: an xAPIC's register and an x2APIC's MSR. SDM vol. 3, tables 11-1 and 11-6. */
#define INTERRUPT_COMMAND 0xFEE00300u
#define INTERRUPT_COMMAND_MSR 0x830u

/* Each CPU has its own, as it has all of the image's data; the TSC makes them differ. */
static uint64_t delay_seed;

/* Up to 3 pauses, once in 8 times up to 63, once in 128 up to 2047. */
static __attribute__((noinline)) void delay(void) {
  if (delay_seed == 0) delay_seed = __builtin_ia32_rdtsc() | 1;
  delay_seed ^= delay_seed << 13;
  delay_seed ^= delay_seed >> 7;
  delay_seed ^= delay_seed << 17;
  uint32_t kind = delay_seed >> 40 & 127;
  uint32_t pauses = (uint32_t)delay_seed & (kind == 0 ? 2047 : kind < 16 ? 63 : 3);
  while (pauses-- > 0) __asm__ volatile("pause" ::: "memory");
}

HW(hw32, fetchAdd32, hw32 address, hw32 value) { delay(); return prompt_fetchAdd32(hw, address, value); }
HW(hw32, exchange32, hw32 address, hw32 value) { delay(); return prompt_exchange32(hw, address, value); }
HW(hw64, exchange64, hw32 address, hw64 value) { delay(); return prompt_exchange64(hw, address, value); }
HW(void, or64, hw32 address, hw64 bits) { delay(); prompt_or64(hw, address, bits); }
HW(void, publish32, hw32 address, hw32 value) { delay(); prompt_publish32(hw, address, value); }
HW(void, fence) { prompt_fence(hw); delay(); }
HW(void, openInterrupts) { delay(); prompt_openInterrupts(hw); }
HW(void, haltUntilInterrupt) { delay(); prompt_haltUntilInterrupt(hw); }
HW(void, store32, hw64 hpa, hw32 value) { if (hpa == INTERRUPT_COMMAND) delay(); prompt_store32(hw, hpa, value); }
HW(void, writeMsr, hw32 index, hw64 value) { if (index == INTERRUPT_COMMAND_MSR) delay(); prompt_writeMsr(hw, index, value); }
