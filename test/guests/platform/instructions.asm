; Instructions that may fault and that every guest wants, for `hw.execute`. Operands come and go in registers as each says.

%include "code.inc"

section .text
code rdmsr                                      ; ECX index; EDX:EAX value
        rdmsr
        ret
code wrmsr                                      ; ECX index, EDX:EAX value
        wrmsr
        ret
code readByte                                   ; RDI address; RAX value
        movzx eax, byte [rdi]
        ret
code readWord
        movzx eax, word [rdi]
        ret
code readDoubleword
        mov eax, [rdi]
        ret
code readQuadword
        mov rax, [rdi]
        ret
code writeByte                                  ; RDI address, RAX value
        mov [rdi], al
        ret
code writeWord
        mov [rdi], ax
        ret
code writeDoubleword
        mov [rdi], eax
        ret
code writeQuadword
        mov [rdi], rax
        ret
code writeCr0                                   ; RAX value
        mov cr0, rax
        ret
code writeCr3
        mov cr3, rax
        ret
code writeCr4
        mov cr4, rax
        ret
code writeCr8
        mov cr8, rax
        ret
code writeDr0
        mov dr0, rax
        ret
code writeDr1
        mov dr1, rax
        ret
code writeDr2
        mov dr2, rax
        ret
code writeDr3
        mov dr3, rax
        ret
code writeDr6
        mov dr6, rax
        ret
code writeDr7
        mov dr7, rax
        ret
code readDr0                                    ; RAX value
        mov rax, dr0
        ret
code readDr1
        mov rax, dr1
        ret
code readDr2
        mov rax, dr2
        ret
code readDr3
        mov rax, dr3
        ret
code readDr6
        mov rax, dr6
        ret
code readDr7
        mov rax, dr7
        ret
code readDr4
        mov rax, dr4
        ret
code xsetbv                                     ; ECX register, EDX:EAX value
        xsetbv
        ret
code xgetbv
        xgetbv
        ret
code lockedMove                                 ; RDI address: a LOCK where none can be
        db 0F0h, 8Bh, 07h
        ret
code storeTable                                 ; RDI where to
        sgdt [rdi]
        ret
code loadTable                                  ; RDI where from
        lgdt [rdi]
        ret
code copyBytes                                  ; RCX bytes from RSI to RDI
        rep movsb
        ret
