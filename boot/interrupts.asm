; Exception and interrupt stubs. They save, call, restore; what to do is the nucleus's to say (see boot/runtime.c).
%include "boot/layout.inc"
%include "boot/registers.inc"

section .text
bits 64

extern exception
extern w2c_nucleus_onInterrupt, nucleus_instance
extern gate_stack
extern trap
extern kernel_stack.sandbox_limit, fault_stack.top

%macro exception_stub 1
exception_stub_%1:
  %if !(%1 == 8 || (%1 >= 10 && %1 <= 14) || %1 == 17 || %1 == 21 || %1 == 29 || %1 == 30)
    push qword 0                       ; the exceptions that push no error code (APM vol. 2, 8.2)
  %endif
    push qword %1
    jmp exception_common
%endmacro

%assign vector 0
%rep 32
exception_stub vector
%assign vector vector + 1
%endrep

; The frame is `struct exception_frame` of boot/runtime.h.
exception_common:
    multipush r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax
    cld
    mov rdi, rsp
    call exception                     ; 0: go on, otherwise leave the sandbox with this status
    test eax, eax
    jnz gate_leave
    multipop r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax
    add rsp, 16
    iretq

%macro interrupt_stub 1
    align 16
    push qword %1
    jmp interrupt_common
%endmacro

align 16
interrupt_stubs:
%assign vector 32
%rep 224
interrupt_stub vector
%assign vector vector + 1
%endrep

interrupt_common:
    xchg rsi, [rsp]                    ; the vector, and RSI saved in its place
    multipush rax, rcx, rdx, rdi, r8, r9, r10, r11
    cld
    mov rdi, [rel nucleus_instance]
    mov rdx, [rsp + 9 * 8]             ; the interrupted RIP
    call w2c_nucleus_onInterrupt       ; 0: go on, otherwise leave the sandbox with this status
    test eax, eax
    jnz gate_leave
    multipop rax, rcx, rdx, rdi, r8, r9, r10, r11
    pop rsi
    iretq

; u64 gate_enter(function, instance, a0, a1, a2): calls into a sandbox with interrupts on.
; gate_status is 0 when the call returned, otherwise what ended it; then the result means nothing.
global gate_enter
gate_enter:
    push rbp
    mov rbp, rsp
    multipush rbx, r12, r13, r14, r15
    push rax                           ; keeps the stack 16-byte aligned at the call
    mov [rel gate_stack], rsp
    mov dword [rel gate_status], 0
    mov rax, rdi
    mov rdi, rsi
    mov rsi, rdx
    mov rdx, rcx
    mov rcx, r8
    sti
    call rax
    cli
gate_return:
    mov qword [rel gate_stack], 0
    add rsp, 8
    multipop rbp, rbx, r12, r13, r14, r15
    ret

; Ends the sandbox call in progress: EAX becomes gate_status, and gate_enter returns to the nucleus.
global gate_leave
gate_leave:
    cli
    cld
    mov [rel gate_status], eax
    mov rsp, [rel gate_stack]
    jmp gate_return

; void wasm_rt_trap(reason): compiled Wasm noticed a trap. A sandbox may have left hardly any stack: what looks at the trap then runs
; on the exceptions' stack, where nothing is in use.
global wasm_rt_trap
wasm_rt_trap:
    cli
    mov rsi, [rsp]                     ; where it was noticed
    mov rdx, rbp
    mov rax, kernel_stack.sandbox_limit
    cmp rsp, rax
    ja .room
    mov rsp, fault_stack.top
.room:
    and rsp, -16
    call trap

; void load_descriptors(gdt pointer, idt pointer)
global load_descriptors
load_descriptors:
    lgdt [rdi]
    lidt [rsi]
    mov eax, 0x18
    ltr ax
    push qword 8
    lea rax, [rel .reloaded]
    push rax
    retfq
.reloaded:
    ret

section .bss
global gate_status
gate_status: resd 1

section .rodata
global exception_stub_table, interrupt_stub_base
exception_stub_table:
%assign vector 0
%rep 32
    dq exception_stub_ %+ vector
%assign vector vector + 1
%endrep
interrupt_stub_base: dq interrupt_stubs
