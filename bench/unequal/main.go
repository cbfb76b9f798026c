// Command unequal measures whether one address that logs in with costly hashes shuts
// others out. It starts the given restauth, has some addresses log in all the time on
// some connections each, with a wrong password, as a user whose hash takes about a
// second, and beside them an honest client of its own address once a second:
//
//	go build -o /tmp/restauth ./cmd/restauth && go -C bench run ./unequal /tmp/restauth
//
// Linux only: it takes addresses of 127.0.0.0/8.
package main

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the table
)

const royHash = "pbkdf2:sha256:150000$k1Ud5dzh$d0347f416e89ea486b33c988c9be65730329b2dd6d712f73c9920103a006a82e"

// mostAddresses is how many attack at once.
const mostAddresses = 50

// costly are the longest hashes of each form that the server takes, and a usual one.
func costly() map[string]string {
	zeros := strings.Repeat("0", 128)
	return map[string]string{
		"usual":    royHash, // for comparison
		"bcrypt":   "$2b$14$" + strings.Repeat(".", 53),
		"pbkdf2":   "pbkdf2:sha512:1500000$salt$" + zeros,
		"scrypt":   "scrypt:32768:8:8$salt$" + zeros,
		"argon2id": "$argon2id$v=19$m=131072,t=4,p=1$AAECAwQFBgcICQ$AAECAwQFBgcICQoLDA0ODw",
	}
}

func main() {
	window := flag.Duration("window", 20*time.Second, "how long each is measured")
	only := flag.String("only", "", "the one form that is measured")
	short := flag.Bool("short", false, "one address with 2 and 16 connections, and fifty, only")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: unequal [flags] RESTAUTH")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *only, *window, *short); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(program, only string, window time.Duration, short bool) error {
	dir, err := os.MkdirTemp("", "unequal")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "users.db")
	if err := table(file); err != nil {
		return fmt.Errorf("make the table: %w", err)
	}
	loads := []struct{ addresses, connections int }{{1, 1}, {1, 2}, {1, 4}, {1, 16}, {mostAddresses, 1}}
	if short {
		loads = loads[1:]
		loads = append(loads[:1:1], loads[2:]...)
	}
	fmt.Println("form      addresses × connections  served of   p50      p99      attackers: served refused")
	for _, form := range slices.Sorted(func(yield func(string) bool) {
		for form := range costly() {
			if !yield(form) {
				return
			}
		}
	}) {
		if only != "" && form != only {
			continue
		}
		for _, l := range loads {
			line, err := measure(program, file, form, l.addresses, l.connections, window)
			if err != nil {
				return err
			}
			fmt.Printf("%-9s %9d × %-11d  %s\n", form, l.addresses, l.connections, line)
		}
	}
	return nil
}

func table(file string) error {
	db, err := sql.Open("sqlite", file)
	if err != nil {
		return err
	}
	defer db.Close()
	if _, err := db.Exec("CREATE TABLE user (id INTEGER PRIMARY KEY, username VARCHAR(45) UNIQUE, password VARCHAR(255))"); err != nil {
		return err
	}
	users := map[string]string{"roy": royHash}
	for form, hash := range costly() {
		for i := range mostAddresses {
			users[fmt.Sprint(form, i)] = hash
		}
	}
	for i := range 300 { // What most have is what a decoy costs.
		users[fmt.Sprint("usual", i)] = royHash
	}
	for name, hash := range users {
		if _, err := db.Exec("INSERT INTO user (username, password) VALUES (?, ?)", name, hash); err != nil {
			return err
		}
	}
	return nil
}

// measure is one line: fifty addresses try accounts that are their own, or it would be
// the account that keeps them back.
func measure(program, file, form string, addresses, connections int, window time.Duration) (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address := l.Addr().String()
	_ = l.Close()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	server := exec.Command(program, "serve", "--listen", address, "--users", "sqlite:"+file, "--drain-delay", "0s")
	server.Env = append(os.Environ(), "RESTAUTH_SECRET_KEY=a secret of enough bytes for this")
	if err := server.Start(); err != nil {
		return "", err
	}
	defer func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	}()
	honest := from(250, 1)
	for deadline := time.Now().Add(20 * time.Second); login(ctx, honest, address, "roy", "roy") != 200; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			return "", fmt.Errorf("%s does not answer", program)
		}
	}
	var (
		mu       sync.Mutex
		attacked = make(map[int]int)
		clients  sync.WaitGroup
	)
	for a := range addresses {
		client, username := from(1, byte(a+1)), fmt.Sprint(form, a)
		for range connections {
			clients.Go(func() {
				for ctx.Err() == nil {
					status := login(ctx, client, address, username, "wrong")
					mu.Lock()
					attacked[status]++
					mu.Unlock()
					if status != 401 {
						time.Sleep(50 * time.Millisecond)
					}
				}
			})
		}
	}
	time.Sleep(2 * time.Second)
	var took []time.Duration
	tries := 0
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for end := time.Now().Add(window); time.Now().Before(end); tries++ {
		<-tick.C
		begun := time.Now()
		if login(ctx, honest, address, "roy", "roy") == 200 {
			took = append(took, time.Since(begun))
		}
	}
	stop()
	clients.Wait()
	slices.Sort(took)
	at := func(q float64) time.Duration {
		if len(took) == 0 {
			return 0
		}
		return took[int(q*float64(len(took)-1)+0.5)].Round(time.Millisecond)
	}
	return fmt.Sprintf("%3d of %-3d   %-8v %-8v %d %d", len(took), tries, at(0.5), at(0.99), attacked[401], attacked[429]+attacked[503]), nil
}

// from is a client with an address of its own.
func from(third, last byte) *http.Client {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, third, last)}}
	return &http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 64}, Timeout: 20 * time.Second}
}

// login returns the status, 0 for none.
func login(ctx context.Context, client *http.Client, address, username, password string) int {
	body, _ := json.Marshal(map[string]string{"username": username, "password": password}) // strings always marshal
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/auth", bytes.NewReader(body))
	if err != nil {
		return 0
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return 0
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}
