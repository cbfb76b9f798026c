package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/internal/dbtest"
)

// BenchmarkStart measures, for the program as `go build` makes it and an
// SQLite file with one user, the time from exec to the first 200 of /livez
// and, on top, to the first login's 200. It reports the medians in
// milliseconds; the goal is 200 for the first.
func BenchmarkStart(b *testing.B) {
	program, folder := dbtest.Restauth(b), b.TempDir()
	add := exec.Command(program, "user", "add", "ann")
	add.Dir, add.Stdin = folder, strings.NewReader("correct horse battery staple\n")
	if out, err := add.CombinedOutput(); err != nil {
		b.Fatalf("user add: %v\n%s", err, out)
	}
	var live, login []time.Duration
	for b.Loop() {
		toLive, toLogin := startOnce(b, program, folder)
		live, login = append(live, toLive), append(login, toLogin)
	}
	b.ReportMetric(median(live), "ms/first-200")
	b.ReportMetric(median(login), "ms/first-login")
	b.ReportMetric(float64(slices.Max(live).Microseconds())/1e3, "ms/slowest-200")
}

func startOnce(b *testing.B, program, folder string) (toLive, toLogin time.Duration) {
	b.Helper()
	serve := exec.Command(program, "serve", "--listen", "127.0.0.1:0", "--log-format", "json")
	serve.Dir = folder
	log, err := serve.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	begin := time.Now()
	if err := serve.Start(); err != nil {
		b.Fatal(err)
	}
	defer func() {
		serve.Process.Signal(os.Interrupt)
		io.Copy(io.Discard, log) // Wait may only be called when all is read
		if err := serve.Wait(); err != nil {
			b.Errorf("after SIGINT: %v", err)
		}
	}()
	base := "http://" + awaitAddress(b, bufio.NewScanner(log))

	resp, err := http.Get(base + "/livez")
	if err != nil || resp.StatusCode != 200 {
		b.Fatalf("GET /livez = %v, %v", resp, err)
	}
	resp.Body.Close()
	toLive = time.Since(begin)
	resp, err = http.Post(base+"/auth", "application/json", strings.NewReader(`{"username":"ann","password":"correct horse battery staple"}`))
	if err != nil || resp.StatusCode != 200 {
		b.Fatalf("POST /auth = %v, %v", resp, err)
	}
	resp.Body.Close()
	return toLive, time.Since(begin)
}

func awaitAddress(b *testing.B, log *bufio.Scanner) string {
	b.Helper()
	for log.Scan() {
		var line struct{ Msg, Addr string }
		if json.Unmarshal(log.Bytes(), &line) == nil && line.Msg == "listening" {
			return line.Addr
		}
	}
	b.Fatal("it exited without listening")
	return ""
}

// median is in milliseconds.
func median(times []time.Duration) float64 {
	slices.Sort(times)
	return float64(times[len(times)/2].Microseconds()) / 1e3
}
