// What the loops for one lane and for several share.

// Offsets in type lane. SLOT(i) is where message quad i (words 4i to 4i+3) goes.
#define INNER 0
#define OUTER 32
#define SUM 64
#define SLOT(i) (96+(((i)&3)*16))

// Scratch: WK is the operand that SHA256RNDS2 takes without saying so.
#define WK X0
#define T X13
#define U X14
#define V X15

// ROUNDS runs four rounds on the words and constants added up in WK.
#define ROUNDS(S0, S1) \
	SHA256RNDS2 WK, S0, S1;    \
	PSHUFD      $0x0E, WK, WK; \
	SHA256RNDS2 WK, S1, S0

// DIGEST adds the state that compression started from and turns ABEF, CDGH into
// the digest's order: words A to D in N, E to H in M.
#define DIGEST(P, S0, S1, N, M, state) \
	MOVOU   (state+0)(P), T;  \
	PADDD   T, S0;            \
	MOVOU   (state+16)(P), T; \
	PADDD   T, S1;            \
	PSHUFD  $0x1B, S0, N;     \
	PSHUFD  $0xB1, S1, M;     \
	MOVO    N, T;             \
	PBLENDW $0xF0, M, N;      \
	PALIGNR $8, T, M
