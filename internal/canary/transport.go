package canary

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// mostBody bounds what of a body is looked at.
const mostBody = 64 << 10

// mostTold bounds how many refusals are remembered.
const mostTold = 10_000

// Transport keeps the passwords and tokens of the requests that go through it, and the
// tokens of the answers. Of refusals it remembers what they said.
func (n *Nest) Transport(next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return &transport{nest: n, next: next}
}

type transport struct {
	nest *Nest
	next http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	for _, sent := range r.Header["Authorization"] {
		if _, token, ok := strings.Cut(sent, " "); ok {
			t.nest.Keep("a token that was sent", token)
		}
	}
	if r.GetBody != nil {
		if body, err := r.GetBody(); err == nil {
			t.nest.keepRequest(read(body))
		}
	}
	resp, err := t.next.RoundTrip(r)
	if err != nil || resp.StatusCode == http.StatusSwitchingProtocols || !texts(resp.Header) {
		return resp, err
	}
	whole := resp.Body
	head := read(io.NopCloser(io.LimitReader(whole, mostBody)))
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(head), whole), whole}
	if resp.StatusCode >= http.StatusBadRequest {
		t.nest.refused(string(head))
	} else {
		t.nest.keepAnswer(head)
	}
	return resp, nil
}

// texts reports whether an answer is JSON of one kind or another.
func texts(header http.Header) bool { return strings.Contains(header.Get("Content-Type"), "json") }

func read(body io.ReadCloser) []byte {
	text, _ := io.ReadAll(io.LimitReader(body, mostBody)) // As far as it comes.
	_ = body.Close()
	return text
}

// keepRequest keeps the password of a JSON body, or of a form, and its tokens. What was sent as a name is
// a name, also where it is some other request's password.
func (n *Nest) keepRequest(body []byte) {
	var sent map[string]any
	if json.Unmarshal(body, &sent) != nil {
		form, err := url.ParseQuery(string(body))
		if err != nil {
			return
		}
		sent = map[string]any{"username": form.Get("username"), "password": form.Get("password")}
	}
	for member, value := range sent {
		if text, is := value.(string); is && strings.HasSuffix(member, "_token") {
			n.Keep("a token that was sent ("+member+")", text)
		}
	}
	password, _ := sent["password"].(string)
	name, _ := sent["username"].(string)
	n.Common(name)
	n.Keep("a password that was sent", password)
}

// keepAnswer keeps whatever an answer calls a token.
func (n *Nest) keepAnswer(body []byte) {
	var got map[string]any
	if json.Unmarshal(body, &got) != nil {
		return
	}
	for name, value := range got {
		if text, is := value.(string); is && strings.HasSuffix(name, "_token") {
			n.Keep("a token that was given out ("+name+")", text)
		}
	}
}

func (n *Nest) refused(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.told) < mostTold {
		n.told = append(n.told, text)
	}
}
