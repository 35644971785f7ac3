; Firmware: what a processor finds where it begins, FFFF_FFF0h, with nothing but its own image: its registers, its code segment's base, its
; ROM at the top of 4 GiB and the copy below 1 MiB, RAM and A20. It says what it found on COM1 and switches off. Intel SDM vol. 3, 10.1.4 and table 10-1.

SIZE    equ 20000h                              ; 128 KiB
HIGH    equ 0FFFE0000h                          ; where the image is
COM1    equ 3F8h
PM1A_CONTROL equ 604h
POWER_OFF equ 2000h | 5 << 10                   ; SLP_EN, SLP_TYP of S5
RECORD  equ 1000h                               ; EAX to EDI, EFLAGS, CS base's proof; in RAM

bits 16
org 0
%define low(label) (label - segment_start)      ; the last 64 KiB are segment F000h

        dd 12345678h                            ; what the image begins with
        times 10000h - ($ - $$) db 0FFh
segment_start:

; CS is F000h with a base of FFFF_0000h: an access through it says so, since the two places are told apart by `place`, which is
; written below 1 MiB only.
start:
        mov [RECORD], eax
        mov [RECORD + 4], ecx
        mov [RECORD + 8], edx
        mov [RECORD + 0Ch], ebx
        mov [RECORD + 10h], esp
        mov [RECORD + 14h], ebp
        mov [RECORD + 18h], esi
        mov [RECORD + 1Ch], edi
        mov esp, RECORD + 24h
        pushfd
        mov sp, RECORD
        mov ax, 0F000h
        mov ds, ax
        mov dword [low(place)], 4C4F574Ch       ; 'LWOL': the copy is RAM
        mov eax, [cs:low(place)]                ; by the base that CS has
        mov ecx, [low(place)]                   ; by F000h
        mov ds, [cs:low(zero)]
        mov [RECORD + 24h], eax
        mov [RECORD + 28h], ecx
        mov [RECORD + 2Ch], cs
        mov eax, cr0
        mov [RECORD + 30h], eax
        jmp 0F000h:low(.below)                  ; CS gets the base F_0000h
.below: mov eax, [cs:low(place)]
        mov [RECORD + 34h], eax

        ; Flat data by way of protected mode: what is above 1 MiB.
        o32 lgdt [cs:low(gdtr)]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        mov bx, 8
        mov ds, bx
        mov es, bx
        and al, 0FEh
        mov cr0, eax                            ; real mode with segments of 4 GiB
        mov eax, [dword HIGH]
        mov [dword RECORD + 38h], eax
        mov dword [dword HIGH], 0               ; is dropped
        inc word [dword HIGH + 2]
        mov edi, HIGH + 4
        mov ecx, 3
        mov eax, 0AAAAAAAAh
        a32 rep stosd
        mov eax, [dword HIGH]
        mov [dword RECORD + 3Ch], eax
        mov eax, [dword HIGH + 8]
        mov [dword RECORD + 40h], eax
        mov dword [dword 100000h], 55AA55AAh    ; A20: not the same as 0
        mov dword [dword 0], 0A5A5A5A5h
        mov eax, [dword 100000h]
        mov [dword RECORD + 44h], eax
        mov eax, [dword 0E0000h]                ; the image's begin, below 1 MiB
        mov [dword RECORD + 48h], eax
        mov eax, [dword HIGH - 4]               ; beyond the image
        mov [dword RECORD + 4Ch], eax
        xor ax, ax
        mov ds, ax
        mov es, ax

        ; COM1: 8N1; the divisor does not matter to a virtual wire.
        mov dx, COM1 + 3
        mov al, 3
        out dx, al
        mov si, low(names)
        mov di, RECORD
.line:  mov al, [cs:si]
        inc si
        cmp al, 0
        je .value
        cmp al, 1
        je .end
        call put
        jmp .line
.value: mov al, ' '
        call put
        mov eax, [di]
        add di, 4
        mov cx, 8
.digit: rol eax, 4
        push ax
        and al, 15
        add al, '0'
        cmp al, '9'
        jbe .decimal
        add al, 'A' - '9' - 1
.decimal:
        call put
        pop ax
        loop .digit
        mov al, 10
        call put
        jmp .line
.end:   mov dx, PM1A_CONTROL
        mov ax, POWER_OFF
        out dx, ax
        hlt

put:    push dx
        push ax
        mov dx, COM1 + 5
.wait:  in al, dx
        test al, 20h                            ; THRE
        jz .wait
        pop ax
        mov dx, COM1
        out dx, al
        pop dx
        ret

names:  db 'eax', 0, 'ecx', 0, 'edx', 0, 'ebx', 0, 'esp', 0, 'ebp', 0, 'esi', 0, 'edi', 0, 'eflags', 0
        db 'rom-by-cs', 0, 'copy-written', 0, 'cs', 0, 'cr0', 0, 'copy-by-cs', 0
        db 'rom', 0, 'rom-written', 0, 'rom-written-by-string', 0, 'above-1-mib', 0, 'copy', 0, 'below-rom', 0, 1
place:  dd 48474948h                            ; 'HIGH'
zero:   dw 0
align 8
gdt:    dq 0
        dq 008F93000000FFFFh                    ; 08h data, 4 GiB
gdtr:   dw 15
        dd 0FFFF0000h + low(gdt)

        times SIZE - 16 - ($ - $$) db 0FFh
reset:  jmp near start                          ; the first instruction: within CS, whose base it keeps
        times SIZE - ($ - $$) db 0FFh
