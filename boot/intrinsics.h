/* Single instructions that both the nucleus's and the sandboxes' imports are made of. */
#pragma once

#include <stdint.h>

static inline uint8_t port_read8(uint16_t port) { uint8_t value; __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static inline uint16_t port_read16(uint16_t port) { uint16_t value; __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static inline uint32_t port_read32(uint16_t port) { uint32_t value; __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port)); return value; }
static inline void port_write8(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port)); }
static inline void port_write16(uint16_t port, uint16_t value) { __asm__ volatile("outw %0, %1" ::"a"(value), "Nd"(port)); }
static inline void port_write32(uint16_t port, uint32_t value) { __asm__ volatile("outl %0, %1" ::"a"(value), "Nd"(port)); }

/* Eight bytes at a time, then the rest. */
static inline void copy_bytes(void *target, const void *source, uint64_t length) {
  uint64_t words = length >> 3;
  __asm__ volatile("rep movsq" : "+D"(target), "+S"(source), "+c"(words)::"memory");
  length &= 7;
  __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(length)::"memory");
}
static inline void zero_bytes(void *target, uint64_t length) {
  uint64_t words = length >> 3;
  __asm__ volatile("rep stosq" : "+D"(target), "+c"(words) : "a"(0) : "memory");
  length &= 7;
  __asm__ volatile("rep stosb" : "+D"(target), "+c"(length) : "a"(0) : "memory");
}

/* SSE 4.2. */
static inline uint32_t crc32c(uint64_t crc, const uint8_t *bytes, uint64_t length) {
  _Pragma("GCC unroll 8") for (; length >= 8; length -= 8, bytes += 8) __asm__("crc32q %1, %0" : "+r"(crc) : "m"(*(const uint64_t *)bytes));
  for (; length; length--, bytes++) __asm__("crc32b %1, %0" : "+r"(crc) : "m"(*bytes));
  return crc;
}

/* `index`: 0 EAX to 3 EDX. */
static inline uint32_t cpuid(uint32_t leaf, uint32_t subleaf, uint32_t index) {
  uint32_t r[4] = {leaf, 0, subleaf, 0};
  __asm__ volatile("cpuid" : "+a"(r[0]), "=b"(r[1]), "+c"(r[2]), "=d"(r[3]));
  return r[index & 3];
}

static inline uint64_t read_tsc(void) {
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
  return (uint64_t)high << 32 | low;
}

/* DIV takes #DE when the quotient does not fit, which is when the product's high half is not below the divisor. */
static inline uint64_t multiply_divide(uint64_t value, uint64_t multiplier, uint64_t divisor) {
  unsigned __int128 product = (unsigned __int128)value * multiplier;
  uint64_t high = product >> 64, low = product, quotient;
  if (high >= divisor) return UINT64_MAX;
  __asm__("divq %3" : "=a"(quotient), "+d"(high) : "a"(low), "r"(divisor) : "cc");
  return quotient;
}
