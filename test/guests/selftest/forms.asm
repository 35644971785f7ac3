; Every form of instruction that real kernels use on device memory. RDI is the register's address, RAX the operand; RAX comes back.
; AMD APM vol. 3, chapter 3.

%include "code.inc"

section .text
code formMovLoad64
        mov rax, [rdi]
        ret
code formMovLoad32
        mov eax, [rdi]
        ret
code formMovLoad16
        mov ax, [rdi]
        ret
code formMovLoad8
        mov al, [rdi]
        ret
code formMovLoadHigh8
        mov ah, [rdi]
        ret
code formMovStore64
        mov [rdi], rax
        ret
code formMovStore32
        mov [rdi], eax
        ret
code formMovImmediate32
        mov dword [rdi], 12345678h
        ret
code formMovImmediate64
        mov qword [rdi], -2
        ret
code formMovzxByte
        movzx eax, byte [rdi]
        ret
code formMovzxWord
        movzx eax, word [rdi]
        ret
code formMovsxByte
        movsx rax, byte [rdi]
        ret
code formMovsxWord
        movsx eax, word [rdi]
        ret
code formMovsxd
        movsxd rax, dword [rdi]
        ret
code formAnd
        and [rdi], eax
        ret
code formAndLoad
        and eax, [rdi]
        ret
code formOr
        or [rdi], eax
        ret
code formOrImmediate
        or dword [rdi], 0Fh
        ret
code formXor
        xor [rdi], eax
        ret
code formAdd
        add [rdi], eax
        ret
code formSub
        sub [rdi], eax
        ret
code formCompare                                ; leaves ZF in AL
        cmp [rdi], eax
        sete al
        movzx eax, al
        ret
code formTest
        test [rdi], eax
        setnz al
        movzx eax, al
        ret
code formXchg
        xchg [rdi], eax
        ret
code formBtSet                                  ; bit 4
        bts dword [rdi], 4
        setc al
        movzx eax, al
        ret
code formBtReset
        btr dword [rdi], 4
        setc al
        movzx eax, al
        ret
code formBtComplement
        btc dword [rdi], 4
        setc al
        movzx eax, al
        ret
code formBtRegister                             ; a bit offset beyond the operand reaches the next doubleword
        mov ecx, 36
        bts dword [rdi], ecx
        setc al
        movzx eax, al
        ret
code formIncrement
        inc dword [rdi]
        ret
code formDecrement
        dec dword [rdi]
        ret
code formNot
        not dword [rdi]
        ret
code formNegate
        neg dword [rdi]
        ret
code formLockOr
        lock or [rdi], eax
        ret
code formXadd
        lock xadd [rdi], eax
        ret
code formCompareExchange                        ; the value is RAX's: RCX is stored
        mov ecx, 55667788h
        lock cmpxchg [rdi], ecx
        ret
code formStos
        mov ecx, 1
        cld
        rep stosd
        ret
code formLods
        mov rsi, rdi
        lodsd
        ret
code formMovsFrom                               ; to the stack
        sub rsp, 16
        mov rsi, rdi
        mov rdi, rsp
        mov ecx, 2
        rep movsd
        mov rax, [rsp]
        add rsp, 16
        ret
code formMovsTo                                 ; from the stack
        push rax
        mov rsi, rsp
        mov ecx, 2
        rep movsd
        pop rax
        ret
code formMovsBackward
        push rax
        lea rsi, [rsp + 4]
        add rdi, 4
        mov ecx, 2
        std
        rep movsd
        cld
        pop rax
        ret
code formScaled                                 ; base, index, scale and displacement
        lea rbx, [rdi - 128]
        mov ecx, 16
        mov eax, [rbx + rcx * 8]
        ret
code formExtendedRegisters
        mov r13, rdi
        mov r9d, [r13]
        mov eax, r9d
        ret
code formAddress32
        mov eax, [edi]
        ret
code formAbsolute                               ; MOV with a 64-bit offset: the HPET's counter
        mov eax, [qword 0FED000F0h]
        ret
code formPush
        push qword [rdi]
        pop rax
        ret
