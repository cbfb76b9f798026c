//go:build !purego

#include "textflag.h"

// PBKDF2-HMAC-SHA256's inner loop for sixteen lanes with AVX-512: a register
// holds the same word of all of them, so FIPS 180-4's formulas stand here as
// they are in the standard. VPRORD rotates, VPTERNLOGD does any function of
// three bits; port pressure, not latency, is the limit.

// State, message and scratch.
#define A Z0
#define B Z1
#define C Z2
#define D Z3
#define E Z4
#define F Z5
#define G Z6
#define H Z7
#define W0 Z8
#define W1 Z9
#define W2 Z10
#define W3 Z11
#define W4 Z12
#define W5 Z13
#define W6 Z14
#define W7 Z15
#define W8 Z16
#define W9 Z17
#define W10 Z18
#define W11 Z19
#define W12 Z20
#define W13 Z21
#define W14 Z22
#define W15 Z23
#define T Z24
#define U Z25
#define V Z26

// Rows of type wide: eight words of sixteen lanes make 512 bytes.
#define OUTER 512
#define SUM 1024
#define WORDS 1536

// Truth tables of VPTERNLOGD.
#define XOR3 $0x96
#define CHOOSE $0xCA
#define MAJORITY $0xE8

// BIG adds Σ(x), of three rotations, to y; SMALL adds σ(x), the last a shift.
#define BIG(x, r1, r2, r3, y) \
	VPRORD     $r1, x, T;   \
	VPRORD     $r2, x, U;   \
	VPRORD     $r3, x, V;   \
	VPTERNLOGD XOR3, U, V, T; \
	VPADDD     T, y, y

#define SMALL(x, r1, r2, r3, y) \
	VPRORD     $r1, x, T;   \
	VPRORD     $r2, x, U;   \
	VPSRLD     $r3, x, V;   \
	VPTERNLOGD XOR3, U, V, T; \
	VPADDD     T, y, y

#define SIGMA0(x, y) SMALL(x, 7, 18, 3, y)
#define SIGMA1(x, y) SMALL(x, 17, 19, 10, y)

// MIX is a round (FIPS 180-4 §6.2.2) once h has the word and its constant.
// Afterwards d is the next e and h the next a.
#define MIX(a, b, c, d, e, f, g, h) \
	BIG(e, 6, 11, 25, h);           \
	VMOVDQA32  e, T;                \
	VPTERNLOGD CHOOSE, g, f, T;     \
	VPADDD     T, h, h;             \
	VPADDD     h, d, d;             \
	BIG(a, 2, 13, 22, h);           \
	VMOVDQA32  a, T;                \
	VPTERNLOGD MAJORITY, c, b, T;   \
	VPADDD     T, h, h

#define ROUND(a, b, c, d, e, f, g, h, w, i) \
	VPADDD.BCST ·k+((i)*4)(SB), w, T; \
	VPADDD      T, h, h;               \
	MIX(a, b, c, d, e, f, g, h)

// FIXED is round i of 8 to 15, whose words never change.
#define FIXED(a, b, c, d, e, f, g, h, i) \
	VPADDD.BCST ·padded+((i-8)*4)(SB), h, h; \
	MIX(a, b, c, d, e, f, g, h)

// EXTEND makes word i out of word i-16, in place.
#define EXTEND(w, w1, w9, w14) \
	SIGMA0(w1, w);       \
	SIGMA1(w14, w);      \
	VPADDD w9, w, w

#define EIGHT(i, a0, a1, a2, a3, a4, a5, a6, a7) \
	ROUND(A, B, C, D, E, F, G, H, a0, i);   \
	ROUND(H, A, B, C, D, E, F, G, a1, i+1); \
	ROUND(G, H, A, B, C, D, E, F, a2, i+2); \
	ROUND(F, G, H, A, B, C, D, E, a3, i+3); \
	ROUND(E, F, G, H, A, B, C, D, a4, i+4); \
	ROUND(D, E, F, G, H, A, B, C, a5, i+5); \
	ROUND(C, D, E, F, G, H, A, B, a6, i+6); \
	ROUND(B, C, D, E, F, G, H, A, a7, i+7)

#define SIXTEEN(i) \
	EXTEND(W0, W1, W9, W14);   \
	EXTEND(W1, W2, W10, W15);  \
	EXTEND(W2, W3, W11, W0);   \
	EXTEND(W3, W4, W12, W1);   \
	EXTEND(W4, W5, W13, W2);   \
	EXTEND(W5, W6, W14, W3);   \
	EXTEND(W6, W7, W15, W4);   \
	EXTEND(W7, W8, W0, W5);    \
	EIGHT(i, W0, W1, W2, W3, W4, W5, W6, W7); \
	EXTEND(W8, W9, W1, W6);    \
	EXTEND(W9, W10, W2, W7);   \
	EXTEND(W10, W11, W3, W8);  \
	EXTEND(W11, W12, W4, W9);  \
	EXTEND(W12, W13, W5, W10); \
	EXTEND(W13, W14, W6, W11); \
	EXTEND(W14, W15, W7, W12); \
	EXTEND(W15, W0, W8, W13);  \
	EIGHT(i+8, W8, W9, W10, W11, W12, W13, W14, W15)

#define XORSUM(i, w) \
	VPXORD    (SUM+i*64)(DI), w, T; \
	VMOVDQU32 T, (SUM+i*64)(DI)

// func iterate16(w *wide, n int)
TEXT ·iterate16(SB), NOSPLIT, $0-16
	MOVQ w+0(FP), DI
	MOVQ n+8(FP), CX
	LEAQ OUTER(DI), SI
	VMOVDQU32 (WORDS+0*64)(DI), W0
	VMOVDQU32 (WORDS+1*64)(DI), W1
	VMOVDQU32 (WORDS+2*64)(DI), W2
	VMOVDQU32 (WORDS+3*64)(DI), W3
	VMOVDQU32 (WORDS+4*64)(DI), W4
	VMOVDQU32 (WORDS+5*64)(DI), W5
	VMOVDQU32 (WORDS+6*64)(DI), W6
	VMOVDQU32 (WORDS+7*64)(DI), W7

iterate:
	MOVQ DI, R8 // inner first

compress:
	VMOVDQU32 (0*64)(R8), A
	VMOVDQU32 (1*64)(R8), B
	VMOVDQU32 (2*64)(R8), C
	VMOVDQU32 (3*64)(R8), D
	VMOVDQU32 (4*64)(R8), E
	VMOVDQU32 (5*64)(R8), F
	VMOVDQU32 (6*64)(R8), G
	VMOVDQU32 (7*64)(R8), H

	EIGHT(0, W0, W1, W2, W3, W4, W5, W6, W7)
	FIXED(A, B, C, D, E, F, G, H, 8)
	FIXED(H, A, B, C, D, E, F, G, 9)
	FIXED(G, H, A, B, C, D, E, F, 10)
	FIXED(F, G, H, A, B, C, D, E, 11)
	FIXED(E, F, G, H, A, B, C, D, 12)
	FIXED(D, E, F, G, H, A, B, C, 13)
	FIXED(C, D, E, F, G, H, A, B, 14)
	FIXED(B, C, D, E, F, G, H, A, 15)

	// Words 16 to 31: EXTEND with words 8 to 15 known.
	SIGMA0(W1, W0)
	SIGMA0(W2, W1)
	VPADDD.BCST ·sigmas+0(SB), W1, W1
	SIGMA0(W3, W2)
	SIGMA1(W0, W2)
	SIGMA0(W4, W3)
	SIGMA1(W1, W3)
	SIGMA0(W5, W4)
	SIGMA1(W2, W4)
	SIGMA0(W6, W5)
	SIGMA1(W3, W5)
	SIGMA0(W7, W6)
	SIGMA1(W4, W6)
	VPADDD.BCST ·padding+28(SB), W6, W6
	VPADDD.BCST ·sigmas+4(SB), W7, W7
	SIGMA1(W5, W7)
	VPADDD W0, W7, W7
	EIGHT(16, W0, W1, W2, W3, W4, W5, W6, W7)
	VPADDD.BCST ·padding+0(SB), W1, W8
	SIGMA1(W6, W8)
	VMOVDQA32 W2, W9
	SIGMA1(W7, W9)
	VMOVDQA32 W3, W10
	SIGMA1(W8, W10)
	VMOVDQA32 W4, W11
	SIGMA1(W9, W11)
	VMOVDQA32 W5, W12
	SIGMA1(W10, W12)
	VMOVDQA32 W6, W13
	SIGMA1(W11, W13)
	VPADDD.BCST ·sigmas+8(SB), W7, W14
	SIGMA1(W12, W14)
	VPADDD.BCST ·padding+28(SB), W8, W15
	SIGMA0(W0, W15)
	SIGMA1(W13, W15)
	EIGHT(24, W8, W9, W10, W11, W12, W13, W14, W15)

	SIXTEEN(32)
	SIXTEEN(48)

	VPADDD (0*64)(R8), A, W0
	VPADDD (1*64)(R8), B, W1
	VPADDD (2*64)(R8), C, W2
	VPADDD (3*64)(R8), D, W3
	VPADDD (4*64)(R8), E, W4
	VPADDD (5*64)(R8), F, W5
	VPADDD (6*64)(R8), G, W6
	VPADDD (7*64)(R8), H, W7
	CMPQ R8, SI
	MOVQ SI, R8
	JNE  compress // the digest in W0 to W7 is outer's message

	XORSUM(0, W0)
	XORSUM(1, W1)
	XORSUM(2, W2)
	XORSUM(3, W3)
	XORSUM(4, W4)
	XORSUM(5, W5)
	XORSUM(6, W6)
	XORSUM(7, W7)
	DECQ CX
	JNZ  iterate

	VMOVDQU32 W0, (WORDS+0*64)(DI)
	VMOVDQU32 W1, (WORDS+1*64)(DI)
	VMOVDQU32 W2, (WORDS+2*64)(DI)
	VMOVDQU32 W3, (WORDS+3*64)(DI)
	VMOVDQU32 W4, (WORDS+4*64)(DI)
	VMOVDQU32 W5, (WORDS+5*64)(DI)
	VMOVDQU32 W6, (WORDS+6*64)(DI)
	VMOVDQU32 W7, (WORDS+7*64)(DI)
	VZEROUPPER
	RET
