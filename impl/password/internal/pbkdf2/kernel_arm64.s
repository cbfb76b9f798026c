//go:build !purego

#include "textflag.h"

// PBKDF2-HMAC-SHA256's inner loop on the SHA2 instructions of ARMv8 (Arm ARM,
// SHA256H, SHA256H2, SHA256SU0, SHA256SU1), for one to four lanes at once.
// Four lanes fit the thirty-two registers. As on amd64, every step is written
// for one lane and laid out for all before the next, so that one lane's
// latency is filled with the others' work.
//
// A lane's registers: L points at its state (type lane), S0 holds the words
// ABCD and S1 EFGH, M0 to M3 the sixteen message words.
#define LANE_A(STEP) STEP(R0, V0, V1, V8,  V9,  V10, V11)
#define LANE_B(STEP) STEP(R1, V2, V3, V12, V13, V14, V15)
#define LANE_C(STEP) STEP(R2, V4, V5, V16, V17, V18, V19)
#define LANE_D(STEP) STEP(R3, V6, V7, V20, V21, V22, V23)

#define ONE(STEP)   LANE_A(STEP)
#define TWO(STEP)   ONE(STEP); LANE_B(STEP)
#define THREE(STEP) TWO(STEP); LANE_C(STEP)
#define FOUR(STEP)  THREE(STEP); LANE_D(STEP)

// Shared: scratch, the round constants of four rounds, and the message's fixed
// second half. R8 walks through the constants, R9 is an address.
#define WK V24
#define OLD V25
#define CONSTANTS V26
#define PADDING2 V27
#define PADDING3 V28
#define T V29
#define U V30

// Offsets in type lane.
#define INNER $0
#define OUTER $32
#define SUM $64
#define WORDS $96

// ROUNDS runs four rounds on message words M; EXTEND replaces M0 by the words
// sixteen further on.
#define ROUNDS(S0, S1, M) \
	VADD     CONSTANTS.S4, M.S4, WK.S4; \
	VMOV     S0.B16, OLD.B16;           \
	SHA256H  WK.S4, S1, S0;             \
	SHA256H2 WK.S4, OLD, S1

#define EXTEND(M0, M1, M2, M3) \
	SHA256SU0 M1.S4, M0.S4; \
	SHA256SU1 M3.S4, M2.S4, M0.S4

// BEGIN: the digest in M0 and M1 is the message; state is INNER or OUTER.
#define BEGIN(L, S0, S1, M2, M3, state) \
	ADD  state, L, R9;           \
	VLD1 (R9), [S0.S4, S1.S4];   \
	VMOV PADDING2.B16, M2.B16;   \
	VMOV PADDING3.B16, M3.B16

#define BEGIN_INNER(L, S0, S1, M0, M1, M2, M3) BEGIN(L, S0, S1, M2, M3, INNER)
#define BEGIN_OUTER(L, S0, S1, M0, M1, M2, M3) BEGIN(L, S0, S1, M2, M3, OUTER)

#define GIVEN0(L, S0, S1, M0, M1, M2, M3) ROUNDS(S0, S1, M0)
#define GIVEN1(L, S0, S1, M0, M1, M2, M3) ROUNDS(S0, S1, M1)
#define GIVEN2(L, S0, S1, M0, M1, M2, M3) ROUNDS(S0, S1, M2)
#define GIVEN3(L, S0, S1, M0, M1, M2, M3) ROUNDS(S0, S1, M3)

#define MADE0(L, S0, S1, M0, M1, M2, M3) EXTEND(M0, M1, M2, M3); ROUNDS(S0, S1, M0)
#define MADE1(L, S0, S1, M0, M1, M2, M3) EXTEND(M1, M2, M3, M0); ROUNDS(S0, S1, M1)
#define MADE2(L, S0, S1, M0, M1, M2, M3) EXTEND(M2, M3, M0, M1); ROUNDS(S0, S1, M2)
#define MADE3(L, S0, S1, M0, M1, M2, M3) EXTEND(M3, M0, M1, M2); ROUNDS(S0, S1, M3)

// END leaves the digest in M0 and M1, where the next message's first half goes.
#define END(L, S0, S1, M0, M1, state) \
	ADD  state, L, R9;          \
	VLD1 (R9), [T.S4, U.S4];    \
	VADD T.S4, S0.S4, M0.S4;    \
	VADD U.S4, S1.S4, M1.S4

#define END_INNER(L, S0, S1, M0, M1, M2, M3) END(L, S0, S1, M0, M1, INNER)
#define END_OUTER(L, S0, S1, M0, M1, M2, M3) END(L, S0, S1, M0, M1, OUTER)

// XOR adds the digest to the lane's sum, as PBKDF2 does once an iteration.
#define XOR(L, S0, S1, M0, M1, M2, M3) \
	ADD  SUM, L, R9;            \
	VLD1 (R9), [T.B16, U.B16];  \
	VEOR M0.B16, T.B16, T.B16;  \
	VEOR M1.B16, U.B16, U.B16;  \
	VST1 [T.B16, U.B16], (R9)

// FOURFOLD is sixteen rounds in each of the lanes.
#define NEXT VLD1.P 16(R8), [CONSTANTS.S4]
#define FOURFOLD(EACH, Q0, Q1, Q2, Q3) \
	NEXT; \
	EACH(Q0); \
	NEXT; \
	EACH(Q1); \
	NEXT; \
	EACH(Q2); \
	NEXT; \
	EACH(Q3)

// COMPRESS is one SHA-256 compression in each of the lanes.
#define COMPRESS(EACH, FIRST, LAST) \
	MOVD $·k(SB), R8; \
	EACH(FIRST); \
	FOURFOLD(EACH, GIVEN0, GIVEN1, GIVEN2, GIVEN3); \
	FOURFOLD(EACH, MADE0, MADE1, MADE2, MADE3); \
	FOURFOLD(EACH, MADE0, MADE1, MADE2, MADE3); \
	FOURFOLD(EACH, MADE0, MADE1, MADE2, MADE3); \
	EACH(LAST)

#define LOAD(L, S0, S1, M0, M1, M2, M3) \
	ADD  WORDS, L, R9; \
	VLD1 (R9), [M0.S4, M1.S4]

#define SAVE(L, S0, S1, M0, M1, M2, M3) \
	ADD  WORDS, L, R9; \
	VST1 [M0.S4, M1.S4], (R9)

#define ITERATE(EACH) \
	MOVD $·padding(SB), R9;                    \
	VLD1 (R9), [PADDING2.S4, PADDING3.S4];      \
	EACH(LOAD);                                 \
loop:                                           \
	COMPRESS(EACH, BEGIN_INNER, END_INNER);     \
	COMPRESS(EACH, BEGIN_OUTER, END_OUTER);     \
	EACH(XOR);                                  \
	SUBS $1, R4;                                \
	BNE  loop;                                  \
	EACH(SAVE);                                 \
	RET

// func iterate1(a *lane, n int)
TEXT ·iterate1(SB), NOSPLIT, $0-16
	MOVD a+0(FP), R0
	MOVD n+8(FP), R4
	ITERATE(ONE)

// func iterate2(a, b *lane, n int)
TEXT ·iterate2(SB), NOSPLIT, $0-24
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD n+16(FP), R4
	ITERATE(TWO)

// func iterate3(a, b, c *lane, n int)
TEXT ·iterate3(SB), NOSPLIT, $0-32
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD c+16(FP), R2
	MOVD n+24(FP), R4
	ITERATE(THREE)

// func iterate4(a, b, c, d *lane, n int)
TEXT ·iterate4(SB), NOSPLIT, $0-40
	MOVD a+0(FP), R0
	MOVD b+8(FP), R1
	MOVD c+16(FP), R2
	MOVD d+24(FP), R3
	MOVD n+32(FP), R4
	ITERATE(FOUR)
