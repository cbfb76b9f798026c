package token

// algorithm is the only one accepted: HMAC with SHA-256 (RFC 7518 section 3.2).
const algorithm = "HS256"

// Verify checks a compact token and returns what it says. The error is always
// an [*Error]; the Claims are then empty.
//
// A token holds while exp >= now - leeway, iat <= now + leeway and nbf <= now +
// leeway, all in whole seconds with now rounded down, as PyJWT 1.4.2 compares.
//
// A token that passed before is known again by its digest; only its times are
// then judged anew.
func (s *Service) Verify(token string) (Claims, error) {
	if len(token) > maxCompact {
		return Claims{}, refuse(ReasonMalformed, descTooLong)
	}
	key := digestOf(token)
	if claims, ok := s.seen.find(key, s.now().Unix(), s.leeway); ok {
		return claims, nil
	}
	claims, refusal := s.verify(token)
	if refusal != nil {
		return Claims{}, refusal
	}
	s.seen.add(key, claims)
	return claims, nil
}

// verify is Verify in PyJWT's order: the three segments, alg, the signature,
// and only then the payload's content.
func (s *Service) verify(token string) (Claims, *Error) {
	parts, err := split(token)
	if err != nil {
		return Claims{}, err
	}
	payload, err := s.authenticate(parts)
	if err != nil {
		return Claims{}, err
	}
	p, err := parsePayload(payload)
	if err != nil {
		return Claims{}, err
	}
	if err := p.check(s.now().Unix(), s.leeway, s.issuer); err != nil {
		return Claims{}, err
	}
	return p.claims(), nil
}

// authenticate returns the decoded payload once the signature over it is
// proven to be this secret's.
func (s *Service) authenticate(parts compact) ([]byte, *Error) {
	// Nearly every token has the one header that PyJWT and this package write.
	// Its bytes are known to be good, so they need no second look.
	known := parts.header == headerSegment
	var h header
	if !known {
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
	if !known {
		if err := h.check(); err != nil {
			return nil, err
		}
	}
	// The method is fixed in New and never taken from the header, so no header
	// can turn the secret into another kind of key. The comparison inside
	// takes the same time wherever the bytes differ.
	if err := s.method.Verify(parts.signed, signature, s.secret); err != nil {
		return nil, refuse(ReasonSignature, descSignature)
	}
	return payload, nil
}
