; Entering a guest on AMD-V. APM vol. 2, 15.5.
section .text
bits 64

; void svm_run(u64 vmcb, struct processor *registers, u64 host_vmcb)
; `registers` holds the general registers in the order of their encoding; RAX and RSP travel in the VMCB.
; VMLOAD and VMSAVE carry FS, GS, TR, LDTR and the system-call MSRs, which VMRUN does not.
global svm_run
svm_run:
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    push rdx
    push rsi
    clgi                               ; from here to STGI nothing can interrupt the host
    mov rax, rdi
    vmload
    mov rcx, [rsi + 08h]
    mov rdx, [rsi + 10h]
    mov rbx, [rsi + 18h]
    mov rbp, [rsi + 28h]
    mov rdi, [rsi + 38h]
    mov r8,  [rsi + 40h]
    mov r9,  [rsi + 48h]
    mov r10, [rsi + 50h]
    mov r11, [rsi + 58h]
    mov r12, [rsi + 60h]
    mov r13, [rsi + 68h]
    mov r14, [rsi + 70h]
    mov r15, [rsi + 78h]
    mov rsi, [rsi + 30h]
    sti                                ; with V_INTR_MASKING the host's IF at VMRUN lets physical interrupts end the guest's run
    nop                                ; QEMU has STI's shadow go on into the guest, whose own STI would then have none
    vmrun
    cli
    vmsave
    xchg rsi, [rsp]
    mov [rsi + 08h], rcx
    mov [rsi + 10h], rdx
    mov [rsi + 18h], rbx
    mov [rsi + 28h], rbp
    mov [rsi + 38h], rdi
    mov [rsi + 40h], r8
    mov [rsi + 48h], r9
    mov [rsi + 50h], r10
    mov [rsi + 58h], r11
    mov [rsi + 60h], r12
    mov [rsi + 68h], r13
    mov [rsi + 70h], r14
    mov [rsi + 78h], r15
    pop rcx
    mov [rsi + 30h], rcx
    pop rax
    vmload
    stgi
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret
