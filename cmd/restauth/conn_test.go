package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/cmd/restauth/internal/httpconn"
)

func headerLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "%d:\r\n", 10_000+i)
	}
	return b.String()
}

// exchange writes all of input to a connection, in pieces of that size, and
// returns the statuses of the answers and whether the server then hung up.
func exchange(t *testing.T, s *testServer, input string, piece, answers int) (statuses []int, hungUp bool) {
	t.Helper()
	conn, err := s.dial(net.Dialer{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	go func() {
		for len(input) > 0 {
			n := min(piece, len(input))
			if _, err := io.WriteString(conn, input[:n]); err != nil {
				return
			}
			input = input[n:]
		}
	}()
	reader := bufio.NewReader(conn)
	for range answers {
		resp, err := http.ReadResponse(reader, nil)
		if err != nil {
			t.Errorf("after %v: %v", statuses, err)
			return statuses, true
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		statuses = append(statuses, resp.StatusCode)
	}
	// Who has not hung up answers once more.
	io.WriteString(conn, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
	resp, err := http.ReadResponse(reader, nil)
	if err != nil {
		return statuses, !errors.Is(err, os.ErrDeadlineExceeded)
	}
	resp.Body.Close()
	return statuses, false
}

func TestHeaderLines(t *testing.T) {
	t.Parallel()
	bothWays(t, headerLinesEnd)
}

func headerLinesEnd(t *testing.T, s *testServer) {
	const live = "GET /livez HTTP/1.1\r\nHost: x\r\n"
	post := func(body string) string {
		return fmt.Sprintf("POST /auth HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	}
	const most = httpconn.MostHeaderLines // Host is one of them
	newlines := strings.Repeat("\n", 16<<10)
	tests := []struct {
		name, input string
		piece       int
		want        []int
		hungUp      bool
	}{
		{"as many lines as may be", live + headerLines(most-1) + "\r\n", 1 << 20, []int{200}, false},
		{"as many lines, bit by bit", live + headerLines(most-1) + "\r\n", 100, []int{200}, false},
		{"one too many", live + headerLines(most) + "\r\n", 1 << 20, []int{400}, true},
		{"one too many, bit by bit", live + headerLines(most) + "\r\n", 100, []int{400}, true},
		{"a hundred too many", live + headerLines(most+99) + "\r\n", 1 << 20, []int{400}, true},
		{"one line, often", live + strings.Repeat("a:\r\n", most-1) + "\r\n", 1 << 20, []int{200}, false},
		{"one line, once too often", live + strings.Repeat("a:\r\n", most) + "\r\n", 1 << 20, []int{400}, true},
		{"as many in the second request", live + "\r\n" + live + headerLines(most-1) + "\r\n", 1 << 20, []int{200, 200}, false},
		{"one too many in the second request", live + "\r\n" + live + headerLines(most) + "\r\n", 1 << 20, []int{200, 400}, true},
		{"as many behind a body", post("{}") + live + headerLines(most-1) + "\r\n", 1 << 20, []int{400, 200}, false},
		{"one too many behind a body", post("{}") + live + headerLines(most) + "\r\n", 1 << 20, []int{400, 400}, true},
		{"as many with a body of newlines", strings.Replace(post(newlines), "\r\n\r\n", "\r\n"+headerLines(most-3)+"\r\n", 1), 1 << 20, []int{400}, false},
		{"one too many with a body in chunks", "POST /auth HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + headerLines(most-1) + "\r\n0\r\n\r\n", 1 << 20, []int{400}, true},
		{"too many", live + headerLines(2*most), 1 << 20, []int{400}, true},
		{"too many, bit by bit", live + headerLines(2*most), 100, []int{400}, true},
		{"too many bare newlines", live + strings.Repeat("a:\n", 2*most), 1 << 20, []int{400}, true},
		{"too many in the second request", live + "\r\n" + live + headerLines(2*most), 1 << 20, []int{200, 400}, true},
		{"a body of newlines", post(newlines), 1 << 20, []int{400}, false},
		{"a body of newlines, bit by bit", post(newlines), 500, []int{400}, false},
		{"a body of newlines behind another request", live + "\r\n" + post(newlines) + live + "\r\n", 1 << 20, []int{200, 400, 200}, false},
		{"requests in a row", strings.Repeat(live+headerLines(20)+"\r\n", 300), 1 << 20, repeat(200, 300), false},
		{"requests in a row, bit by bit", strings.Repeat(live+headerLines(20)+"\r\n", 300), 700, repeat(200, 300), false},
		{"bodies in a row", strings.Repeat(post(newlines[:3000]), 20), 1 << 20, repeat(400, 20), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, hungUp := exchange(t, s, tt.input, tt.piece, len(tt.want))
			if fmt.Sprint(got) != fmt.Sprint(tt.want) || hungUp != tt.hungUp {
				t.Errorf("statuses = %v, hung up: %v, want %v, %v", got, hungUp, tt.want, tt.hungUp)
			}
		})
	}
}

// TestHeaderBytes: one header may have as many bytes as is documented, and not one more.
func TestHeaderBytes(t *testing.T) {
	t.Parallel()
	bothWays(t, headerBytesEnd)
}

func headerBytesEnd(t *testing.T, s *testServer) {
	header := func(size int) string {
		const begin, end = "GET /livez HTTP/1.1\r\nHost: x\r\nX: ", "\r\n\r\n"
		return begin + strings.Repeat("x", size-len(begin+end)) + end
	}
	const most = httpconn.MostHeaderBytes
	tests := []struct {
		name, input string
		piece       int
		want        []int
		hungUp      bool
	}{
		{"as large as may be", header(most), 1 << 20, []int{200}, false},
		{"as large, bit by bit", header(most), 1000, []int{200}, false},
		{"a byte more", header(most + 1), 1 << 20, []int{431}, true},
		{"a byte more, bit by bit", header(most + 1), 1000, []int{431}, true},
		{"as large, several times", header(most) + header(most) + header(most), 1 << 20, []int{200, 200, 200}, false},
		{"more in the second request", header(most) + header(most+2), 1 << 20, []int{200, 431}, true}, // one byte may be read beside the first
		{"1 MiB", header(1 << 20), 1 << 20, []int{431}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, hungUp := exchange(t, s, tt.input, tt.piece, len(tt.want))
			if fmt.Sprint(got) != fmt.Sprint(tt.want) || hungUp != tt.hungUp {
				t.Errorf("statuses = %v, hung up: %v, want %v, %v", got, hungUp, tt.want, tt.hungUp)
			}
		})
	}
}

func repeat(status, n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = status
	}
	return all
}
