; What a processor finds in itself after INIT and a startup interrupt, recorded before anything is changed, and then spoilt, so that a
; second INIT can be seen to undo it, or to leave it. The code runs from a copy at BASE, whose page is the vector; the record is at
; RECORD, which the segments' bases must reach. Intel SDM vol. 3, table 10-1 and 11.4.7; AMD APM vol. 2, table 14-1.

%include "code.inc"

BASE    equ 2000h
RECORD  equ 1000h                               ; the offsets are startup.ts's

; What is asked for.
DONE    equ RECORD + 0FF8h
HASXCR0 equ RECORD + 0E00h
MSRS    equ RECORD + 0C00h                      ; numbers, ended by 0
APICS   equ RECORD + 0D00h                      ; addresses of the local APIC's registers, ended by 0
; What is found.
GENERAL equ RECORD                              ; in the order of their encoding, then EFLAGS
SELECTOR equ RECORD + 24h                       ; ES, CS, SS, DS, FS, GS as words
CONTROL equ RECORD + 30h                        ; CR0, CR2, CR3, CR4
DEBUG   equ RECORD + 40h                        ; DR0 to DR3, DR6, DR7
GDTR    equ RECORD + 58h
IDTR    equ RECORD + 60h
X87     equ RECORD + 68h                        ; what FNSTENV stores
MXCSR   equ RECORD + 84h
XCR0    equ RECORD + 88h
XMM     equ RECORD + 90h                        ; XMM0 and XMM7
LDTR    equ RECORD + 0B0h
TASK    equ RECORD + 0B4h
BEYOND  equ RECORD + 0C0h                       ; vectors by which accesses beyond 64 KiB end, through CS, DS, ES, FS, GS, SS
TSC     equ RECORD + 0D0h
MSRAT   equ RECORD + 200h
APICAT  equ RECORD + 600h

%define at(label) (BASE + (label) - image)

section .text
        global w2c_code_startupImage, w2c_code_startupSize, w2c_code_startupStackFault, w2c_code_startupProtection
w2c_code_startupImage:
        mov rax, image
        ret
w2c_code_startupSize:
        mov eax, image_end - image
        ret
w2c_code_startupStackFault:                     ; where real mode's vectors 12 and 13 are to point, in the segment BASE >> 4
        mov eax, stack_fault - image
        ret
w2c_code_startupProtection:
        mov eax, protection - image
        ret

align 16
image:
bits 16
        mov [GENERAL], eax
        mov [GENERAL + 4], ecx
        mov [GENERAL + 8], edx
        mov [GENERAL + 0Ch], ebx
        mov [GENERAL + 10h], esp
        mov [GENERAL + 14h], ebp
        mov [GENERAL + 18h], esi
        mov [GENERAL + 1Ch], edi
        mov esp, GENERAL + 24h
        pushfd
        mov esp, BASE                           ; the record's end
        mov [SELECTOR], es
        mov [SELECTOR + 2], cs
        mov [SELECTOR + 4], ss
        mov [SELECTOR + 6], ds
        mov [SELECTOR + 8], fs
        mov [SELECTOR + 10], gs
        mov eax, cr0
        mov [CONTROL], eax
        mov eax, cr2
        mov [CONTROL + 4], eax
        mov eax, cr3
        mov [CONTROL + 8], eax
        mov eax, cr4
        mov [CONTROL + 0Ch], eax
        mov eax, dr0
        mov [DEBUG], eax
        mov eax, dr1
        mov [DEBUG + 4], eax
        mov eax, dr2
        mov [DEBUG + 8], eax
        mov eax, dr3
        mov [DEBUG + 0Ch], eax
        mov eax, dr6
        mov [DEBUG + 10h], eax
        mov eax, dr7
        mov [DEBUG + 14h], eax
        o32 sgdt [GDTR]
        o32 sidt [IDTR]
        o32 fnstenv [X87]
        rdtsc
        mov [TSC], eax
        mov [TSC + 4], edx

        mov si, MSRS
        mov di, MSRAT
.msr:   mov ecx, [si]
        jecxz .msrs
        rdmsr
        mov [di], eax
        mov [di + 4], edx
        add si, 4
        add di, 8
        jmp .msr
.msrs:
        mov eax, cr4
        or eax, 600h                            ; OSFXSR, OSXMMEXCPT
        mov cr4, eax
        stmxcsr [MXCSR]
        movups [XMM], xmm0
        movups [XMM + 10h], xmm7
        cmp dword [HASXCR0], 0
        je .noxcr0
        mov eax, cr4
        or eax, 40000h                          ; OSXSAVE
        mov cr4, eax
        xor ecx, ecx
        xgetbv
        mov [XCR0], eax
        mov [XCR0 + 4], edx
.noxcr0:
        ; The segments' limits: the first byte beyond. An exception's vector is written where BP points.
%macro beyond 2
        mov bp, BEYOND + %2
        mov bx, .after%2 - image
        a32 mov al, [%1:dword 10000h]
.after%2:
%endmacro
        beyond cs, 0
        beyond ds, 1
        beyond es, 2
        beyond fs, 3
        beyond gs, 4
        beyond ss, 5

        ; Protected mode, for the local APIC's page and for what only it shows.
        o32 lgdt [cs:gdtr - image]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        o32 sldt eax
        movzx eax, ax
        mov [LDTR], eax
        o32 str eax
        movzx eax, ax
        mov [TASK], eax
        mov ax, 8
        mov ds, ax
        mov si, APICS
        mov di, APICAT
.apic:  mov ebx, [si]
        test ebx, ebx
        jz .apics
        mov eax, [ebx]
        mov [di], eax
        add si, 4
        add di, 4
        jmp .apic
.apics:
        ; Everything is spoilt.
        fninit
        ldmxcsr [cs:mxcsr - image]
        movups xmm0, [cs:pattern - image]
        movups xmm7, [cs:pattern - image]
        cmp dword [HASXCR0], 0
        je .spoilt
        xor ecx, ecx
        xor edx, edx
        mov eax, 3
        xsetbv
.spoilt:
        mov ax, 8
        mov ss, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov si, spoilers - image
        mov cx, (spoilers_end - spoilers) / 12
.write: push cx
        mov ecx, [cs:si]
        mov eax, [cs:si + 4]
        mov edx, [cs:si + 8]
        wrmsr
        add si, 12
        pop cx
        loop .write
        mov eax, 12345678h
        mov dr0, eax
        mov dr3, eax
        mov cr2, eax
        mov eax, 12345000h
        mov cr3, eax
        mov eax, 701h
        mov dr7, eax
        mov dword [dword 0FEE00080h], 20h             ; TPR
        mov dword [dword 0FEE000D0h], 2000000h        ; LDR
        mov dword [dword 0FEE000F0h], 1F0h            ; spurious vector
        mov dword [dword 0FEE00320h], 41h             ; timer
        mov dword [dword 0FEE00360h], 400h            ; LINT1
        mov dword [dword 0FEE003E0h], 0Bh
        o32 lidt [cs:idtr - image]
        mov eax, cr0
        and eax, 9FFFFFFFh                      ; caches on
        or eax, 50026h                          ; AM, WP, NE, EM, MP
        mov cr0, eax
        mov edx, 0A5A5A5A5h
        mov ebx, edx
        mov ebp, edx
        mov edi, edx
        mov dword [DONE], 1
        std
.stop:  hlt
        jmp .stop

stack_fault:
        mov byte [bp], 12
        jmp faulted
protection:
        mov byte [bp], 13
faulted:
        add sp, 6                               ; FLAGS, CS, IP: BX says where to go on
        jmp bx

align 16
mxcsr:  dd 1FA0h
pattern: dq 0123456789ABCDEFh, 0FEDCBA9876543210h
gdt:    dq 0
        dq 00CF93000000FFFFh                    ; 08h data
gdtr:   dw 15
        dd at(gdt)
idtr:   dw 123h
        dd 456000h
spoilers:                                       ; number, low half, high half; startup.ts has the same
        dd 174h, 1234h, 0                       ; SYSENTER_CS
        dd 277h, 06060606h, 06060606h           ; PAT
        dd 0C0000080h, 1, 0                     ; EFER.SCE
        dd 0C0000081h, 0, 00231008h             ; STAR
        dd 0C0000082h, 8765000h, 0              ; LSTAR
        dd 0C0000084h, 4700h, 0                 ; SFMASK
        dd 0C0000100h, 1234000h, 0              ; FS.base
        dd 0C0000102h, 4321000h, 0              ; KernelGSBase
spoilers_end:
image_end:
