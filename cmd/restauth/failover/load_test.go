//go:build linux

package failover

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// perSecond is how many logins there are a second, and as many guarded requests.
const perSecond = 20

// load is people who log in and use their tokens, all the time.
type load struct {
	url    string
	token  string
	client *http.Client
	stop   chan struct{}
	done   sync.WaitGroup

	mu      sync.Mutex
	answers []answer
}

// answer is how one request ended.
type answer struct {
	kind  string // login or guarded
	begun time.Time
	took  time.Duration
	// failed: 503, or none at all. wrong: any other that is not the right one.
	failed, wrong string
}

func startLoad(t *testing.T, url string) *load {
	t.Helper()
	l := &load{url: url, client: &http.Client{Timeout: 30 * time.Second}, stop: make(chan struct{})}
	status, body := l.send("POST", "/auth", `{"username":"sha1","password":"correct horse"}`, "")
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(body), &token); status != 200 || err != nil {
		t.Fatalf("a first login: %d %s", status, body)
	}
	l.token = token.AccessToken
	l.every("login", l.login)
	l.every("guarded", l.guarded)
	return l
}

// every sends a request perSecond times a second, whether those before were answered or
// not.
func (l *load) every(kind string, request func(n int) (failed, wrong string)) {
	l.done.Go(func() {
		ticker := time.NewTicker(time.Second / perSecond)
		defer ticker.Stop()
		for n := 0; ; n++ {
			select {
			case <-l.stop:
				return
			case <-ticker.C:
			}
			l.done.Go(func() {
				begun := time.Now()
				failed, wrong := request(n)
				l.mu.Lock()
				l.answers = append(l.answers, answer{kind, begun, time.Since(begun), failed, wrong})
				l.mu.Unlock()
			})
		}
	})
}

// end waits for the last answers.
func (l *load) end() {
	close(l.stop)
	l.done.Wait()
}

// login is most often right, now and then with a wrong password, and by somebody unknown.
func (l *load) login(n int) (failed, wrong string) {
	username, password, want := "sha1", "correct horse", 200
	switch n % 10 {
	case 3:
		password, want = "wrong", 401
	case 7:
		username, want = fmt.Sprint("nobody", n), 401
	}
	body, _ := json.Marshal(map[string]string{"username": username, "password": password})
	return judge(want, "")(l.send("POST", "/auth", string(body), ""))
}

func (l *load) guarded(int) (failed, wrong string) {
	return judge(200, "authenticate person")(l.send("GET", "/rest-auth", "", "JWT "+l.token))
}

func judge(want int, says string) func(status int, body string) (failed, wrong string) {
	return func(status int, body string) (failed, wrong string) {
		switch {
		case status == want && strings.Contains(body, says):
			return "", ""
		case status == 503, status == 0:
			return fmt.Sprintf("%d %.200s", status, body), ""
		}
		return "", fmt.Sprintf("%d %.200s, want %d", status, body, want)
	}
}

// send returns status and body, status 0 when nobody answers.
func (l *load) send(method, path, body, authorization string) (int, string) {
	req, err := http.NewRequest(method, l.url+path, bytes.NewReader([]byte(body)))
	if err != nil {
		return 0, err.Error()
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	resp, err := l.client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(answer)
}

// figures are of the requests that began in a time.
type figures struct {
	requests, failed, wrong int
	slowest                 time.Duration
	last                    time.Duration // when the last that failed began, since the fault
	example                 string
}

func (l *load) figures(kind string, from, to, fault time.Time) figures {
	l.mu.Lock()
	defer l.mu.Unlock()
	var f figures
	for _, a := range l.answers {
		if a.kind != kind || a.begun.Before(from) || !a.begun.Before(to) {
			continue
		}
		f.requests++
		f.slowest = max(f.slowest, a.took)
		if a.failed != "" {
			f.failed++
			f.last = max(f.last, a.begun.Sub(fault))
			f.example = a.failed
		}
		if a.wrong != "" {
			f.wrong++
			f.example = a.wrong
		}
	}
	return f
}

func (f figures) String() string {
	text := fmt.Sprintf("%d, %d failed, slowest %d ms", f.requests, f.failed, f.slowest.Milliseconds())
	if f.failed > 0 {
		text += fmt.Sprintf(", the last %.1f s after the fault (%s)", f.last.Seconds(), f.example)
	}
	return text
}

// percentile of how long those took that began in a time.
func (l *load) percentile(kind string, p int, from, to time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	var took []time.Duration
	for _, a := range l.answers {
		if a.kind == kind && !a.begun.Before(from) && a.begun.Before(to) {
			took = append(took, a.took)
		}
	}
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[(len(took)-1)*p/100]
}
