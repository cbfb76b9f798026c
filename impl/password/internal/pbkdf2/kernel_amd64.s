//go:build !purego

#include "textflag.h"
#include "kernel_amd64.h"

// PBKDF2-HMAC-SHA256's inner loop on the x86 SHA extensions (Intel SDM vol. 2,
// SHA256RNDS2, SHA256MSG1, SHA256MSG2), for two to four lanes at once.
//
// A chain of SHA256RNDS2 takes 4 cycles a link, but the unit starts another
// every two or three: one lane alone leaves it idle. Every step below is
// therefore written for one lane and laid out for all of them before the next
// step; the CPU's own reordering does the rest.
//
// A lane's registers: P points at its state (type lane), S0 holds the words
// ABEF and S1 CDGH (highest first, as the instructions want them), N the
// newest four message words. The older twelve live in lane.words, a ring of
// four slots: sixteen XMM registers can't hold four lanes' messages.
#define LANE_A(STEP, i) STEP(R8,  X1, X2, X9,  i)
#define LANE_B(STEP, i) STEP(R9,  X3, X4, X10, i)
#define LANE_C(STEP, i) STEP(R10, X5, X6, X11, i)
#define LANE_D(STEP, i) STEP(R11, X7, X8, X12, i)

#define TWO(STEP, i)   LANE_A(STEP, i); LANE_B(STEP, i)
#define THREE(STEP, i) TWO(STEP, i); LANE_C(STEP, i)
#define FOUR(STEP, i)  THREE(STEP, i); LANE_D(STEP, i)

// BEGIN loads the state that compression starts from (state: INNER or OUTER).
#define BEGIN(P, S0, S1, N, state) \
	MOVOU (state+0)(P), S0;  \
	MOVOU (state+16)(P), S1

// QUAD0 and QUAD1 consume the eight words of the message: a 32-byte digest.
#define QUAD0(P, S0, S1, N, i) \
	MOVO  N, WK;                \
	PADDD ·k+0(SB), WK;        \
	ROUNDS(S0, S1)

#define QUAD1(P, S0, S1, N, i) \
	MOVOU SLOT(1)(P), WK;       \
	PADDD ·k+16(SB), WK;       \
	ROUNDS(S0, S1)

// CONST consumes quads 2 and 3, which never change: padding, and the length.
#define CONST(P, S0, S1, N, i) \
	MOVO ·padded+((i-2)*16)(SB), WK; \
	ROUNDS(S0, S1)

// EXTEND ends the making of quad i: T holds sha256msg1 of quads i-4 and i-3,
// U what PALIGNR made of quads i-2 and i-1. Then it consumes the quad.
#define EXTEND(P, S0, S1, N, i) \
	PADDD      U, T;              \
	SHA256MSG2 N, T;              \
	MOVO       T, N;              \
	CONSUME(P, S0, S1, N, i)

#define CONSUME(P, S0, S1, N, i) \
	MOVOU N, SLOT(i)(P);          \
	MOVO  ·k+((i)*16)(SB), WK;   \
	PADDD N, WK;                  \
	ROUNDS(S0, S1)

// QUAD4 to QUAD7 are QUAD with the padding's known words folded in.
// Words 9 to 12 are zero, so quad 4 needs no PALIGNR.
#define QUAD4(P, S0, S1, N, i) \
	MOVOU      SLOT(1)(P), T;          \
	SHA256MSG1 T, N;                   \
	SHA256MSG2 ·padding+16(SB), N;    \
	CONSUME(P, S0, S1, N, i)

#define QUAD5(P, S0, S1, N, i) \
	MOVOU      SLOT(1)(P), T;          \
	SHA256MSG1 ·padding+0(SB), T;     \
	MOVO       N, U;                   \
	PALIGNR    $4, ·padding+16(SB), U; \
	EXTEND(P, S0, S1, N, i)

// sha256msg1 of quads 2 and 3 is quad 2 itself.
#define QUAD6(P, S0, S1, N, i) \
	MOVO    ·padding+0(SB), T; \
	MOVOU   SLOT(4)(P), V;      \
	MOVO    N, U;               \
	PALIGNR $4, V, U;           \
	EXTEND(P, S0, S1, N, i)

#define QUAD7(P, S0, S1, N, i) \
	MOVO       ·padding+16(SB), T; \
	MOVOU      SLOT(4)(P), V;       \
	SHA256MSG1 V, T;                \
	MOVOU      SLOT(5)(P), V;       \
	MOVO       N, U;                \
	PALIGNR    $4, V, U;            \
	EXTEND(P, S0, S1, N, i)

// QUAD makes quad i (8 to 15) of the message schedule and consumes it.
#define QUAD(P, S0, S1, N, i) \
	MOVOU      SLOT(i)(P), T;     \
	MOVOU      SLOT(i+1)(P), V;   \
	SHA256MSG1 V, T;              \
	MOVOU      SLOT(i+2)(P), V;   \
	MOVO       N, U;              \
	PALIGNR    $4, V, U;          \
	EXTEND(P, S0, S1, N, i)

// END leaves the digest, which is the next message: QUAD1 reads its second half
// from slot 1.
#define END(P, S0, S1, N, state) \
	DIGEST(P, S0, S1, N, U, state); \
	MOVOU U, SLOT(1)(P)

// XOR adds the digest to the lane's sum, as PBKDF2 does once an iteration.
#define XOR(P, S0, S1, N, i) \
	MOVOU (SUM+0)(P), T;  \
	PXOR  N, T;           \
	MOVOU T, (SUM+0)(P);  \
	MOVOU (SUM+16)(P), T; \
	MOVOU SLOT(1)(P), U;  \
	PXOR  U, T;           \
	MOVOU T, (SUM+16)(P)

// COMPRESS is one SHA-256 compression in each of the lanes.
#define COMPRESS(EACH, state) \
	EACH(BEGIN, state); \
	EACH(QUAD0, 0);     \
	EACH(QUAD1, 1);     \
	EACH(CONST, 2);     \
	EACH(CONST, 3);     \
	EACH(QUAD4, 4);     \
	EACH(QUAD5, 5);     \
	EACH(QUAD6, 6);     \
	EACH(QUAD7, 7);     \
	EACH(QUAD, 8);      \
	EACH(QUAD, 9);      \
	EACH(QUAD, 10);     \
	EACH(QUAD, 11);     \
	EACH(QUAD, 12);     \
	EACH(QUAD, 13);     \
	EACH(QUAD, 14);     \
	EACH(QUAD, 15);     \
	EACH(END, state)

#define LOAD(P, S0, S1, N, i) MOVOU SLOT(0)(P), N
#define SAVE(P, S0, S1, N, i) MOVOU N, SLOT(0)(P)

#define ITERATE(EACH) \
	EACH(LOAD, 0);         \
loop:                      \
	COMPRESS(EACH, INNER); \
	COMPRESS(EACH, OUTER); \
	EACH(XOR, 0);          \
	DECQ CX;               \
	JNZ  loop;             \
	EACH(SAVE, 0);         \
	RET

// func iterate2(a, b *lane, n int)
TEXT ·iterate2(SB), NOSPLIT, $0-24
	MOVQ a+0(FP), R8
	MOVQ b+8(FP), R9
	MOVQ n+16(FP), CX
	ITERATE(TWO)

// func iterate3(a, b, c *lane, n int)
TEXT ·iterate3(SB), NOSPLIT, $0-32
	MOVQ a+0(FP), R8
	MOVQ b+8(FP), R9
	MOVQ c+16(FP), R10
	MOVQ n+24(FP), CX
	ITERATE(THREE)

// func iterate4(a, b, c, d *lane, n int)
TEXT ·iterate4(SB), NOSPLIT, $0-40
	MOVQ a+0(FP), R8
	MOVQ b+8(FP), R9
	MOVQ c+16(FP), R10
	MOVQ d+24(FP), R11
	MOVQ n+32(FP), CX
	ITERATE(FOUR)

// func hasSHA() bool
// Reports CPUID leaf 7's bit 29 of EBX (Intel SDM vol. 2, CPUID).
TEXT ·hasSHA(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	XORL AX, AX
	CPUID
	CMPL AX, $7
	JB   done
	MOVL $7, AX
	XORL CX, CX
	CPUID
	SHRL $29, BX
	ANDL $1, BX
	MOVB BX, ret+0(FP)
done:
	RET
