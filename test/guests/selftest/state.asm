; The FPU's, SSE's and AVX's registers, held through a long wait with interrupts on.

%include "code.inc"

section .text
; Registers are filled from RDI (16 bytes each for XMM, 32 for YMM), the wait is RCX rounds, and they are stored at RSI.
code holdXmm
        %assign n 0
        %rep 16
        movdqu xmm %+ n, [rdi + 16 * n]
        %assign n n + 1
        %endrep
        sti
.wait:  pause
        dec rcx
        jnz .wait
        cli
        %assign n 0
        %rep 16
        movdqu [rsi + 16 * n], xmm %+ n
        %assign n n + 1
        %endrep
        ret
code holdYmm
        %assign n 0
        %rep 16
        vmovdqu ymm %+ n, [rdi + 32 * n]
        %assign n n + 1
        %endrep
        sti
.wait:  pause
        dec rcx
        jnz .wait
        cli
        %assign n 0
        %rep 16
        vmovdqu [rsi + 32 * n], ymm %+ n
        %assign n n + 1
        %endrep
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
        sti
.wait:  pause
        dec rcx
        jnz .wait
        cli
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
        %assign n 0
        %rep 16
        vmovdqu ymm %+ n, [rdi + 32 * n]
        %assign n n + 1
        %endrep
        xor edx, edx
        xsaves64 [rbx]
        vzeroall
        xrstors64 [rbx]
        %assign n 0
        %rep 16
        vmovdqu [rsi + 32 * n], ymm %+ n
        %assign n n + 1
        %endrep
        vzeroall
        ret
