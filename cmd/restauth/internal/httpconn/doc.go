// Package httpconn is how the server's connections are listened for, bounded and
// closed.
//
// It promises that a connection costs no handler anything before its header is
// whole and within the limits, that every deadline of net/http's is kept within two
// ticks of a quarter of a second, that a handler learns when its client has gone,
// and that an answer which comes before the whole request was read arrives
// (docs/decisions/0006, 0009 and 0014). It knows nothing of what is served: no
// path, no contract, no setting.
package httpconn
