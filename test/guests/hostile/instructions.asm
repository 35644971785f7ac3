; Instructions that no sane guest runs, or not like this. RDI is an address that may be a device's or nobody's, RAX, RCX and RDX are random.
; Each is a piece of code for `hw.execute`: a fault is a fine answer, a hang or a dead host is not.

%include "code.inc"

%macro strange 0
%%here:
        [section .rodata.strange align=8]
        dq %%here
        __?SECT?__
%endmacro

section .rodata.strange align=8
table:
section .text
        global w2c_code_strange, w2c_code_strangeCount, w2c_code_gentleCount
w2c_code_strange:                               ; u64 strange(struct w2c_code *, u32 index)
        mov eax, esi
        mov rax, [table + rax * 8]
        ret
w2c_code_strangeCount:
        mov eax, table_end - table
        shr eax, 3
        ret
w2c_code_gentleCount:
        mov eax, gentle_end - table
        shr eax, 3
        ret

section .text
strange                                         ; a guest that would be a hypervisor
        vmrun
        ret
strange
        vmload
        ret
strange
        vmsave
        ret
strange
        stgi
        ret
strange
        clgi
        ret
strange
        invlpga
        ret
strange
        skinit
        ret
strange
        vmmcall
        ret
strange
        vmcall
        ret
strange
        vmxoff
        ret
strange
        vmlaunch
        ret
strange
        vmread rax, rcx
        ret
strange
        db 0Fh, 37h                             ; GETSEC
        ret
strange
        db 0Fh, 01h, 0D7h                       ; ENCLU
        ret
strange
        rsm
        ret
strange                                         ; waiting and performance counting
        xchg rdi, rax
        monitor
        ret
strange
        rdpmc
        ret
strange
        rdtscp
        ret
strange
        xsetbv
        ret
strange
        xgetbv
        ret
strange                                         ; caches
        wbinvd
        ret
strange
        clflush [rdi]
        ret
strange
        invlpg [rdi]
        ret
strange
        invpcid rax, [rdi]
        ret
strange
        prefetchw [rdi]
        ret
strange                                         ; locked and wide accesses to devices
        lock xadd [rdi], eax
        ret
strange
        lock cmpxchg8b [rdi]
        ret
strange
        lock bts [rdi], eax
        ret
strange
        and rdi, -16
        lock cmpxchg16b [rdi]
        ret
strange
        fnsave [rdi]
        ret
strange
        fnstenv [rdi]
        ret
strange
        and rdi, -16
        movaps xmm0, [rdi]
        ret
strange
        and rdi, -16
        movaps [rdi], xmm0
        ret
strange
        movnti [rdi], rax
        ret
strange
        sgdt [rdi]
        ret
strange
        push qword [rdi]
        pop rax
        ret
strange
        push rax
        pop qword [rdi]
        ret
strange
        mov rsi, rdi
        mov ecx, 64
        rep movsb
        ret
strange
        lea rsi, [rdi + 4]
        mov ecx, 8
        std
        rep movsd
        cld
        ret
strange
        mov rsi, rdi
        mov ecx, 16
        repne cmpsb
        ret
strange
        mov ecx, 16
        repe scasd
        ret
strange
        mov edx, eax                            ; string input straight to a device
        and edx, 0FF0h
        or edx, 0E000h
        mov ecx, 4
        rep insb
        ret
strange
        mov rsi, rdi
        and edx, 0FF0h
        or edx, 0E000h
        mov ecx, 4
        rep outsb
        ret
strange
        cvtsi2sd xmm0, [rdi]
        ret
strange                                         ; the debugger's back doors
        db 0F1h                                 ; ICEBP
        ret
strange
        int3
        ret
strange
        mov rcx, ss
        mov ss, cx
        int3
        ret
strange
        pushfq
        or dword [rsp], 100h                    ; single step
        popfq
        nop
        ret
strange                                         ; encodings that are nobody's
        ud2
        ret
strange
        db 0Fh, 0FFh, 0C0h                      ; UD0
        ret
strange
        db 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 66h, 90h ; sixteen bytes
        ret
strange
        db 0F0h, 90h                            ; LOCK NOP
        ret
strange
        db 0F0h, 8Bh, 07h                       ; LOCK MOV
        ret
strange
        db 0C4h, 0E2h, 79h, 90h, 04h, 0CFh      ; VPGATHERDD
        ret
strange
        db 62h, 0F1h, 7Ch, 48h, 28h, 07h        ; EVEX VMOVAPS ZMM
        ret
strange                                         ; segments and tasks
        mov ds, ax
        ret
strange
        ltr ax
        ret
strange
        lldt ax
        ret
strange
        lar rax, cx
        ret
strange
        swapgs
        swapgs
        ret
strange
        pushfq
        or dword [rsp], 4000h                   ; NT, and a nested return that long mode refuses
        popfq
        iretq
strange
        sysexit
strange
        sysret
strange
        in eax, dx
        ret
strange
        lmsw ax
        ret
strange
        clts
        ret
strange
        smsw rax
        ret
strange
        rdrand rax
        ret

section .rodata.strange
gentle_end:
section .text
strange                                         ; fetches from a device, which may cost the guest its life
        jmp rdi
strange
        call rdi
        ret
strange
        db 48h, 0FFh, 2Fh                       ; far JMP through a device
strange
        push rax
        jmp [rdi]

section .rodata.strange
table_end:
