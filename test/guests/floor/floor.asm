; The floor of what an exit can cost: an L0 kernel that does nothing but VMRUN, with the register saving that every hypervisor needs, and
; whose guest measures CPUID as the bench guest does. AMD APM vol. 2, chapter 15 and appendix B.
; It prints `bench floor ticks=N`, the smallest of 256 measurements less the cost of measuring, and switches QEMU off.

global guest_start, gdt_pointer

COM1          equ 3F8h
PM1A_CONTROL  equ 604h                          ; where QEMU's q35 and SeaBIOS put it
SLEEP_ENABLE  equ 2000h
EFER          equ 0C0000080h
EFER_SVME     equ 1000h
VM_HSAVE_PA   equ 0C0010117h
ROUNDS        equ 256

EXIT_CPUID    equ 72h
EXIT_VMMCALL  equ 81h

; VMCB offsets, appendix B.
INTERCEPT_3   equ 00Ch                          ; bit 18 CPUID
INTERCEPT_4   equ 010h                          ; bit 0 VMRUN, bit 1 VMMCALL
GUEST_ASID    equ 058h
EXITCODE      equ 070h
SAVE_ES       equ 400h
SAVE_CS       equ 410h
SAVE_SS       equ 420h
SAVE_DS       equ 430h
SAVE_GDTR     equ 460h
SAVE_EFER     equ 4D0h
SAVE_CR4      equ 548h
SAVE_CR3      equ 550h
SAVE_CR0      equ 558h
SAVE_DR7      equ 560h
SAVE_DR6      equ 568h
SAVE_RFLAGS   equ 570h
SAVE_RIP      equ 578h
SAVE_RSP      equ 5D8h
SAVE_RAX      equ 5F8h

section .data align=16
gdt:    dq 0
        dq 00AF9B000000FFFFh                    ; 08h code, 64 bits
        dq 00CF93000000FFFFh                    ; 10h data
gdt_end:
gdt_pointer:
        dw gdt_end - gdt - 1
        dq gdt
text:   db 'bench floor ticks=', 0
refusal: db 'bench floor skip: no SVM', 13, 10, 0

section .bss align=4096
vmcb:       resb 1000h
host_save:  resb 1000h
registers:  resq 16
            resb 1000h
guest_stack:

section .text
bits 64
guest_start:
        mov dx, COM1 + 3
        mov al, 3
        out dx, al
        mov eax, 80000001h
        cpuid
        test ecx, 4                             ; SVM
        jnz .supported
        mov esi, refusal
        call print
        jmp switch_off
.supported:
        mov ecx, EFER
        rdmsr
        or eax, EFER_SVME
        wrmsr
        mov ecx, VM_HSAVE_PA
        mov eax, host_save
        xor edx, edx
        wrmsr
        call fill_vmcb
.enter: call run
        mov rbx, vmcb
        cmp qword [rbx + EXITCODE], EXIT_CPUID
        jne .done
        add qword [rbx + SAVE_RIP], 2
        jmp .enter
.done:  mov esi, text
        call print
        mov rax, [registers + 8 * 3]            ; the guest's RBX
        call print_decimal
        mov al, 13
        call put
        mov al, 10
        call put
switch_off:
        mov dx, COM1 + 5
.drain: in al, dx
        test al, 40h
        jz .drain
        mov dx, PM1A_CONTROL
        mov ax, SLEEP_ENABLE
        out dx, ax
.stop:  hlt
        jmp .stop

; One VM entry and exit, with everything saved that the CPU does not save itself.
run:
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        mov rax, vmcb
        mov rcx, registers
        clgi
        vmload
        mov rdx, [rcx + 8 * 2]
        mov rbx, [rcx + 8 * 3]
        mov rbp, [rcx + 8 * 5]
        mov rsi, [rcx + 8 * 6]
        mov rdi, [rcx + 8 * 7]
        mov r8, [rcx + 8 * 8]
        mov r9, [rcx + 8 * 9]
        mov r10, [rcx + 8 * 10]
        mov r11, [rcx + 8 * 11]
        mov r12, [rcx + 8 * 12]
        mov r13, [rcx + 8 * 13]
        mov r14, [rcx + 8 * 14]
        mov r15, [rcx + 8 * 15]
        mov rcx, [rcx + 8 * 1]
        vmrun
        push rcx
        mov rcx, registers
        mov [rcx + 8 * 2], rdx
        mov [rcx + 8 * 3], rbx
        mov [rcx + 8 * 5], rbp
        mov [rcx + 8 * 6], rsi
        mov [rcx + 8 * 7], rdi
        mov [rcx + 8 * 8], r8
        mov [rcx + 8 * 9], r9
        mov [rcx + 8 * 10], r10
        mov [rcx + 8 * 11], r11
        mov [rcx + 8 * 12], r12
        mov [rcx + 8 * 13], r13
        mov [rcx + 8 * 14], r14
        mov [rcx + 8 * 15], r15
        pop qword [rcx + 8 * 1]
        vmsave
        stgi
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbp
        pop rbx
        ret

%macro descriptor 3
        mov word [rbx + %1], %2
        mov word [rbx + %1 + 2], %3             ; attributes: descriptor bits 40-47 and 52-55
        mov dword [rbx + %1 + 4], -1
%endmacro

fill_vmcb:
        mov rbx, vmcb
        mov dword [rbx + INTERCEPT_3], 1 << 18
        mov dword [rbx + INTERCEPT_4], 3
        mov dword [rbx + GUEST_ASID], 1
        descriptor SAVE_CS, 08h, 0A9Bh
        descriptor SAVE_DS, 10h, 0C93h
        descriptor SAVE_ES, 10h, 0C93h
        descriptor SAVE_SS, 10h, 0C93h
        mov dword [rbx + SAVE_GDTR + 4], gdt_end - gdt - 1
        mov rax, gdt
        mov [rbx + SAVE_GDTR + 8], rax
        mov ecx, EFER
        rdmsr
        mov [rbx + SAVE_EFER], eax
        mov rax, cr0
        mov [rbx + SAVE_CR0], rax
        mov rax, cr3
        mov [rbx + SAVE_CR3], rax
        mov rax, cr4
        mov [rbx + SAVE_CR4], rax
        mov dword [rbx + SAVE_DR6], 0FFFF0FF0h
        mov qword [rbx + SAVE_DR7], 400h
        mov qword [rbx + SAVE_RFLAGS], 2
        mov rax, guest
        mov [rbx + SAVE_RIP], rax
        mov rax, guest_stack
        mov [rbx + SAVE_RSP], rax
        mov rax, vmcb
        vmsave                                  ; FS, GS, TR, LDTR and the system-call registers
        ret

; The guest. R12 is the smallest cost of measuring nothing, RBX the smallest cost of CPUID.
%macro timestamp 0
        rdtsc
        shl rdx, 32
        or rax, rdx
%endmacro

guest:
        mov r12, -1
        mov rbx, -1
        mov r14d, ROUNDS
.round: timestamp
        mov r13, rax
        timestamp
        sub rax, r13
        cmp rax, r12
        cmovb r12, rax
        timestamp
        mov r13, rax
        mov rbp, rbx
        xor eax, eax
        xor ecx, ecx
        cpuid
        mov rbx, rbp
        timestamp
        sub rax, r13
        cmp rax, rbx
        cmovb rbx, rax
        dec r14d
        jnz .round
        sub rbx, r12
        sub rbx, 4                              ; the moves around CPUID
        vmmcall

print:
        lodsb
        test al, al
        jz .end
        call put
        jmp print
.end:   ret

put:
        mov ah, al
        mov dx, COM1 + 5
.wait:  in al, dx
        test al, 20h
        jz .wait
        mov dx, COM1
        mov al, ah
        out dx, al
        ret

print_decimal:
        mov ecx, 10
        xor edx, edx
        div rcx
        push rdx
        test rax, rax
        jz .digit
        call print_decimal
.digit: pop rax
        add al, '0'
        jmp put
