; Entering a guest on Intel VT-x. SDM vol. 3, 27 and 28.
section .text
bits 64

HOST_RSP equ 6C14h                     ; SDM vol. 3, appendix B.4.4

; u32 vmx_run(struct processor *registers, u32 launched)
; `registers` holds the general registers in the order of their encoding; RSP and RIP travel in the VMCS. CR2 does not: it is at 98h. At F8h
; is the stack pointer that the VMCS has for the host, so that it is written only when it differs.
; Returns 0 after an exit, 1 when the entry failed and the VMCS says why, 2 when there was no VMCS.
global vmx_run
vmx_run:
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    push rdi
    cmp rsp, [rdi + 0F8h]
    je .cr2
    mov [rdi + 0F8h], rsp
    mov eax, HOST_RSP
    vmwrite rax, rsp
.cr2:
    mov rax, [rdi + 98h]
    mov rcx, cr2
    cmp rax, rcx
    je .enter
    mov cr2, rax
.enter:
    test esi, esi
    mov rax, [rdi + 00h]
    mov rcx, [rdi + 08h]
    mov rdx, [rdi + 10h]
    mov rbx, [rdi + 18h]
    mov rbp, [rdi + 28h]
    mov rsi, [rdi + 30h]
    mov r8,  [rdi + 40h]
    mov r9,  [rdi + 48h]
    mov r10, [rdi + 50h]
    mov r11, [rdi + 58h]
    mov r12, [rdi + 60h]
    mov r13, [rdi + 68h]
    mov r14, [rdi + 70h]
    mov r15, [rdi + 78h]
    mov rdi, [rdi + 38h]
    jnz .resume
    vmlaunch
    jmp .failed
.resume:
    vmresume
.failed:
    mov eax, 1
    adc eax, 0                         ; CF: VMfailInvalid
    pop rdi
    jmp vmx_exit.return

; Where the VMCS lets an exit go on, with the stack as it was at the entry.
global vmx_exit
vmx_exit:
    xchg rdi, [rsp]
    mov [rdi + 00h], rax
    mov [rdi + 08h], rcx
    mov [rdi + 10h], rdx
    mov [rdi + 18h], rbx
    mov [rdi + 28h], rbp
    mov [rdi + 30h], rsi
    mov [rdi + 40h], r8
    mov [rdi + 48h], r9
    mov [rdi + 50h], r10
    mov [rdi + 58h], r11
    mov [rdi + 60h], r12
    mov [rdi + 68h], r13
    mov [rdi + 70h], r14
    mov [rdi + 78h], r15
    pop rax
    mov [rdi + 38h], rax
    mov rax, cr2
    mov [rdi + 98h], rax
    xor eax, eax
.return:
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret
