; Interrupt handlers as short as they can be, so that what is measured is the hypervisor: count, end of interrupt, return. And what takes known numbers of instructions.

%include "code.inc"

APIC_EOI        equ 0FEE000B0h
X2APIC_EOI_MSR  equ 80Bh

section .data align=8
taken:   dq 0
arrived: dq 0

section .text
        global w2c_code_taken, w2c_code_arrived
w2c_code_taken:                                 ; the address of the counter
        mov rax, taken
        ret
w2c_code_arrived:                               ; the address of the TSC as `timedHandler` found it
        mov rax, arrived
        ret

        global w2c_code_thousand
w2c_code_thousand:                              ; executes as many instructions as its name says, none of which exits
        mov ecx, 499
.again: dec ecx
        jnz .again
        ret

        global w2c_code_lookFor
w2c_code_lookFor:                               ; RSI: where, EDX: for what; RAX: how often
        xor eax, eax
.again: inc rax
        cmp [rsi], dx
        jne .again
        ret

code xapicHandler
        push rax
        inc qword [taken]
        mov rax, APIC_EOI
        mov dword [rax], 0
        pop rax
        iretq

code x2apicHandler
        push rax
        push rcx
        push rdx
        inc qword [taken]
        xor eax, eax
        xor edx, edx
        mov ecx, X2APIC_EOI_MSR
        wrmsr
        pop rdx
        pop rcx
        pop rax
        iretq

code timedHandler
        push rax
        push rdx
        rdtsc
        mov [arrived], eax
        mov [arrived + 4], edx
        inc qword [taken]
        mov rax, APIC_EOI
        mov dword [rax], 0
        pop rdx
        pop rax
        iretq
