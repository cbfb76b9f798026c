// Package keys holds the keys that tokens are signed and verified with. It is a
// leaf: it imports nothing of ours, makes no signature and reads no token; what it
// answers is which key, and whether it is still one.
//
//	ring, err := keys.Single(secret) // one secret, shared with a Flask application
//	...
//	set := ring.Current()            // once for each token
//	set.Signer()                     // signs a new one
//	set.Candidates(kid)              // may have signed this one
//
// # What a key is
//
// A [Key] has an id, a secret, and one [Algorithm], which a token's header may
// confirm but never choose (RFC 8725 section 3.1). Its id is given and never made
// from the secret: a hash of a short secret, published in each token, is a secret
// that can be guessed (RFC 7638 section 7). A key is either named, and then each
// token it signs carries its id as kid (RFC 7515 section 4.1.4), or it is unnamed:
// Flask-JWT writes no kid and knows none, so the secret that is shared with it has
// to do without. A secret leaves this package by [Key.Material] alone; printed,
// logged or encoded, a Key shows its id and its algorithm.
//
// # The life of a key
//
//	made
//	  │  Replace(old, new)     every server knows it
//	  ▼
//	added ─────────────────── verifies
//	  │  Replace(new, old)     its first token
//	  ▼
//	signs ─────────────────── signs and verifies
//	  │  Replace(next, new)    its last token
//	  ▼
//	only verifies ─────────── verifies
//	  │  Replace(next)         its last token is over
//	  ▼
//	left ──────────────────── neither, and nothing it verified counts
//
// A key verifies before it signs, so that where several servers share the keys each
// of them knows it by the time its first token comes. It goes on verifying until the
// last of its tokens is over; to take it out sooner ends them all. A token whose key
// has left is refused from the moment that [Ring.Replace] returns: what was
// remembered of it holds for one [Set.Edition] alone.
//
// # What else comes of a ring
//
// [Ring.Derive] makes keys for other purposes than tokens from the ring's root, which
// Replace leaves alone: what is kept under such a key outlives every key that signs.
//
// # What this package does not do
//
// It stores no keys and tells no time: who calls Replace, and when, is for whoever
// holds the keys. It does not judge how strong a secret is, but knows what RFC 7518
// wants ([Algorithm.MinSecretBytes]): a secret that comes from Flask may be short, and
// the command has a word on that.
package keys
