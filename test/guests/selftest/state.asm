; The FPU's, SSE's and AVX's registers, held through a long wait with interrupts on.

%include "code.inc"

; Register 0 to 15 from the memory at an address: instruction, register without its number, bytes of one, address.
%macro loadAll 4
        %assign n 0
        %rep 16
        %1 %2 %+ n, [%4 + %3 * n]
        %assign n n + 1
        %endrep
%endmacro

; And to it.
%macro storeAll 4
        %assign n 0
        %rep 16
        %1 [%4 + %3 * n], %2 %+ n
        %assign n n + 1
        %endrep
%endmacro

; RCX rounds with interrupts on.
%macro waitOpen 0
        sti
.wait:  pause
        dec rcx
        jnz .wait
        cli
%endmacro

section .text
; Registers are filled from RDI (16 bytes each for XMM, 32 for YMM), the wait is RCX rounds, and they are stored at RSI.
code holdXmm
        loadAll movdqu, xmm, 16, rdi
        waitOpen
        storeAll movdqu, xmm, 16, rsi
        ret
code holdYmm
        loadAll vmovdqu, ymm, 32, rdi
        waitOpen
        storeAll vmovdqu, ymm, 32, rsi
        vzeroall
        ret
code holdFpu                                    ; eight integers from RDI on the FPU's stack, MXCSR from RAX
        push rax
        ldmxcsr [rsp]
        fninit
        %assign n 7
        %rep 8
        fild qword [rdi + 8 * n]
        %assign n n - 1
        %endrep
        waitOpen
        %assign n 0
        %rep 8
        fistp qword [rsi + 8 * n]
        %assign n n + 1
        %endrep
        stmxcsr [rsp]
        pop rax
        fninit
        ret
code compareExchange16                          ; RDI 16 bytes: expected RDX:RAX, stored RCX:RBX; RAX says whether
        lock cmpxchg16b [rdi]
        setz al
        movzx eax, al
        ret
code stringOut                                  ; REP OUTSB of RCX bytes from RSI to port RDX
        rep outsb
        ret
code stringIn                                   ; REP INSB of RCX bytes from port RDX to RDI
        rep insb
        ret
code compactRoundTrip                           ; YMM registers from RDI, by XSAVES and XRSTORS of EAX through the area at RBX, to RSI
        loadAll vmovdqu, ymm, 32, rdi
        xor edx, edx
        xsaves64 [rbx]
        vzeroall
        xrstors64 [rbx]
        storeAll vmovdqu, ymm, 32, rsi
        vzeroall
        ret
