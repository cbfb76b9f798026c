package main

import (
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestShutdownEndsWorkFirst: logins and look-ups go on until the server ends, and
// what it does in the background ends before its database does. So the log has no
// fault that is none.
func TestShutdownEndsWorkFirst(t *testing.T) {
	t.Parallel()
	for range 3 {
		s := startServer(t, "--demo", "--identity-max-age", "1ms", "--drain-delay", "0s", "--shutdown-timeout", "10s")
		token := s.login("roy", "roy")
		var clients sync.WaitGroup
		for range 8 {
			clients.Go(func() {
				client := &http.Client{Timeout: patience}
				for {
					r, err := http.NewRequest(http.MethodGet, s.URL+"/rest-auth", nil)
					if err != nil {
						return
					}
					r.Header.Set("Authorization", "JWT "+token)
					resp, err := client.Do(r)
					if err != nil {
						return // it has stopped
					}
					_ = resp.Body.Close()
				}
			})
		}
		time.Sleep(50 * time.Millisecond)
		s.signals <- syscall.SIGTERM
		<-s.exited
		clients.Wait()
		if s.code != 0 {
			t.Errorf("exit code %d", s.code)
		}
		for line := range strings.Lines(s.log.String()) {
			if strings.Contains(line, `"level":"WARN"`) || strings.Contains(line, `"level":"ERROR"`) || strings.Contains(line, "closed") {
				t.Errorf("the log says: %s", line)
			}
		}
	}
}
