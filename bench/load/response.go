package load

import (
	"bytes"
	"errors"
)

// response is what has to be known of an answer: its status, and how many bytes
// of the stream it takes.
type response struct {
	status int
	size   int // head and body
}

var (
	errResponse = errors.New("the server's answer is not HTTP/1.1 with a Content-Length")
	errTooLarge = errors.New("the server's answer is larger than the load generator reads")
)

var (
	headEnd       = []byte("\r\n\r\n")
	contentLength = []byte("content-length:")
)

// parse reads the head of an answer; ok is false while it is not whole. Nothing
// is checked that a benchmark's own servers get right: the generator shares the
// cores with the server, so that each instruction here is taken from it.
func parse(b []byte) (r response, ok bool, err error) {
	end := bytes.Index(b, headEnd)
	if end < 0 {
		return r, false, nil
	}
	head := b[:end+2]
	if len(head) < len("HTTP/1.1 200\r\n") || string(head[:7]) != "HTTP/1." {
		return r, false, errResponse
	}
	r.status = int(head[9]-'0')*100 + int(head[10]-'0')*10 + int(head[11]-'0')
	if r.status < 200 || r.status > 599 {
		return r, false, errResponse
	}
	length := 0
	if r.status != 204 {
		if length, ok = bodyLength(head); !ok {
			return r, false, errResponse
		}
	}
	r.size = end + len(headEnd) + length
	return r, len(b) >= r.size, nil
}

// bodyLength finds Content-Length in a head that ends with a line break.
func bodyLength(head []byte) (n int, ok bool) {
	for {
		at := bytes.IndexByte(head, '\n')
		if at < 0 || at+1 == len(head) {
			return 0, false
		}
		head = head[at+1:]
		if len(head) > len(contentLength) && head[0]|0x20 == 'c' && bytes.EqualFold(head[:len(contentLength)], contentLength) {
			break
		}
	}
	for _, c := range head[len(contentLength):] {
		switch {
		case '0' <= c && c <= '9' && n < 1<<30:
			n, ok = n*10+int(c-'0'), true
		case c == ' ' && !ok:
		default:
			return n, ok && c == '\r'
		}
	}
	return n, ok
}
