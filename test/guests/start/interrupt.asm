; The guest's descriptor tables, one entry stub per interrupt vector, and the ways to run a piece of code whose fault is an answer:
; `execute` in ring 0, `execute_user` in ring 3, and `enter` in any code segment. Intel SDM vol. 3, chapters 3, 6 and 7.

global gdt_pointer, interrupt_stubs, execute, execute_user, enter, fault, task_state, load_task
extern on_interrupt

section .data align=16
gdt:    dq 0
        dq 00AF9B000000FFFFh                   ; 08h code, 64 bits
        dq 00CF93000000FFFFh                   ; 10h data
        dq 00CF9B000000FFFFh                   ; 18h code, 32 bits
        dq 00009B060000FFFFh                   ; 20h code, 16 bits, at 60000h: the way to real mode
        dq 000093000000FFFFh                   ; 28h data, 16 bits
        dq 00CFF3000000FFFFh                   ; 30h data, ring 3
        dq 00AFFB000000FFFFh                   ; 38h code, 64 bits, ring 3
task_descriptor:
        dq 0, 0                                ; 40h task state
gdt_end:
gdt_pointer:
        dw gdt_end - gdt - 1
        dq gdt

        align 16
task_state:
        dd 0
        dq ring0_stack_top                     ; RSP0
        times 23 dd 0
task_state_end:

; What `execute` found out. The order is that of `struct fault` in start.c.
        align 8
fault:
.resume:  dq 0                                 ; where to go on after a fault; 0 when none is expected
.stack:   dq 0
.vector:  dd 0
.padding: dd 0
.error:   dq 0
.address: dq 0                                 ; CR2
.rip:     dq 0
.flags:   dq 0                                 ; RFLAGS with which `execute` was called
.saved:   dq 0                                 ; RFLAGS pushed by the fault
.code:    dq 0                                 ; CS, RSP and SS pushed by it
.pointer: dq 0
.segment: dq 0
target: dq 0
scratch: dq 0

section .bss align=16
        resb 4000h
ring0_stack_top:
        resb 4000h
ring3_stack_top:

section .text
bits 64
load_task:
        mov rax, task_state
        mov word [task_descriptor], task_state_end - task_state - 1
        mov [task_descriptor + 2], ax
        shr rax, 16
        mov [task_descriptor + 4], al
        mov byte [task_descriptor + 5], 89h    ; available 64-bit task state
        mov [task_descriptor + 7], ah
        mov ax, 40h
        ltr ax
        ret

%macro save 0
        push rax
        push rcx
        push rdx
        push rbx
        push rbp
        push rsi
        push rdi
        push r8
        push r9
        push r10
        push r11
        push r12
        push r13
        push r14
        push r15
%endmacro

%macro restore 0
        pop r15
        pop r14
        pop r13
        pop r12
        pop r11
        pop r10
        pop r9
        pop r8
        pop rdi
        pop rsi
        pop rbp
        pop rbx
        pop rdx
        pop rcx
        pop rax
%endmacro

; Each stub takes 16 bytes, so that the stub of vector n is at interrupt_stubs + 16 n.
align 16
interrupt_stubs:
%assign vector 0
%rep 256
        align 16
        %if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30
        %else
        push qword 0                           ; where the CPU pushes no error code
        %endif
        push qword vector
        jmp near interrupt_common
        %assign vector vector + 1
%endrep

interrupt_common:
        save
        cld
        mov rdi, rsp
        call on_interrupt
        restore
        add rsp, 16
        iretq

%macro load_registers 0                        ; from [rsi], in the order of their encoding; RSP keeps its value
        mov rax, [rsi]
        mov rcx, [rsi + 8]
        mov rdx, [rsi + 16]
        mov rbx, [rsi + 24]
        mov rbp, [rsi + 40]
        mov rdi, [rsi + 56]
        mov r8, [rsi + 64]
        mov r9, [rsi + 72]
        mov r10, [rsi + 80]
        mov r11, [rsi + 88]
        mov r12, [rsi + 96]
        mov r13, [rsi + 104]
        mov r14, [rsi + 112]
        mov r15, [rsi + 120]
        mov rsi, [rsi + 48]
%endmacro

; uint32_t execute(code, registers): calls `code` with the sixteen registers from `registers`, stores them there again with RFLAGS
; as the seventeenth, and returns the vector of the exception that ended it, or all ones.
execute:
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        pushfq
        push rsi
        mov rax, [rsp + 8]
        mov [fault.flags], rax
        mov [fault.stack], rsp
        mov qword [fault.resume], resumed
        mov [target], rdi
        load_registers
        call [target]
        mov dword [fault.vector], -1
resumed:
        mov qword [fault.resume], 0
        mov [scratch], rax
        mov rax, [rsp]
        mov [rax + 8], rcx
        mov [rax + 16], rdx
        mov [rax + 24], rbx
        mov [rax + 40], rbp
        mov [rax + 48], rsi
        mov [rax + 56], rdi
        mov [rax + 64], r8
        mov [rax + 72], r9
        mov [rax + 80], r10
        mov [rax + 88], r11
        mov [rax + 96], r12
        mov [rax + 104], r13
        mov [rax + 112], r14
        mov [rax + 120], r15
        pushfq
        pop rcx
        mov [rax + 128], rcx
        mov rcx, [scratch]
        mov [rax], rcx
        cld
        pop rsi
        popfq
        pop r15
        pop r14
        pop r13
        pop r12
        pop rbp
        pop rbx
        mov eax, [fault.vector]
        ret

; The same in ring 3: `code` returns to an instruction that calls the way back, vector 31h.
execute_user:
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        pushfq
        push rsi
        mov rax, [rsp + 8]
        mov [fault.flags], rax
        mov [fault.stack], rsp
        mov qword [fault.resume], resumed
        mov rdx, ring3_stack_top - 8
        mov rcx, back_from_user
        mov [rdx], rcx
        push qword 33h
        push rdx
        and eax, 200h                          ; interrupts as they are
        or eax, 2
        push rax
        push qword 3Bh
        push rdi
        load_registers
        iretq

back_from_user:
        int 31h

; uint32_t enter(frame, registers): the same with the RIP, CS, RFLAGS, RSP, SS that IRETQ is to load and the DS and ES beside them. The
; code ends by an exception or by INT 31h.
enter:
        push rbx
        push rbp
        push r12
        push r13
        push r14
        push r15
        pushfq
        push rsi
        mov rax, [rsp + 8]
        mov [fault.flags], rax
        mov [fault.stack], rsp
        mov qword [fault.resume], resumed
        mov ds, [rdi + 40]
        mov es, [rdi + 40]
        push qword [rdi + 32]
        push qword [rdi + 24]
        push qword [rdi + 16]
        push qword [rdi + 8]
        push qword [rdi]
        load_registers
        iretq
