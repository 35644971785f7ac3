/* Where things lie in the nucleus's address space. boot/layout.inc says the same to nasm and kernel/memory/layout.ts to TypeScript. */
#pragma once

#define IMAGE_BASE 0xFFFFFFFF80000000ul  /* physical address 0 of the image */
#define DIRECT_BASE 0xFFFF800000000000ul /* all physical memory */
#define NUCLEUS_SLOT 0xFFFF9F8000000000ul /* this CPU's nucleus: each CPU has its own there */
#define SLOT_BASE 0xFFFFA00000000000ul   /* one slot for each sandbox, by its number; none has number 0 */
#define SLOT_SIZE 0x400000000ul          /* 16 GiB: 4 of guard, 8 that a 32-bit index plus offset can reach, 4 of guard */
#define SLOT_LINEAR 0x100000000ul        /* from a slot's start to its linear memory */
#define INSTANCE_BEFORE 0x8000           /* the instance's pages end where the linear memory begins */
#define MEMORY_DISTANCE 0x4000           /* from an instance's memory descriptor to its linear memory */
#define TABLE_DISTANCE 0x3000            /* from an instance's function table to its linear memory */
#define TABLE_CAPACITY 256
