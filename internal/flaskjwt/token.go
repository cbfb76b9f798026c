package flaskjwt

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Token describes a token to mint, right or wrong on purpose.
type Token struct {
	// Claims is an object, in which "now+300" is the Unix time 300 s from
	// now, or a string: the payload as it is.
	Claims json.RawMessage `json:"claims"`
	// Header is {"typ":"JWT","alg":"HS256"} when nil.
	Header json.RawMessage `json:"header"`
	// Sign is the algorithm that really signs; the header's when empty.
	Sign string `json:"sign"`
	// Key is [Secret] when nil.
	Key *string `json:"key"`
	// Edit replaces text in the compact token, pair by pair: what, by what.
	// Replacing "" appends.
	Edit [][2]string `json:"edit"`
	// Part keeps only so many of the dot-separated parts; 0 keeps all.
	Part int `json:"part"`
}

// defaultHeader is what Flask-JWT 0.3.2 writes (jwt_headers_handler).
const defaultHeader = `{"typ":"JWT","alg":"HS256"}`

// Compact mints the token as of now.
func (k Token) Compact(now time.Time) (string, error) {
	payload, err := k.payload(now)
	if err != nil {
		return "", err
	}
	header := k.header()
	input := encode(header) + "." + encode(payload)
	alg, err := k.algorithm()
	if err != nil {
		return "", err
	}
	signature, err := sign(alg, k.key(), input)
	if err != nil {
		return "", err
	}
	compact := input + "." + encode(signature)
	for _, e := range k.Edit {
		if e[0] == "" {
			compact += e[1]
		} else {
			compact = strings.ReplaceAll(compact, e[0], e[1])
		}
	}
	if k.Part > 0 {
		parts := strings.Split(compact, ".")
		compact = strings.Join(parts[:min(k.Part, len(parts))], ".")
	}
	return compact, nil
}

// validate mints once, since whether that works does not depend on the time.
func (k Token) validate() error {
	if k.Part < 0 {
		return fmt.Errorf("part is %d", k.Part)
	}
	_, err := k.Compact(time.Unix(0, 0))
	return err
}

func (k Token) header() []byte {
	if k.Header == nil {
		return []byte(defaultHeader)
	}
	return compactJSON(k.Header)
}

func (k Token) key() []byte {
	if k.Key == nil {
		return []byte(Secret)
	}
	return []byte(*k.Key)
}

func (k Token) algorithm() (string, error) {
	if k.Sign != "" {
		return k.Sign, nil
	}
	var header struct {
		Alg string `json:"alg"`
	}
	if err := json.Unmarshal(k.header(), &header); err != nil {
		return "", fmt.Errorf("header: %w", err)
	}
	return header.Alg, nil
}

// payload puts the times in. Only whole members of the top level that read
// now+N or now-N are times: claims hold no others.
func (k Token) payload(now time.Time) ([]byte, error) {
	if raw, ok := text(k.Claims); ok {
		return []byte(raw), nil
	}
	var claims map[string]json.RawMessage
	if err := json.Unmarshal(k.Claims, &claims); err != nil {
		return nil, fmt.Errorf("claims: %w", err)
	}
	if claims == nil {
		return nil, errors.New("no claims")
	}
	for name, value := range claims {
		if m := relative.FindSubmatch(value); m != nil {
			seconds, err := strconv.ParseInt(string(m[1]), 10, 64)
			if err != nil {
				return nil, fmt.Errorf("claim %s: %w", name, err)
			}
			claims[name] = strconv.AppendInt(nil, now.Unix()+seconds, 10)
		}
	}
	return json.Marshal(claims)
}

var relative = regexp.MustCompile(`^"now([+-]\d{1,9})"$`)

// sign is RFC 7518 section 3.2, and section 3.6 for "none".
func sign(alg string, key []byte, input string) ([]byte, error) {
	var newHash func() hash.Hash
	switch alg {
	case "none":
		return nil, nil
	case "HS256":
		newHash = sha256.New
	case "HS384":
		newHash = sha512.New384
	case "HS512":
		newHash = sha512.New
	default:
		return nil, fmt.Errorf("cannot sign with %q", alg)
	}
	mac := hmac.New(newHash, key)
	mac.Write([]byte(input))
	return mac.Sum(nil), nil
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// text returns the JSON string that raw is. encoding/json alone would take null
// for one.
func text(raw json.RawMessage) (string, bool) {
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return "", false
	}
	return *s, true
}

// compactJSON drops the white space of the recording's layout.
func compactJSON(raw json.RawMessage) []byte {
	var buf bytes.Buffer
	if err := json.Compact(&buf, raw); err != nil {
		return raw
	}
	return buf.Bytes()
}
