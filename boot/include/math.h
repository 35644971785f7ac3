#pragma once
/* wasm2c's output defines floating-point helpers that no module uses; -mgeneral-regs-only makes a use an error. */
#define isnan(x) __builtin_isnan(x)
#define signbit(x) __builtin_signbit(x)
#define NAN __builtin_nanf("")
double floor(double), ceil(double), trunc(double), nearbyint(double), fabs(double), sqrt(double);
float floorf(float), ceilf(float), truncf(float), nearbyintf(float), fabsf(float), sqrtf(float);
