; Entering a guest on Intel VT-x. SDM vol. 3, 27 and 28.
%include "boot/registers.inc"

section .text
bits 64

HOST_RSP equ 6C14h                     ; SDM vol. 3, appendix B.4.4

; u32 vmx_run(struct processor *registers, u32 launched)
; `registers` holds the general registers in the order of their encoding; RSP and RIP travel in the VMCS. CR2 does not: it is at 98h. At F8h
; is the stack pointer that the VMCS has for the host, so that it is written only when it differs.
; Returns 0 after an exit, 1 when the entry failed and the VMCS says why, 2 when there was no VMCS.
global vmx_run
vmx_run:
    multipush rbp, rbx, r12, r13, r14, r15, rdi
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
    load_registers rdi, 0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 7
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
    store_registers rdi, 0, 1, 2, 3, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15
    pop rax
    mov [rdi + 38h], rax
    mov rax, cr2
    mov [rdi + 98h], rax
    xor eax, eax
.return:
    multipop rbp, rbx, r12, r13, r14, r15
    ret
