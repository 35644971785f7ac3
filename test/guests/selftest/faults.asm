; Instructions that must fault, and instructions about which only ring 3 can say something. RDI and RAX as each says.

%include "code.inc"

section .text
code faultUndefined
        ud2
        ret
code faultDivide
        xor edx, edx
        xor ecx, ecx
        mov eax, 1
        div ecx
        ret
code faultDivideOverflow
        mov edx, 2
        mov eax, 0
        mov ecx, 1
        div ecx
        ret
code faultNonCanonical
        mov rdi, 0800000000000000h
        mov rax, [rdi]
        ret
code faultStack                                 ; a non-canonical stack access is #SS
        mov rbp, 0800000000000000h
        mov rax, [rbp]
        ret
code faultSelector                              ; RAX selector
        mov ds, ax
        ret
code faultBreakpoint
        int3
        ret
code faultIcebp
        db 0F1h
        ret
code faultNotAvailable                          ; FPU with CR0.TS set
        mov rcx, cr0
        mov rdx, rcx
        or rcx, 8
        mov cr0, rcx
        fnop
        mov cr0, rdx
        ret
code clearTaskSwitched
        clts
        ret
code faultLongInstruction                       ; sixteen bytes
        times 15 db 66h
        nop
        ret
code fetch                                      ; RDI where to go
        jmp rdi
code singleStep
        pushfq
        or dword [rsp], 100h
        popfq
        nop
        ret
code singleStepped                              ; where the trap is to come: after the NOP
        ret
code softwareInterrupt                          ; INT 62h: not for ring 3
        int 62h
        ret
code stiShadow                                  ; no interrupt between STI and the next instruction
        sti
        cli
        ret
code privilegedCli
        cli
        ret
code privilegedHlt
        hlt
        ret
code privilegedIn                               ; RDX port
        in al, dx
        ret
code privilegedOut
        out dx, al
        ret
code privilegedCr
        mov rax, cr0
        ret
code privilegedMsr
        mov ecx, 10h
        rdmsr
        ret
code privilegedLgdt
        sub rsp, 16
        sgdt [rsp]
        lgdt [rsp]
        add rsp, 16
        ret
code privilegedInvlpg
        invlpg [rdi]
        ret
code privilegedWbinvd
        wbinvd
        ret
code userCode                                   ; what ring 3 may do: RAX is its CPL
        mov eax, cs
        and eax, 3
        ret
code userSpin                                   ; RCX rounds in ring 3, for interrupts to come
.again: dec rcx
        jnz .again
        ret
code userAlignment                              ; with AC set and CR0.AM: #AC
        pushfq
        or dword [rsp], 40000h
        popfq
        lea rax, [rsp - 63]
        mov eax, [rax]
        ret
code segmentBases                               ; FS and GS bases by MSR: RDI an address
        mov ecx, 0C0000100h
        mov eax, edi
        mov rdx, rdi
        shr rdx, 32
        wrmsr
        mov rax, [fs:0]
        ret
code moveToSs                                   ; a MOV to SS holds a trap back for one instruction
        mov cx, ss
        pushfq
        or dword [rsp], 100h
        popfq
        mov ss, cx
        nop
        ret
code debugRead                                  ; RDI an address with a watchpoint
        mov eax, [rdi]
        nop
        ret
code debugWrite
        mov [rdi], eax
        nop
        ret
code debugTarget                                ; an instruction breakpoint is set here
        mov eax, 4321h
        ret
code resetFpu
        fninit
        push 1F80h
        ldmxcsr [rsp]
        pop rax
        ret
code storeInterruptTable                        ; RDI where to
        sidt [rdi]
        ret
