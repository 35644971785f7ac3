; Where a processor begins that the guest starts: a copy in the page that its startup interrupt names, from real mode straight to the page tables of the
; first one. Intel SDM vol. 3, 9.4 and 9.8.5.

%include "code.inc"

LIMIT   equ 32                                  ; processors
STACK   equ 1000h                               ; bytes for each
BASE    equ 8000h                               ; where it is copied to; processors.ts's Page
EFER    equ 0C0000080h
extern pml4, gdt_pointer, guest_processor

%define at(label) (BASE + (label) - image)

section .text
        global w2c_code_processorImage, w2c_code_processorSize
w2c_code_processorImage:
        mov rax, image
        ret
w2c_code_processorSize:
        mov eax, image_end - image
        ret

align 16
image:
bits 16
        cli
        cld
        o32 lgdt [cs:table_pointer - image]
        mov eax, 1 << 5 | 1 << 9 | 1 << 10      ; PAE, OSFXSR, OSXMMEXCPT
        mov cr4, eax
        mov eax, pml4
        mov cr3, eax
        mov ecx, EFER
        rdmsr
        or eax, 1 << 8                          ; LME
        wrmsr
        mov eax, 80010033h                      ; PG, WP, NE, ET, MP, PE
        mov cr0, eax
        jmp dword 08h:at(long_mode)

bits 64
long_mode:
        mov rax, processor
        jmp rax

align 8
table:  dq 0
        dq 00AF9B000000FFFFh                    ; 08h code, 64 bits
table_pointer:
        dw 15
        dd at(table)
image_end:

processor:
        lgdt [gdt_pointer]
        mov eax, 10h
        mov ds, eax
        mov es, eax
        mov ss, eax
        xor eax, eax
        mov fs, eax
        mov gs, eax
        mov eax, 1
        cpuid
        shr ebx, 24                             ; the APIC id
        mov edi, ebx
        imul eax, ebx, STACK
        lea rsp, [stacks + STACK + rax]
        xor ebp, ebp
        call guest_processor
.stop:  cli
        hlt
        jmp .stop

section .bss align=16
stacks: resb LIMIT * STACK
