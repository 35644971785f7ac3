; Where an application processor begins: a copy of `trampoline` in the page below 1 MiB that its startup interrupt names. SDM vol. 3, 9.4.
; From real mode to the boot processor's page tables, and from there to its own (kernel/cpu/start.ts).
%include "boot/layout.inc"

section .text
bits 16
global trampoline_start, trampoline_end
trampoline_start:
    cli
    cld
    mov ax, cs
    mov ds, ax
    movzx ebx, ax
    shl ebx, 4                         ; where the copy lies
%define HERE(x) ((x) - trampoline_start)
    lea eax, [ebx + HERE(gdt)]
    mov [HERE(gdt_pointer) + 2], eax
    lea eax, [ebx + HERE(long_mode)]
    mov [HERE(long_mode_pointer)], eax
    lgdt [HERE(gdt_pointer)]
    mov eax, 1 << 5                    ; PAE
    mov cr4, eax
    mov eax, [HERE(first_root)]
    mov cr3, eax
    mov ecx, 0xC0000080                ; EFER
    mov eax, [HERE(efer)]
    xor edx, edx
    wrmsr
    mov eax, 1 << 31 | 1 << 16 | 1     ; PG, WP, PE; caches on
    mov cr0, eax
    jmp far dword [HERE(long_mode_pointer)]

bits 64
long_mode:
    mov rdx, [rbx + HERE(own_root)]
    mov rax, processor_entry
    jmp rax

align 8
gdt:
    dq 0
    dq 0x00AF9B000000FFFF              ; 64-bit code, accessed already: this page cannot be written by then
gdt_pointer:
    dw 15
    dd 0
long_mode_pointer:
    dd 0
    dw 8
align 8
; What kernel/cpu/start.ts fills in: the last 16 bytes.
efer: dd 0
first_root: dd 0
own_root: dq 0
trampoline_end:

processor_entry:
    mov cr3, rdx
    xor eax, eax
    mov ds, eax
    mov es, eax
    mov fs, eax
    mov gs, eax
    mov ss, eax
    extern kernel_stack.top
    mov rsp, kernel_stack.top
    xor ebp, ebp                       ; ends every backtrace
    extern processor_main
    call processor_main
.halt:
    cli
    hlt
    jmp .halt
