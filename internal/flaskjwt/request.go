package flaskjwt

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxAnswer bounds how much of an answer is read, in bytes: far above any
// that is right.
const maxAnswer = 1 << 20

// Request builds the case's request to the server at base, such as
// "http://127.0.0.1:5000", with times counted from now. It panics when base is
// no URL: cases from [Cases] cannot make it fail.
func (c Case) Request(base string, now time.Time) *http.Request {
	req, err := http.NewRequest(c.Method, strings.TrimSuffix(base, "/")+c.Path, c.body())
	if err != nil {
		panic(fmt.Sprintf("flaskjwt: request of %q: %v", c.Name, err))
	}
	for name, value := range c.Headers {
		req.Header.Set(name, value)
	}
	switch {
	case c.Authorization != nil:
		req.Header.Set("Authorization", *c.Authorization)
	case c.Token != nil:
		compact, err := c.Token.Compact(now)
		if err != nil {
			panic(fmt.Sprintf("flaskjwt: token of %q: %v", c.Name, err))
		}
		scheme := c.Scheme
		if scheme == "" {
			scheme = "JWT"
		}
		req.Header.Set("Authorization", scheme+" "+compact)
	}
	return req
}

// Replay sends the case to the server at base and returns how the answer
// disagrees, nothing when it does not.
func Replay(ctx context.Context, client *http.Client, base string, c Case) []string {
	now := time.Now()
	resp, err := client.Do(c.Request(base, now).WithContext(ctx))
	if err != nil {
		return []string{fmt.Sprintf("no answer: %v", err)}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return []string{fmt.Sprintf("answer broke off: %v", err)}
	}
	return c.Check(resp, body, now)
}

func (c Case) body() io.Reader {
	if c.Body == nil {
		return http.NoBody
	}
	if raw, ok := text(c.Body); ok {
		return strings.NewReader(raw)
	}
	return bytes.NewReader(compactJSON(c.Body))
}
