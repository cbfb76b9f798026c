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
