// Package httpconn is how the server's connections are listened for, bounded and
// closed.
//
// It promises that a connection costs no handler anything before its header is
// whole and within the limits, that every deadline of net/http's is kept within two
// ticks of a quarter of a second, that a handler learns when its client has gone,
// that an answer which comes before the whole request was read arrives
// (docs/decisions/0009 and 0014), and that nobody takes all connections or memory from
// others (docs/decisions/0021). All of that holds over TLS, and for HTTP/2 with bounds of
// its own (docs/decisions/0028). It knows nothing of what is served: no path, no
// contract, no setting.
//
// # Who gives way
//
// A connection waits for a request or is busy with one:
//
//	       ┌──────────── answered ────────────┐
//	       ▼                                  │
//	accepted, waits ── header is whole ──▶ is busy ── closed ──▶ lingers, waits
//	       └──────────── gives way ───────────┴──────────────────────┘
//	                         ▼
//	                       gone
//
// One whose header has begun and not ended waits, as does one whose handshake has not; one
// of HTTP/2 is busy while it has a request. Where there are Bounds.Connections
// and another comes, that is counted with the others, and one is closed:
//
//  1. of the address that has most. An address is one of IPv4, or a network of 64 bits of
//     IPv6. Up to 8 connections weigh the same, or a sixteenth of all where that is
//     less. Of equal ones it is one that has a connection that waits; of these, the one
//     whose number of connections has been what it is for longest. The addresses of
//     Bounds.Proxies come after all others, and among themselves by the same rule.
//  2. of its connections, the one that has waited for longest, to a tick; where none
//     waits, the one that has been busy for longest.
//
// So a newcomer of an address whose connections are all busy gives way itself if that
// address has most.
//
// A header that comes in one piece, which 4 KiB are, takes no more than the buffer of its
// connection. All others are counted from their second piece to the answer. When
// together they take more than Bounds.HeaderMemory, the largest is closed of the address
// whose headers take most; proxies come last here too.
package httpconn
