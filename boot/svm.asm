; Entering a guest on AMD-V. APM vol. 2, 15.5.
%include "boot/registers.inc"

section .text
bits 64

; void svm_run(u64 vmcb, struct processor *registers, u64 host_vmcb)
; `registers` holds the general registers in the order of their encoding; RAX and RSP travel in the VMCB.
; VMLOAD and VMSAVE carry FS, GS, TR, LDTR and the system-call MSRs, which VMRUN does not.
global svm_run
svm_run:
    multipush rbp, rbx, r12, r13, r14, r15, rdx, rsi
    clgi                               ; from here to STGI nothing can interrupt the host
    mov rax, rdi
    vmload
    load_registers rsi, 1, 2, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 6
    sti                                ; with V_INTR_MASKING the host's IF at VMRUN lets physical interrupts end the guest's run
    nop                                ; QEMU has STI's shadow go on into the guest, whose own STI would then have none
    vmrun
    cli
    vmsave
    xchg rsi, [rsp]
    store_registers rsi, 1, 2, 3, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15
    pop rcx
    mov [rsi + 30h], rcx
    pop rax
    vmload
    stgi
    multipop rbp, rbx, r12, r13, r14, r15
    ret
