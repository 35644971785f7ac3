; Out of long mode and back: 32-bit protected mode, its two kinds of paging, and real mode. The code runs from a copy at BASE, which
; real mode can reach. Intel SDM vol. 3, sections 4.1, 9.8.5 and 9.9; AMD APM vol. 2, section 14.

%include "code.inc"

BASE     equ 60000h
RESULTS  equ BASE + 3000h                       ; what excursion.ts reads
SAVED    equ BASE + 3800h
PD32     equ BASE + 4000h                       ; the tables excursion.ts fills
PDPT_PAE equ BASE + 6000h
ALIAS    equ 40000000h                          ; where the tables map the first megabytes a second time
EFER     equ 0C0000080h

%define at(label) (BASE + (label) - image)

section .text
        global w2c_code_excursionImage, w2c_code_excursionSize
w2c_code_excursionImage:
        mov rax, image
        ret
w2c_code_excursionSize:
        mov eax, image_end - image
        ret

code excursion                                  ; the image was copied; runs it
        mov rax, BASE
        jmp rax

align 16
image:
bits 64
        mov [SAVED], rsp
        mov rax, cr3
        mov [SAVED + 8], rax
        mov rax, cr4
        mov [SAVED + 16], rax
        sidt [SAVED + 24]
        mov rax, 0DEADBEEF12345678h             ; the upper halves of registers need not survive, the lower must
        mov rbx, rax
        push qword 18h
        push qword at(compatibility)
        retfq

bits 32
compatibility:
        mov eax, 10h
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov esp, SAVED
        mov dword [RESULTS], 1                  ; compatibility mode reached
        mov [RESULTS + 4], ebx

        mov eax, cr0
        and eax, 7FFFFFFFh
        mov cr0, eax                            ; paging off ends long mode
        mov ecx, EFER
        rdmsr
        mov [RESULTS + 8], eax                  ; LMA must be clear
        and eax, ~100h
        wrmsr
        mov dword [RESULTS + 12], 1             ; protected mode without paging

        mov eax, cr4
        and eax, ~20h                           ; PAE off
        or eax, 10h                             ; PSE on
        mov cr4, eax
        mov eax, PD32
        mov cr3, eax
        mov eax, cr0
        or eax, 80000000h
        mov cr0, eax
        jmp .paged
.paged: mov eax, [ALIAS + RESULTS + 12]         ; through a 4 MiB page
        mov [RESULTS + 16], eax
        mov dword [ALIAS + RESULTS + 20], 32h
        mov eax, [ALIAS + 400000h]              ; through a 4 KiB page, to BASE
        mov [RESULTS + 24], eax
        mov eax, cr0
        and eax, 7FFFFFFFh
        mov cr0, eax

        mov eax, cr4
        or eax, 20h
        mov cr4, eax
        mov eax, PDPT_PAE
        mov cr3, eax
        mov eax, cr0
        or eax, 80000000h
        mov cr0, eax
        jmp .pae
.pae:   mov eax, [ALIAS + RESULTS + 20]         ; through a 2 MiB page
        mov [RESULTS + 28], eax
        mov dword [ALIAS + RESULTS + 32], 36h
        mov eax, cr0
        and eax, 7FFFFFFFh
        mov cr0, eax

        lidt [at(real_table)]
        jmp 20h:(narrow - image)

real_table:
        dw 3FFh
        dd 0

bits 16
narrow: mov ax, 28h                             ; limits and attributes of real mode
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov eax, cr0
        and al, 0FEh
        mov cr0, eax
        jmp 6000h:(real - image)

real:   xor ax, ax
        mov ss, ax
        mov sp, 7C00h
        mov ax, 6000h
        mov ds, ax
        mov word [3000h + 36], ds               ; real mode reached: a segment is 16 times its selector
        mov ax, 6123h
        mov es, ax
        mov ax, [es:3000h - 1230h + 36]         ; the same place by another segment
        mov [3000h + 38], ax
        mov cx, 8                               ; string instructions by segment and offset
        mov si, 3000h
        mov di, 3000h + 64
        mov ax, ds
        mov es, ax
        rep movsb
        mov ax, 1234h
        int 60h                                 ; through the vector table at 0
        mov [3000h + 40], ax
        pushf
        pop ax
        mov [3000h + 42], ax
        smsw ax
        mov [3000h + 44], ax
        mov eax, 12345678h                      ; operand and address size prefixes
        mov [dword 3000h + 48], eax
        push cs
        call near [far_return_target - image]   ; a far return to a near call's frame
        mov ax, 0FFFFh                          ; just below 1 MiB + 64 KiB - 16: A20 is on
        mov es, ax
        mov ebx, [es:10h]                       ; linear 100000h: this kernel's Multiboot magic
        mov [3000h + 56], ebx

        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 18h:at(wide)

far_return_target:
        dw far_returned - image
far_returned:
        mov word [3000h + 52], 5354h
        retf

interrupt60:
        add ax, 1111h
        iret

bits 32
wide:   mov eax, 10h
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov eax, [SAVED + 16]
        mov cr4, eax
        mov eax, [SAVED + 8]
        mov cr3, eax
        mov ecx, EFER
        rdmsr
        or eax, 100h
        wrmsr
        mov eax, cr0
        or eax, 80000000h
        mov cr0, eax
        jmp 08h:at(long_mode)

bits 64
long_mode:
        mov ax, 10h
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov rsp, [SAVED]
        lidt [SAVED + 24]
        mov dword [RESULTS + 60], 64
        ret
image_end:

        global w2c_code_excursionInterrupt
w2c_code_excursionInterrupt:                    ; offset of the handler that vector 60h of real mode is to have
        mov eax, interrupt60 - image
        ret
