package state_test

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/restauth/restauth/impl/database"
	"github.com/restauth/restauth/impl/state"
)

const pageSize = 4096

// TestSQLiteHalfMade: whatever a process that was killed while it made the file
// has left behind, the next one makes a whole database of it.
func TestSQLiteHalfMade(t *testing.T) {
	t.Parallel()
	whole := finished(t)
	noLog := bytes.Clone(whole) // as it is before the write-ahead log is entered
	noLog[18], noLog[19] = 1, 1 // https://www.sqlite.org/fileformat2.html, section 1.3.3
	logOnly := emptyWAL(t)
	type state struct{ file, journal []byte }
	states := map[string]state{
		"nothing written":                   {nil, journal(0)},
		"no write-ahead log":                {noLog, nil},
		"entering the log":                  {whole, journal(len(whole)/pageSize, noLog[:pageSize])},
		"1.1.0, the log before the tables":  {logOnly, nil},
		"1.1.0, the first page, not kept":   {logOnly, journal(0)},
		"the first page torn by power loss": {make([]byte, pageSize), journal(0)},
	}
	for end := pageSize; end <= len(noLog); end += pageSize {
		states[fmt.Sprint(end/pageSize, " pages of the tables")] = state{noLog[:end], journal(0)}
	}
	for name, left := range states {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, link := filepath.Join(t.TempDir(), "users.db"), filepath.Join(t.TempDir(), "link.db")
			put(t, file, left.file, left.journal)
			if err := os.Symlink(file, link); err != nil {
				t.Fatal(err)
			}
			s := open(t, config("sqlite:"+link))
			if _, err := s.Add(t.Context(), "roy", "hash"); err != nil {
				t.Fatal(err)
			}
			available(t, s, name)
			var mode, sound string
			if err := s.Raw().QueryRow("PRAGMA journal_mode").Scan(&mode); err != nil || mode != "wal" {
				t.Errorf("PRAGMA journal_mode = %q, %v, want wal", mode, err)
			}
			if err := s.Raw().QueryRow("PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
				t.Errorf("PRAGMA integrity_check = %q, %v", sound, err)
			}
		})
	}
}

// finished is the content of a file that restauth made, and emptyWAL of one that
// has entered the write-ahead log and holds nothing.
func finished(t *testing.T) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "users.db")
	put(t, file, nil, nil)
	if err := open(t, config("sqlite:"+file)).Close(); err != nil {
		t.Fatal(err)
	}
	return content(t, file)
}

func emptyWAL(t *testing.T) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "users.db")
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("PRAGMA journal_mode = WAL"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return content(t, file)
}

// journal is a rollback journal that brings a database back to that many pages,
// the first of them as given: https://www.sqlite.org/fileformat2.html, section 3.
func journal(before int, pages ...[]byte) []byte {
	const sector, nonce = 512, 7
	j := append([]byte("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"), make([]byte, sector-8)...)
	for at, value := range map[int]int{8: len(pages), 12: nonce, 16: before, 20: sector, 24: pageSize} {
		binary.BigEndian.PutUint32(j[at:], uint32(value))
	}
	for i, page := range pages {
		checksum := uint32(nonce)
		for at := pageSize - 200; at > 0; at -= 200 {
			checksum += uint32(page[at])
		}
		j = binary.BigEndian.AppendUint32(j, uint32(i+1))
		j = binary.BigEndian.AppendUint32(append(j, page...), checksum)
	}
	return j
}

// put writes a database file and, unless it is nil, the journal beside it.
func put(t *testing.T, file string, content, journal []byte) {
	t.Helper()
	err := os.WriteFile(file, content, 0o600)
	if journal != nil {
		err = errors.Join(err, os.WriteFile(file+"-journal", journal, 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSQLiteLeavesInterruptedFilesAlone: what another program was killed in the
// middle of is its own business to take back.
func TestSQLiteLeavesInterruptedFilesAlone(t *testing.T) {
	t.Parallel()
	file, db := foreignFile(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	theirs := content(t, file)
	for name, undo := range map[string][]byte{
		"a change":         journal(len(theirs)/pageSize, theirs[:pageSize]),
		"the first change": journal(0),
	} {
		put(t, file, theirs, undo)
		if _, err := state.OpenEmbedded(t.Context(), config("sqlite:"+file)); !errors.Is(err, database.ErrFile) || !strings.Contains(err.Error(), "killed while it changed it") {
			t.Errorf("%s: Open() = %v, want ErrFile and the reason", name, err)
		}
		if !bytes.Equal(content(t, file), theirs) || !bytes.Equal(content(t, file+"-journal"), undo) {
			t.Errorf("%s: the file or its journal has changed", name)
		}
	}
}

// TestSQLiteKilled kills a process that makes one file after the other and asks
// each for its secret, at moments that are chance. Every file can be used
// afterwards, and no secret that was handed out has changed.
func TestSQLiteKilled(t *testing.T) {
	t.Parallel()
	const role = "RESTAUTH_STORE_KILLED"
	if folder := os.Getenv(role); folder != "" {
		for i := range 500 {
			file := filepath.Join(folder, fmt.Sprint(i, ".db"))
			fmt.Println(file, secret(t, file))
		}
		return
	}
	for range 20 {
		folder := t.TempDir()
		cmd := exec.Command(os.Args[0], "-test.run=^TestSQLiteKilled$")
		cmd.Env = append(os.Environ(), role+"="+folder)
		handedOut := killWhileMaking(t, cmd)
		files, err := filepath.Glob(filepath.Join(folder, "*.db"))
		if err != nil || len(files) < len(handedOut) {
			t.Fatalf("files: %v, %v; %d secrets were handed out", files, err, len(handedOut))
		}
		for _, file := range files {
			if now, before := secret(t, file), handedOut[file]; before != "" && now != before {
				t.Errorf("%s: the secret has changed", file)
			}
		}
	}
}

// killWhileMaking runs the process until some milliseconds after its first
// secret, and returns the secrets that it printed, by file.
func killWhileMaking(t *testing.T, cmd *exec.Cmd) map[string]string {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reader := bufio.NewReader(out)
	first, err := reader.ReadString('\n')
	if err != nil {
		t.Errorf("the process that makes files said nothing: %v", err)
	}
	time.Sleep(mathrand.N(30 * time.Millisecond))
	_ = cmd.Process.Kill() // it may have made all its files
	rest, err := io.ReadAll(reader)
	if err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	secrets := map[string]string{}
	for line := range strings.Lines(first + string(rest)) {
		if file, secret, ok := strings.Cut(line, " "); ok && filepath.IsAbs(file) {
			secrets[file] = strings.TrimSuffix(secret, "\n")
		} else if line != "PASS\n" {
			t.Errorf("the process that makes files said %q", line)
		}
	}
	return secrets
}

// secret opens a file and asks for its secret, which is a random one if there
// was none.
func secret(t *testing.T, file string) string {
	t.Helper()
	s, err := state.OpenEmbedded(t.Context(), config("sqlite:"+file))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	secret, err := s.Secret(t.Context(), func() ([]byte, error) {
		random := make([]byte, 32)
		_, err := rand.Read(random)
		return random, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(secret)
}
