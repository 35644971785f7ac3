; From the boot loader's 32-bit protected mode to 64-bit TypeScript. Multiboot 1 (0.6.96) and Multiboot 2 (2.0).
%include "boot/layout.inc"
%include "sizes.inc" ; NUCLEUS_LINEAR_BYTES, made from the nucleus's Wasm by the build

%define PAGE_PRESENT  1
%define PAGE_WRITE    2
%define PAGE_LARGE    0x80
%define PHYSICAL(x)   ((x) - IMAGE_BASE)

section .multiboot align=8
extern image_start, data_end, image_end
multiboot1_header:
    dd 0x1BADB002
    dd 0x00010003                      ; page-aligned modules, memory information, addresses below
    dd -(0x1BADB002 + 0x00010003)
    dd PHYSICAL(multiboot1_header)     ; the addresses are for loaders that refuse a 64-bit ELF, as QEMU's -kernel does
    dd PHYSICAL(image_start)
    dd PHYSICAL(data_end)
    dd PHYSICAL(image_end)
    dd PHYSICAL(entry)
align 8
multiboot2_header:
    dd 0xE85250D6, 0, multiboot2_header_end - multiboot2_header
    dd -(0xE85250D6 + (multiboot2_header_end - multiboot2_header))
    dw 6, 0                            ; page-aligned modules
    dd 8
    dw 5, 1                            ; framebuffer, optional: any size, 32 bits
    dd 20, 0, 0, 32
    align 8
    dw 0, 0                            ; end
    dd 8
multiboot2_header_end:

section .boot.text progbits alloc exec nowrite align=16
bits 32
global entry
entry:
    cld
    cli
    mov esp, PHYSICAL(boot_stack.top)
    mov [PHYSICAL(boot_magic)], eax
    mov [PHYSICAL(boot_information)], ebx
    rdtsc
    mov [PHYSICAL(entry_tsc)], eax
    mov [PHYSICAL(entry_tsc) + 4], edx

    ; Without CPUID 8000_0001h EDX[29] there is no long mode (APM vol. 3, E.4.2): say so where it can be seen.
    mov eax, 0x80000000
    cpuid
    cmp eax, 0x80000001
    jb no_long_mode
    mov eax, 0x80000001
    cpuid
    bt edx, 29
    jnc no_long_mode
    bt edx, 20
    setc [PHYSICAL(has_no_execute)]

    ; The direct map and the identity map of the first 4 GiB, in 2 MiB pages.
    mov edi, PHYSICAL(direct_directories)
    mov eax, PAGE_PRESENT | PAGE_WRITE | PAGE_LARGE
    xor edx, edx
    mov ecx, 4 * 512
.direct:
    mov [edi], eax
    mov [edi + 4], edx
    add edi, 8
    add eax, 0x200000
    loop .direct
    mov edi, PHYSICAL(direct_pointers)
    mov eax, PHYSICAL(direct_directories) + PAGE_PRESENT + PAGE_WRITE
    mov ecx, 4
.pointers:
    mov [edi], eax
    add edi, 8
    add eax, 4096
    loop .pointers

    ; The image: its first GiB at the top of the address space.
    mov dword [PHYSICAL(image_pointers) + 510 * 8], PHYSICAL(direct_directories) + PAGE_PRESENT + PAGE_WRITE

    ; The nucleus's slot: the instance's pages below the linear memory, the linear memory but for its page 0 above.
    ; (SLOT_LINEAR is 4 GiB: entry 4 of the slot's pointer table; the pages below it end entry 3.)
    mov dword [PHYSICAL(slot_pointers) + 3 * 8], PHYSICAL(instance_directory) + PAGE_PRESENT + PAGE_WRITE
    mov dword [PHYSICAL(instance_directory) + 511 * 8], PHYSICAL(instance_table) + PAGE_PRESENT + PAGE_WRITE
    mov edi, PHYSICAL(instance_table) + 4096 - INSTANCE_BEFORE / 512
    mov eax, PHYSICAL(nucleus_instance_pages) + PAGE_PRESENT + PAGE_WRITE
    mov ecx, INSTANCE_BEFORE / 4096
    call map_pages
    mov dword [PHYSICAL(slot_pointers) + 4 * 8], PHYSICAL(linear_directory) + PAGE_PRESENT + PAGE_WRITE
    mov edi, PHYSICAL(linear_directory)
    mov eax, PHYSICAL(linear_tables) + PAGE_PRESENT + PAGE_WRITE
    mov ecx, LINEAR_TABLES
    call map_pages
    mov edi, PHYSICAL(linear_tables) + 8
    mov eax, PHYSICAL(nucleus_linear_pages) + PAGE_PRESENT + PAGE_WRITE
    mov ecx, NUCLEUS_LINEAR_BYTES / 4096 - 1
    call map_pages

    mov dword [PHYSICAL(root_table)], PHYSICAL(direct_pointers) + PAGE_PRESENT + PAGE_WRITE
    mov dword [PHYSICAL(root_table) + ((DIRECT_BASE >> 39) & 511) * 8], PHYSICAL(direct_pointers) + PAGE_PRESENT + PAGE_WRITE
    mov dword [PHYSICAL(root_table) + ((NUCLEUS_SLOT >> 39) & 511) * 8], PHYSICAL(slot_pointers) + PAGE_PRESENT + PAGE_WRITE
    mov dword [PHYSICAL(root_table) + 511 * 8], PHYSICAL(image_pointers) + PAGE_PRESENT + PAGE_WRITE

    mov eax, cr4
    or eax, 1 << 5                     ; PAE
    mov cr4, eax
    mov eax, PHYSICAL(root_table)
    mov cr3, eax
    mov ecx, 0xC0000080                ; EFER
    rdmsr
    or eax, 1 << 8                     ; LME
    cmp byte [PHYSICAL(has_no_execute)], 0
    je .no_nxe
    or eax, 1 << 11                    ; NXE
.no_nxe:
    wrmsr
    mov eax, cr0
    or eax, 1 << 31 | 1 << 16 | 1      ; PG, WP, PE
    and eax, ~(1 << 29 | 1 << 30)      ; caches on
    mov cr0, eax
    lgdt [PHYSICAL(early_gdt_pointer)]
    jmp 8:PHYSICAL(.long)

bits 64
.long:
    mov rax, .high
    jmp rax
.high:
    lgdt [rel early_gdt_pointer_high]
    xor eax, eax
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov eax, 16
    mov ss, eax
    mov rsp, kernel_stack.top
    xor ebp, ebp                       ; ends every backtrace
    mov edi, [rel boot_magic]
    mov esi, [rel boot_information]
    mov rdx, [rel entry_tsc]
    extern boot_main
    call boot_main
.halt:
    cli
    hlt
    jmp .halt

bits 32
; Fills `ecx` entries at `edi` with consecutive pages from `eax`.
map_pages:
    mov [edi], eax
    add edi, 8
    add eax, 4096
    loop map_pages
    ret

no_long_mode:
    mov esi, PHYSICAL(no_long_mode_text)
    mov edi, 0xB8000
.next:
    lodsb
    test al, al
    jz .stop
    mov [edi], al
    mov byte [edi + 1], 0x4F
    add edi, 2
    mov bl, al
    mov dx, 0x3FD
    mov ecx, 100000
.wait:
    in al, dx
    test al, 0x20
    loopz .wait
    mov dx, 0x3F8
    mov al, bl
    out dx, al
    jmp .next
.stop:
    hlt
    jmp .stop

section .boot.data progbits alloc noexec write align=16
no_long_mode_text: db "Typervisor needs a 64-bit x86 processor; this one has no long mode.", 0
has_no_execute: db 0
align 8
early_gdt:
    dq 0
    dq 0x00AF9A000000FFFF              ; 64-bit code
    dq 0x00CF92000000FFFF              ; data
early_gdt_pointer:
    dw 23
    dd PHYSICAL(early_gdt)
align 8
early_gdt_pointer_high:
    dw 23
    dq early_gdt
boot_magic: dd 0
boot_information: dd 0
align 8
entry_tsc: dq 0

LINEAR_TABLES equ (NUCLEUS_LINEAR_BYTES + 0x1FFFFF) / 0x200000

section .boot.bss nobits alloc noexec write align=4096
global root_table
root_table: resb 4096
direct_pointers: resb 4096
direct_directories: resb 4 * 4096
image_pointers: resb 4096
slot_pointers: resb 4096
instance_directory: resb 4096
instance_table: resb 4096
linear_directory: resb 4096
linear_tables: resb LINEAR_TABLES * 4096
nucleus_instance_pages: resb INSTANCE_BEFORE
nucleus_linear_pages: resb NUCLEUS_LINEAR_BYTES
boot_stack: resb 4096
.top:

; Each stack has a page below it that paging.ts unmaps.
section .stacks nobits alloc noexec write align=4096
global kernel_stack_guard, fault_stack_guard, double_fault_stack_guard, nmi_stack_guard, machine_check_stack_guard, interrupt_stack_guard
global kernel_stack.top, fault_stack.top, double_fault_stack.top, nmi_stack.top, machine_check_stack.top, interrupt_stack.top, kernel_stack.sandbox_limit
kernel_stack_guard: resb 4096
kernel_stack: resb 16384               ; for the nucleus when a sandbox that has used up its share calls it
.sandbox_limit: resb 49152
.top:
fault_stack_guard: resb 4096
fault_stack: resb 16384
.top:
double_fault_stack_guard: resb 4096
double_fault_stack: resb 16384
.top:
nmi_stack_guard: resb 4096
nmi_stack: resb 16384
.top:
machine_check_stack_guard: resb 4096
machine_check_stack: resb 16384
.top:
interrupt_stack_guard: resb 4096
interrupt_stack: resb 16384
.top:
