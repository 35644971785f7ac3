; Runs a piece of code outside long mode: in protected mode with whatever paging and at whatever privilege level, in virtual-8086 mode
; and in real mode, until an exception or INT 31h ends it. The code runs from a copy at BASE, which real mode can reach; legacy.ts
; fills the record that says what is wanted and reads what became of it. Intel SDM vol. 3, sections 9.8.5, 9.9 and 20.2.

%include "code.inc"

BASE    equ 60000h
STACK   equ BASE + 9000h                        ; of the way there and back
EFER    equ 0C0000080h
VECTORS equ 64

; The record: class Legacy of legacy.ts has the same order.
RECORD  equ BASE + 2000h
struc wanted
.cr0:    resd 1
.cr3:    resd 1
.cr4:    resd 1
.efer:   resd 1
.eip:    resd 1
.cs:     resd 1
.eflags: resd 1
.esp:    resd 1
.ss:     resd 1
.es:     resd 1
.ds:     resd 1
.fs:     resd 1
.gs:     resd 1
.edi:    resd 1
.esi:    resd 1
.ebp:    resd 1
.ebx:    resd 1
.edx:    resd 1
.ecx:    resd 1
.eax:    resd 1
.tr:     resd 1
.ldt:    resd 1
.real:   resd 1                                 ; 1 for real mode
.vector: resd 1                                 ; from here on what became of it
.error:  resd 1
.cr2:    resd 1
.reip:   resd 1
.rcs:    resd 1
.rflags: resd 1
.resp:   resd 1
.rss:    resd 1
.rds:    resd 1
.rcr0:   resd 1
.rtr:    resd 1
.redi:   resd 8                                 ; as PUSHAD leaves them
.idt:    resw 5                                 ; what LIDT takes
.gdtr:   resw 5                                 ; long mode's own, to go back to
.idtr:   resw 5
.task:   resw 1
.rsp:    resq 1
.lcr0:   resd 1
.lcr3:   resd 1
.lcr4:   resd 1
.lefer:  resd 1
endstruc

%define at(label) (BASE + (label) - image)
%define of(field) RECORD + wanted. %+ field
%define near16(field) 2000h + wanted. %+ field  ; where DS is 6000h

section .text
        global w2c_code_legacyImage, w2c_code_legacySize, w2c_code_legacyStubs, w2c_code_legacyRealStubs
w2c_code_legacyImage:
        mov rax, image
        ret
w2c_code_legacySize:
        mov eax, image_end - image
        ret
w2c_code_legacyStubs:                           ; the stub of vector n of protected mode is at this address + 16 n
        mov eax, at(stubs)
        ret
w2c_code_legacyRealStubs:                       ; that of real mode at this offset in segment 6000h + 8 n
        mov eax, real_stubs - image
        ret

code legacy                                     ; the image was copied and the record filled
        mov [of(rsp)], rsp
        mov rax, cr0
        mov [of(lcr0)], eax
        mov rax, cr3
        mov [of(lcr3)], eax
        mov rax, cr4
        mov [of(lcr4)], eax
        mov ecx, EFER
        rdmsr
        mov [of(lefer)], eax
        sgdt [of(gdtr)]
        sidt [of(idtr)]
        str [of(task)]
        push qword 18h
        push qword at(there)
        retfq

align 16
image:
bits 32
there:  mov eax, 10h
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov esp, STACK
        mov eax, cr0
        and eax, 7FFFFFFFh
        mov cr0, eax
        mov ecx, EFER
        mov eax, [of(efer)]
        xor edx, edx
        wrmsr
        mov eax, [of(cr4)]
        mov cr4, eax
        mov eax, [of(cr3)]
        mov cr3, eax
        lidt [of(idt)]
        cmp dword [of(real)], 0
        jne .real
        ltr [of(tr)]
        lldt [of(ldt)]
        mov eax, [of(cr0)]
        mov cr0, eax
        jmp .mode
.mode:  test dword [of(eflags)], 20000h         ; VM
        jz .other
        push dword [of(gs)]
        push dword [of(fs)]
        push dword [of(ds)]
        push dword [of(es)]
        push dword [of(ss)]
        push dword [of(esp)]
        call .load
        push dword [of(eflags)]
        push dword [of(cs)]
        push dword [of(eip)]
        iretd
.other: test dword [of(cs)], 3
        jz .inner
        push dword [of(ss)]
        push dword [of(esp)]
        jmp .segments
.inner: mov ss, [of(ss)]
        mov esp, [of(esp)]
.segments:
        push dword [of(eflags)]
        push dword [of(cs)]
        push dword [of(eip)]
        mov es, [of(es)]
        mov fs, [of(fs)]
        mov gs, [of(gs)]
        call .load
        mov ds, [of(ds)]
        iretd
.load:  mov eax, [of(eax)]
        mov ecx, [of(ecx)]
        mov edx, [of(edx)]
        mov ebx, [of(ebx)]
        mov ebp, [of(ebp)]
        mov esi, [of(esi)]
        mov edi, [of(edi)]
        ret
.real:  jmp 20h:(narrow - image)

bits 16
narrow: mov ax, 28h                             ; limits and attributes of real mode
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov eax, cr0
        and al, 0FEh
        mov cr0, eax
        jmp 6000h:(real - image)
real:   mov ax, 6000h
        mov ds, ax
        mov ss, [near16(ss)]
        mov esp, [near16(esp)]
        push word [near16(eflags)]
        push word [near16(cs)]
        push word [near16(eip)]
        mov es, [near16(es)]
        mov fs, [near16(fs)]
        mov gs, [near16(gs)]
        mov eax, [near16(eax)]
        mov ecx, [near16(ecx)]
        mov edx, [near16(edx)]
        mov ebx, [near16(ebx)]
        mov ebp, [near16(ebp)]
        mov esi, [near16(esi)]
        mov edi, [near16(edi)]
        mov ds, [near16(ds)]
        iret

align 8
real_stubs:
%assign number 0
%rep VECTORS
        align 8
        push word number
        jmp near real_end
        %assign number number + 1
%endrep

real_end:
        push ds
        push word 6000h
        pop ds
        pushad
        mov bp, sp
        mov cx, 8
        xor bx, bx
.copy:  mov eax, [bp]
        mov [bx + near16(redi)], eax
        add bp, 4
        add bx, 4
        loop .copy
        xor eax, eax
        mov [near16(error)], eax
        mov ax, [bp]
        mov [near16(rds)], eax
        mov ax, [bp + 2]
        mov [near16(vector)], eax
        mov ax, [bp + 4]
        mov [near16(reip)], eax
        mov ax, [bp + 6]
        mov [near16(rcs)], eax
        mov ax, [bp + 8]
        mov [near16(rflags)], eax
        lea ax, [bp + 10]
        mov [near16(resp)], eax
        mov ax, ss
        mov [near16(rss)], eax
        mov eax, cr0
        mov [near16(rcr0)], eax
        or al, 1
        mov cr0, eax
        jmp dword 18h:at(back)

bits 32
align 16
stubs:
%assign number 0
%rep VECTORS
        align 16
        %if number == 8 || (number >= 10 && number <= 14) || number == 17 || number == 21 || number == 29 || number == 30
        %else
        push dword 0
        %endif
        push dword number
        jmp near protected_end
        %assign number number + 1
%endrep

protected_end:
        pushad
        push ds
        mov eax, 10h
        mov ds, eax
        mov ebp, esp
        xor ebx, ebx
.copy:  mov eax, [ebp + ebx * 4 + 4]
        mov [of(redi) + ebx * 4], eax
        inc ebx
        cmp ebx, 8
        jb .copy
        movzx eax, word [ebp]
        mov [of(rds)], eax
        mov eax, [ebp + 36]
        mov [of(vector)], eax
        mov eax, [ebp + 40]
        mov [of(error)], eax
        mov eax, [ebp + 44]
        mov [of(reip)], eax
        mov ecx, [ebp + 48]
        mov [of(rcs)], ecx
        mov edx, [ebp + 52]
        mov [of(rflags)], edx
        lea eax, [ebp + 56]                     ; no stack was pushed where the privilege level stayed
        mov ebx, ss
        test edx, 20000h
        jnz .outer
        test ecx, 3
        jz .inner
.outer: mov eax, [ebp + 56]
        mov ebx, [ebp + 60]
.inner: mov [of(resp)], eax
        mov [of(rss)], ebx
        mov eax, cr2
        mov [of(cr2)], eax
        mov eax, cr0
        mov [of(rcr0)], eax
        xor eax, eax
        str ax
        mov [of(rtr)], eax

back:   mov eax, 10h
        mov ds, eax
        mov es, eax
        mov ss, eax
        mov esp, STACK
        mov ecx, [of(gdtr) + 2]                 ; long mode cannot be entered with a 16-bit TSS in TR
        mov eax, [of(tr)]
        mov dl, [ecx + eax + 5]
        and byte [ecx + eax + 5], ~2
        ltr ax
        mov [ecx + eax + 5], dl
        mov eax, cr0
        and eax, 7FFFFFFFh
        mov cr0, eax
        mov eax, [of(lcr4)]
        mov cr4, eax
        mov eax, [of(lcr3)]
        mov cr3, eax
        mov ecx, EFER
        mov eax, [of(lefer)]
        and eax, ~400h                          ; LMA follows
        xor edx, edx
        wrmsr
        mov eax, [of(lcr0)]
        mov cr0, eax
        jmp 08h:at(long_mode)

bits 64
long_mode:
        xor eax, eax
        mov fs, ax
        mov gs, ax
        lgdt [of(gdtr)]
        lidt [of(idtr)]
        mov rsp, [of(rsp)]
        lldt ax
        mov rcx, [of(gdtr) + 2]
        movzx eax, word [of(task)]
        and byte [rcx + rax + 5], ~2            ; LTR takes one that is not busy
        ltr ax
        ret
image_end:
