//go:build !purego

#include "textflag.h"
#include "kernel_amd64.h"

// The loop of kernel_amd64.s for one lane alone. That is bound by its chain of
// SHA256RNDS2, which SHA256MSG2 holds up where both are ready. So it has its own
// loop, all in registers, that makes each quad between the two SHA256RNDS2 of the one
// before, while the unit has nothing else to do: 9 % less time (EPYC with AVX-512).
// R8 points at the lane.
#define S0 X1
#define S1 X2
#define Q0 X3
#define Q1 X4
#define Q2 X5
#define Q3 X6
#define H0 X9 // the digest, which is the next message
#define H1 X10
#define SUM0 X11
#define SUM1 X12

// LONE consumes quad i in A, and between makes quad i+1 in D from B, quad i-1, and
// D, sha256msg1 of quads i-3 and i-2. It leaves that of quads i-1 and i in B.
#define LONE(A, B, D, i) \
	MOVO        ·k+((i)*16)(SB), WK; \
	PADDD       A, WK;                \
	SHA256RNDS2 WK, S0, S1;           \
	MOVO        A, T;                 \
	PALIGNR     $4, B, T;             \
	PADDD       T, D;                 \
	SHA256MSG2  A, D;                 \
	PSHUFD      $0x0E, WK, WK;        \
	SHA256RNDS2 WK, S1, S0;           \
	SHA256MSG1  A, B

// LONE0 consumes quads 0 to 3, the digest and the padding, and makes quad 4. Words 9
// to 12 are zero, so that needs no PALIGNR; sha256msg1 of quads 2 and 3 is quad 2.
#define LONE0(state) \
	MOVOU       (state+0)(R8), S0;    \
	MOVOU       (state+16)(R8), S1;   \
	MOVO        ·k+0(SB), WK;        \
	PADDD       H0, WK;               \
	ROUNDS(S0, S1);                   \
	MOVO        ·k+16(SB), WK;       \
	PADDD       H1, WK;               \
	ROUNDS(S0, S1);                   \
	MOVO        H0, Q0;               \
	SHA256MSG1  H1, Q0;               \
	MOVO        H1, Q1;               \
	MOVO        ·padding+0(SB), Q2;  \
	MOVO        ·padding+16(SB), Q3; \
	SHA256MSG1  Q2, Q1;               \
	MOVO        ·padded+0(SB), WK;   \
	ROUNDS(S0, S1);                   \
	MOVO        ·padded+16(SB), WK;  \
	SHA256RNDS2 WK, S0, S1;           \
	SHA256MSG2  Q3, Q0;               \
	PSHUFD      $0x0E, WK, WK;        \
	SHA256RNDS2 WK, S1, S0

// LONE15 consumes quad 15, and leaves the digest in H0 and H1.
#define LONE15(state) \
	MOVO  ·k+240(SB), WK; \
	PADDD Q3, WK;          \
	ROUNDS(S0, S1);        \
	DIGEST(R8, S0, S1, H0, H1, state)

#define LONE_COMPRESS(state) \
	LONE0(state);         \
	LONE(Q0, Q3, Q1, 4);  \
	LONE(Q1, Q0, Q2, 5);  \
	LONE(Q2, Q1, Q3, 6);  \
	LONE(Q3, Q2, Q0, 7);  \
	LONE(Q0, Q3, Q1, 8);  \
	LONE(Q1, Q0, Q2, 9);  \
	LONE(Q2, Q1, Q3, 10); \
	LONE(Q3, Q2, Q0, 11); \
	LONE(Q0, Q3, Q1, 12); \
	LONE(Q1, Q0, Q2, 13); \
	LONE(Q2, Q1, Q3, 14); \
	LONE15(state)

// func iterate1(a *lane, n int)
TEXT ·iterate1(SB), NOSPLIT, $0-16
	MOVQ  a+0(FP), R8
	MOVQ  n+8(FP), CX
	MOVOU SLOT(0)(R8), H0
	MOVOU SLOT(1)(R8), H1
	MOVOU (SUM+0)(R8), SUM0
	MOVOU (SUM+16)(R8), SUM1
lone:
	LONE_COMPRESS(INNER)
	LONE_COMPRESS(OUTER)
	PXOR  H0, SUM0
	PXOR  H1, SUM1
	DECQ  CX
	JNZ   lone
	MOVOU H0, SLOT(0)(R8)
	MOVOU H1, SLOT(1)(R8)
	MOVOU SUM0, (SUM+0)(R8)
	MOVOU SUM1, (SUM+16)(R8)
	RET
