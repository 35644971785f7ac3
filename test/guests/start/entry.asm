; Where a boot loader enters a test guest: the headers by which it is found, and the way from 32-bit protected mode to
; 64-bit long mode with every address below 4 GiB mapped to itself.
; Multiboot 0.6.96 section 3.1, Multiboot 2 section 3.1, PVH: xen/include/public/arch-x86/hvm/start_info.h.

global start, boot_magic, boot_information, stack_top
extern guest_start, gdt_pointer

MULTIBOOT1_MAGIC     equ 1BADB002h
MULTIBOOT1_FLAGS     equ 3                     ; modules on page boundaries, memory information wanted
MULTIBOOT2_MAGIC     equ 0E85250D6h
PVH_START_MAGIC      equ 336EC578h
PVH_NOTE_TYPE        equ 18                    ; XEN_ELFNOTE_PHYS32_ENTRY
COM1                 equ 3F8h
EFER                 equ 0C0000080h

section .multiboot alloc align=8
        dd MULTIBOOT1_MAGIC, MULTIBOOT1_FLAGS, -(MULTIBOOT1_MAGIC + MULTIBOOT1_FLAGS)
        align 8
multiboot2:
        dd MULTIBOOT2_MAGIC, 0, .end - multiboot2
        dd -(MULTIBOOT2_MAGIC + (.end - multiboot2))
        dw 0, 0
        dd 8
.end:

section .note.Xen alloc note align=4
        dd 4, 4, PVH_NOTE_TYPE
        db 'Xen', 0
        dd start_pvh

section .text
bits 32
start_pvh:
        mov eax, PVH_START_MAGIC
start:
        cli
        cld
        mov esp, stack_top
        mov [boot_magic], eax
        mov [boot_information], ebx

        mov eax, 80000000h
        cpuid
        cmp eax, 80000001h
        jb no_long_mode
        mov eax, 80000001h
        cpuid
        test edx, 1 << 29                      ; long mode
        jz no_long_mode

        mov dword [pml4], pdpt + 7
        mov dword [pdpt], page_directories + 7
        mov dword [pdpt + 8], page_directories + 1000h + 7
        mov dword [pdpt + 16], page_directories + 2000h + 7
        mov dword [pdpt + 24], page_directories + 3000h + 7
        mov edi, page_directories
        mov eax, 87h                           ; present, writable, user, 2 MiB
.map:   cmp edi, page_directories + 3000h
        jb .plain
        or eax, 18h                            ; the last GiB holds devices: uncached
.plain: mov [edi], eax
        add eax, 200000h
        add edi, 8
        cmp edi, page_directories + 4000h
        jb .map

        mov eax, cr4
        or eax, 1 << 5 | 1 << 9 | 1 << 10      ; PAE, OSFXSR, OSXMMEXCPT
        mov cr4, eax
        mov eax, pml4
        mov cr3, eax
        mov ecx, EFER
        rdmsr
        or eax, 1 << 8                         ; LME
        wrmsr
        mov eax, 80010033h                     ; PG, WP, NE, ET, MP, PE
        mov cr0, eax
        lgdt [gdt_pointer]
        jmp 08h:start64

no_long_mode:
        mov dx, COM1 + 3
        mov al, 3                              ; eight data bits, no parity
        out dx, al
        mov esi, no_long_mode_text
.next:  mov dx, COM1 + 5
        in al, dx
        test al, 20h                           ; transmitter holding register empty
        jz .next
        lodsb
        test al, al
        jz .stop
        mov dx, COM1
        out dx, al
        jmp .next
.stop:  cli
        hlt
        jmp .stop

bits 64
start64:
        mov ax, 10h
        mov ds, ax
        mov es, ax
        mov ss, ax
        xor eax, eax
        mov fs, ax
        mov gs, ax
        mov esp, stack_top
        xor ebp, ebp
        call guest_start
.stop:  cli
        hlt
        jmp .stop

section .rodata
no_long_mode_text: db 'no long mode', 13, 10, 0

section .data align=8
boot_magic:       dd 0
boot_information: dd 0

section .bss align=4096
global pml4
pml4:             resb 1000h
pdpt:             resb 1000h
page_directories: resb 4000h
                  resb 10000h
stack_top:
