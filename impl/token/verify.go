package token

import "github.com/restauth/restauth/impl/keys"

// Verify checks a compact token and returns what it says. The error is an [*Error],
// or ErrUndecided; the Claims are then empty.
//
// A token holds while exp >= now - leeway, iat <= now + leeway and nbf <= now +
// leeway, all in whole seconds with now rounded down, as PyJWT 1.4.2 compares.
//
// A token that passed before is known again by its digest, while the keys are
// the same; only its times are then judged anew. What a Service remembers is its own,
// and its Config does not change: no token passes by other rules than those it passed by.
func (s *Service) Verify(compact string) (Claims, error) {
	if len(compact) > maxCompact {
		s.counts.refuse(ReasonMalformed)
		return Claims{}, refuse(ReasonMalformed, descTooLong)
	}
	digest := digestOf(compact)
	set := s.keys.Current() // once: what it verifies is remembered as its own
	if claims, ok := s.seen.find(digest, set.Edition(), s.now().Unix(), s.leeway); ok {
		s.counts.accept(digest, &claims, true)
		return claims, nil
	}
	claims, refusal := s.verify(compact, set)
	if refusal != nil && refusal.Reason == "" {
		return Claims{}, ErrUndecided
	}
	if refusal != nil {
		s.counts.refuse(refusal.Reason)
		return Claims{}, refusal
	}
	s.counts.accept(digest, &claims, false)
	s.seen.add(digest, passed{set.Edition(), claims})
	return claims, nil
}

// verify is Verify in PyJWT's order: the three segments, alg, the signature,
// and only then the payload's content.
func (s *Service) verify(compact string, set *keys.Set) (Claims, *Error) {
	parts, err := split(compact)
	if err != nil {
		return Claims{}, err
	}
	payload, err := authenticate(parts, set)
	if err != nil {
		return Claims{}, err
	}
	p, err := parsePayload(payload, s.accepted.names)
	if err != nil {
		return Claims{}, err
	}
	of, err := s.judge(&p)
	if err != nil {
		return Claims{}, err
	}
	return p.claims(of), nil
}

// authenticate returns the decoded payload once the signature over it is
// proven to be of a key of the set.
func authenticate(parts segments, set *keys.Set) ([]byte, *Error) {
	// Nearly every token has the one header that PyJWT and this package write for its
	// algorithm. Its bytes are known to be good, so they need no second look.
	alg, plain := algorithmOf(parts.header)
	var h header
	if !plain {
		var err *Error
		if h, err = parseHeader(parts.header); err != nil {
			return nil, err
		}
	}
	payload, ok := decode(parts.payload)
	if !ok {
		return nil, refuse(ReasonMalformed, descPayloadPadding)
	}
	signature, ok := decode(parts.signature)
	if !ok {
		return nil, refuse(ReasonMalformed, descCryptoPadding)
	}
	kid := ""
	switch {
	case !plain:
		if err := h.check(set); err != nil {
			return nil, err
		}
		alg, kid = keys.Algorithm(h.alg.value), h.kid.value
	case !set.Uses(alg):
		return nil, refuse(ReasonAlgorithm, descAlgorithm)
	}
	candidates := set.Candidates(kid)
	if len(candidates) == 0 {
		return nil, refuse(ReasonKey, descKey)
	}
	for i := range candidates {
		if proves(&candidates[i], alg, parts.signed, signature) {
			return payload, nil
		}
	}
	return nil, refuse(ReasonSignature, descSignature)
}

// proves reports whether the signature is this key's. The method is the key's and
// never the header's, so no header can turn a key into one of another kind; one
// that names another algorithm is not even tried. The comparison inside takes the
// same time wherever the bytes differ.
func proves(key *keys.Key, alg keys.Algorithm, signed string, signature []byte) bool {
	method := methodOf(key.Algorithm())
	return method != nil && key.Algorithm() == alg && method.Verify(signed, signature, key.Material()) == nil
}
