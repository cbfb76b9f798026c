// Package reqctx is what is known of the request that something is done for: its
// id, its client, the client's software and the trace it is part of. Package api
// fills it, once for each request; whoever is called with the request's context
// reads it, the domain and what writes logs among them.
//
//	r := reqctx.From(ctx)
//	entry := Entry{RequestID: r.ID, Client: r.ClientKey(), Agent: r.UserAgent()}
//
// It is a leaf: it imports the standard library, and of that no HTTP. It has
// nothing of a request that says who the caller is or what the request wants: no
// credentials, no header but two, no path. Those two are as the client sent them
// and come out of here cleaned and bounded, so that they may be written anywhere.
package reqctx

import (
	"context"
	"net/netip"
)

// mostAgent bounds what UserAgent returns, in bytes. A browser's has about half of it.
const mostAgent = 256

// Request is what is known of one request. The zero Request stands for what is
// done for none, such as a command of the operator's.
type Request struct {
	// ID is the answer's X-Request-Id: at most 64 letters, digits, dots, hyphens
	// and underscores.
	ID string
	// Client is who asks, without a zone, and IPv4 never written as IPv6; invalid
	// when unknown.
	Client netip.Addr

	// Both as they were sent. Nearly no request has anybody read them, so nothing
	// is copied or looked through before somebody does.
	agent, traceparent string
}

// New takes from header, whose names are in the form in which net/http keeps them,
// what this package knows of.
func New(id string, client netip.Addr, header map[string][]string) Request {
	r := Request{ID: id, Client: client}
	if sent := header["User-Agent"]; len(sent) > 0 {
		r.agent = sent[0]
	}
	// Of several nobody could tell which to believe.
	if sent := header["Traceparent"]; len(sent) == 1 {
		r.traceparent = sent[0]
	}
	return r
}

// ClientKey is what the client is counted under: its IPv4 address, or its IPv6
// network of 64 bits, which one customer has all of; "" when it is unknown.
func (r Request) ClientKey() string {
	if !r.Client.IsValid() {
		return ""
	}
	if r.Client.Is6() {
		network, err := r.Client.Prefix(64)
		if err != nil { // Only for a count of bits that no IPv6 address has.
			return r.Client.String()
		}
		return network.String()
	}
	return r.Client.String()
}

// UserAgent is what the client says of its software (RFC 9110, section 10.1.5):
// printable ASCII, which is all that may be meant by it, with "?" for each other
// byte, and at most 256 bytes, the last three of them dots where more was sent.
// It is "" where nothing was sent, and never to be trusted.
func (r Request) UserAgent() string {
	agent, more := r.agent, ""
	if len(agent) > mostAgent {
		more = "..."
		agent = agent[:mostAgent-len(more)]
	}
	clean := []byte(agent)
	for i, c := range clean {
		if c < ' ' || c > '~' {
			clean[i] = '?'
		}
	}
	return string(clean) + more
}

// With returns a context within a request. r must not change any more.
func With(ctx context.Context, r *Request) context.Context { return &Context{ctx, r} }

type contextKey struct{}

// Context is a context within a request. It is one piece of memory, and may be a
// part of a bigger one: every request needs it.
type Context struct {
	context.Context
	// Request must not change any more.
	Request *Request
}

// Value implements context.Context.
func (c *Context) Value(key any) any {
	if key == (contextKey{}) {
		return c.Request
	}
	return c.Context.Value(key)
}

// From returns the request that ctx belongs to, the zero Request outside one.
func From(ctx context.Context) Request {
	if r, ok := ctx.Value(contextKey{}).(*Request); ok && r != nil {
		return *r
	}
	return Request{}
}
