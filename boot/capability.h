/*
 * The sandboxes' imports that are checked and answered in place: a compare against the sandbox's capability record, which only
 * the nucleus's security manager writes. All other imports are calls into the nucleus that tools/modules.ts writes.
 * Included ahead of every sandbox's C.
 */
#pragma once

#include "intrinsics.h"
#include "wasm-rt.h"

/* Overlaid by the class Capabilities of kernel/security/capabilities.ts. */
struct capabilities {
  uint64_t linear;           /* 00h  virtual address of the sandbox's linear memory */
  uint32_t subject;          /* 08h  the sandbox's number */
  uint32_t vm;               /* 0Ch */
  const uint32_t *blocks;    /* 10h  ram: for each 2 MiB of guest-physical space a host frame number, 0 where there is no RAM */
  uint32_t block_count;      /* 18h */
  uint32_t port_base;        /* 1Ch  port */
  uint32_t port_count;       /* 20h */
  uint32_t reserved;         /* 24h */
  uint64_t clock_offset;     /* 28h  clock: added to the host's TSC */
  uint64_t clock_multiplier; /* 30h  nanoseconds per tick, times 2^32 */
  uint64_t ram_bytes;        /* 38h */
  uint64_t aperture;         /* 40h  screen: host physical address */
  uint64_t aperture_bytes;   /* 48h */
  uint8_t sandbox[0x6B0];    /* 50h  what else the nucleus keeps of it */
  struct { uint64_t base, bytes; } windows[6]; /* 700h  device: registers, by host physical address */
};

#define CAPABILITY(type, space, name, ...) \
  static inline __attribute__((always_inline)) type w2c_##space##_##name(struct w2c_##space *space, ##__VA_ARGS__)
#define RECORD(space) ((const struct capabilities *)(space))

struct w2c_ram;
struct w2c_port;
struct w2c_clock;
struct w2c_screen;
struct w2c_entropy;
struct w2c_device;

CAPABILITY(uint64_t, ram, size) { return RECORD(ram)->ram_bytes; }

/* Where guest physical `gpa` lies, or 0. An access must not cross a 2 MiB block: a wider one than a byte at its end is split by the caller. */
static inline volatile uint8_t *guest_byte(const struct capabilities *record, uint64_t gpa) {
  uint64_t block = gpa >> 21;
  if (block >= record->block_count) return 0;
  uint64_t frame = record->blocks[block];
  return frame ? (volatile uint8_t *)(DIRECT_BASE + (frame << 12) + (gpa & 0x1FFFFF)) : 0;
}
static inline bool crosses_block(uint64_t gpa, uint32_t bytes) { return (gpa & 0x1FFFFF) > 0x200000 - bytes; }

#define RAM_ACCESS(bits, type, result)                                                                    \
  CAPABILITY(result, ram, read##bits, uint64_t gpa) {                                                      \
    type value = 0;                                                                                        \
    if (__builtin_expect(crosses_block(gpa, bits / 8), 0)) {                                               \
      for (unsigned i = 0; i < bits / 8; i++) {                                                            \
        volatile uint8_t *byte = guest_byte(RECORD(ram), gpa + i);                                         \
        value |= (type)(byte ? *byte : 0xFF) << (8 * i % bits);                                            \
      }                                                                                                    \
      return value;                                                                                        \
    }                                                                                                      \
    volatile uint8_t *byte = guest_byte(RECORD(ram), gpa);                                                 \
    return byte ? *(volatile type *)byte : (type)~0ul;                                                     \
  }                                                                                                        \
  CAPABILITY(void, ram, write##bits, uint64_t gpa, result value) {                                         \
    if (__builtin_expect(crosses_block(gpa, bits / 8), 0)) {                                               \
      for (unsigned i = 0; i < bits / 8; i++) {                                                            \
        volatile uint8_t *byte = guest_byte(RECORD(ram), gpa + i);                                         \
        if (byte) *byte = value >> (8 * i % bits);                                                         \
      }                                                                                                    \
      return;                                                                                              \
    }                                                                                                      \
    volatile uint8_t *byte = guest_byte(RECORD(ram), gpa);                                                 \
    if (byte) *(volatile type *)byte = value;                                                              \
  }
RAM_ACCESS(8, uint8_t, uint32_t)
RAM_ACCESS(16, uint16_t, uint32_t)
RAM_ACCESS(32, uint32_t, uint32_t)
RAM_ACCESS(64, uint64_t, uint64_t)

CAPABILITY(uint32_t, ram, backed, uint64_t gpa) { return guest_byte(RECORD(ram), gpa) != 0; }
CAPABILITY(void, ram, fence) { __asm__ volatile("mfence" ::: "memory"); }

CAPABILITY(uint32_t, port, read8, uint32_t port_offset) {
  return port_offset < RECORD(port)->port_count ? port_read8(RECORD(port)->port_base + port_offset) : 0xFF;
}
CAPABILITY(void, port, write8, uint32_t port_offset, uint32_t value) {
  if (port_offset < RECORD(port)->port_count) port_write8(RECORD(port)->port_base + port_offset, value);
}
CAPABILITY(uint32_t, port, read32, uint32_t port_offset) {
  return (uint64_t)port_offset + 4 <= RECORD(port)->port_count ? port_read32(RECORD(port)->port_base + port_offset) : 0xFFFFFFFF;
}
CAPABILITY(void, port, write32, uint32_t port_offset, uint32_t value) {
  if ((uint64_t)port_offset + 4 <= RECORD(port)->port_count) port_write32(RECORD(port)->port_base + port_offset, value);
}

/* Where a device's register lies, or 0. */
static inline volatile void *device_register(const struct capabilities *record, uint32_t bar, uint32_t offset, uint32_t bytes) {
  if (bar >= 6 || (offset & (bytes - 1)) || (uint64_t)offset + bytes > record->windows[bar].bytes) return 0;
  return (volatile void *)(DIRECT_BASE + record->windows[bar].base + offset);
}
#define DEVICE_ACCESS(bits, type, result)                                                                   \
  CAPABILITY(result, device, read##bits, uint32_t bar, uint32_t offset) {                                    \
    volatile void *at = device_register(RECORD(device), bar, offset, bits / 8);                              \
    return at ? *(volatile type *)at : (type)~0ul;                                                           \
  }                                                                                                          \
  CAPABILITY(void, device, write##bits, uint32_t bar, uint32_t offset, result value) {                       \
    volatile void *at = device_register(RECORD(device), bar, offset, bits / 8);                              \
    __asm__ volatile("" ::: "memory");                                                                       \
    if (at) *(volatile type *)at = value;                                                                    \
  }                                                                                                          \
  CAPABILITY(result, device, shared##bits, uint32_t address) {                                               \
    result value = *(volatile type *)(RECORD(device)->linear + address);                                     \
    __asm__ volatile("" ::: "memory");                                                                       \
    return value;                                                                                            \
  }
DEVICE_ACCESS(8, uint8_t, uint32_t)
DEVICE_ACCESS(16, uint16_t, uint32_t)
DEVICE_ACCESS(32, uint32_t, uint32_t)
DEVICE_ACCESS(64, uint64_t, uint64_t)
CAPABILITY(uint64_t, device, now) { return (unsigned __int128)read_tsc() * RECORD(device)->clock_multiplier >> 32; }

#define SCREEN_WRITE(bits)                                                                                  \
  CAPABILITY(void, screen, write##bits, uint32_t offset, uint32_t value) {                                   \
    if ((uint64_t)offset + bits / 8 > RECORD(screen)->aperture_bytes) return;                                \
    *(volatile uint##bits##_t *)(DIRECT_BASE + RECORD(screen)->aperture + offset) = value;                   \
  }
SCREEN_WRITE(8)
SCREEN_WRITE(16)
SCREEN_WRITE(32)

CAPABILITY(uint64_t, clock, now) {
  return (unsigned __int128)(read_tsc() + RECORD(clock)->clock_offset) * RECORD(clock)->clock_multiplier >> 32;
}
CAPABILITY(uint64_t, clock, scale, uint64_t value, uint64_t multiplier, uint64_t divisor) { return multiply_divide(value, multiplier, divisor); }

/* What there is may be used up for a while, and is tried ten times. SDM vol. 1, 7.3.17. */
#define TRY_RANDOM(instruction) \
  for (int tries = 0; tries < 10 && !good; tries++) __asm__ volatile(instruction " %0" : "=r"(value), "=@ccc"(good))
CAPABILITY(uint64_t, entropy, word) {
  uint64_t value = 0;
  bool good = false;
  if (cpuid(0, 0, 0) >= 7 && cpuid(7, 0, 1) & 1 << 18) TRY_RANDOM("rdseed");
  if (cpuid(1, 0, 2) & 1 << 30) TRY_RANDOM("rdrand");
  return value ^ read_tsc();
}
