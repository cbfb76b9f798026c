package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/impl/doctor"
	"github.com/restauth/restauth/internal/dbtest"
)

// crowd makes a table of so many users in several old and new ways of storing passwords,
// among them one in a hundred that nobody can log in with, and a name that is there twice.
func crowd(t testing.TB, admin string, rows int) {
	t.Helper()
	hash := func(prefix string, hex int) string {
		return "'" + prefix + strings.Repeat("0123456789abcdef", hex/16) + "'"
	}
	dbtest.Exec(t, admin, "CREATE TABLE numbers (n int AUTO_INCREMENT PRIMARY KEY, x int)", "INSERT INTO numbers (x) VALUES (1)"+strings.Repeat(", (1)", 999))
	for have := 1000; have < rows; have *= 2 {
		dbtest.Exec(t, admin, fmt.Sprintf("INSERT INTO numbers (x) SELECT 1 FROM numbers LIMIT %d", min(have, rows-have)))
	}
	dbtest.Exec(t, admin,
		"CREATE TABLE `user` (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, username varchar(80) COLLATE utf8mb4_general_ci, email varchar(120), password varchar(255), active tinyint(1) NOT NULL, created datetime NOT NULL, KEY (username))",
		"SET @k = 0; INSERT INTO `user` (username, email, password, active, created) SELECT concat('user', @k := @k + 1), concat('user', @k, '@example.com'), CASE WHEN @k MOD 100 = 0 THEN NULL"+
			" WHEN @k MOD 3 = 0 THEN "+hash("scrypt:32768:8:1$saltsalt$", 128)+" WHEN @k MOD 3 = 1 THEN "+hash("pbkdf2:sha256:150000$saltsalt$", 64)+" ELSE '$2b$10$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyz01232' END, 1, NOW() FROM numbers",
		"UPDATE `user` SET username = 'USER7' WHERE username = 'user17'", "UPDATE `user` SET username = 'user8' WHERE username = 'user18'",
		"DROP TABLE numbers", "ANALYZE TABLE `user`")
}

// checkCrowd holds a report to what crowd made.
func checkCrowd(t *testing.T, text string, rows int64) {
	t.Helper()
	var r doctor.Report
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatalf("the report is no JSON: %v\n%.500s", err, text)
	}
	want := map[string]int64{"name_duplicate": 1, "names_equal": 1, "hash_missing": rows / 100}
	for _, f := range r.Findings {
		if n, is := want[f.Code]; is && n == f.Rows {
			delete(want, f.Code)
		}
	}
	var counted int64
	for _, f := range r.Forms {
		counted += f.Rows
	}
	if len(want) > 0 || r.Rows != rows || counted != rows || !r.Complete || r.NoLogin != rows/100+1 {
		t.Errorf("of %d rows %d were looked at (complete: %v), %d have a form, %d cannot log in; not told of: %v", rows, r.Rows, r.Complete, counted, r.NoLogin, want)
	}
}

// application is somebody else's, who asks the same table for one user at a time.
type application struct {
	db   *sql.DB
	rows int
}

func openApplication(t testing.TB, admin string, rows int) *application {
	t.Helper()
	db := dbtest.Open(t, admin)
	db.SetMaxIdleConns(4)
	return &application{db, rows}
}

// answer is how long one took, and when it was asked for.
type answer struct {
	at   time.Time
	took time.Duration
}

// work asks from four threads, each with a pause behind a question, until ctx ends.
func (a *application) work(ctx context.Context) []answer {
	var (
		wg  sync.WaitGroup
		mu  sync.Mutex
		all []answer
	)
	for i := range 4 {
		wg.Go(func() {
			var own []answer
			for n := i; ctx.Err() == nil; n += 7919 {
				begun := time.Now()
				var id int64
				err := a.db.QueryRowContext(ctx, "SELECT id FROM `user` WHERE username = ? LIMIT 1", fmt.Sprintf("user%d", n%a.rows+1)).Scan(&id)
				if err == nil {
					own = append(own, answer{begun, time.Since(begun)})
				}
				time.Sleep(2 * time.Millisecond)
			}
			mu.Lock()
			defer mu.Unlock()
			all = append(all, own...)
		})
	}
	wg.Wait()
	return all
}

// TestDoctorOfMany: a large table is looked at whole, beside its application, and each row
// is counted once. TestDoctorOfAMillion measures what that takes.
func TestDoctorOfMany(t *testing.T) {
	t.Parallel()
	for engine, fresh := range map[string]func(testing.TB) string{"MariaDB": dbtest.MariaDB, "MySQL": dbtest.MySQL} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			const rows = 20_000
			admin := fresh(t)
			crowd(t, admin, rows)
			ctx, cancel := context.WithCancel(t.Context())
			working := make(chan []answer, 1)
			go func() { working <- openApplication(t, admin, rows).work(ctx) }()
			var out, log buffer
			code := run(t.Context(), world{
				args: []string{"doctor", "--json"}, env: []string{"RESTAUTH_USERS=" + dbtest.User(t, admin, "SELECT ON `user`"), "RESTAUTH_SECRET_KEY=5b1c8f0a92d74e63b8a1f0c4d7e9926a3f58"},
				stdin: strings.NewReader(""), stdout: &out, stderr: &log, cores: 2,
			})
			cancel()
			answers := <-working
			said := regexp.MustCompile(`(?m)^\d+ of about \d+ rows\n`).ReplaceAllString(log.String(), "") // of a busy machine
			if code != exitUnfit || said != "" || len(answers) == 0 {
				t.Errorf("doctor ends with %d, want %d; its application had %d answers; the log has:\n%s", code, exitUnfit, len(answers), &log)
			}
			checkCrowd(t, out.String(), rows)
		})
	}
}

// TestDoctorExits: its exit codes are by the worst that it found.
func TestDoctorExits(t *testing.T) {
	t.Parallel()
	own := "sqlite:" + filepath.Join(t.TempDir(), "own.db")
	if code := startServer(t, "--users", own).Stop(os.Interrupt); code != 0 {
		t.Fatalf("making the file ends with %d", code)
	}
	for _, test := range []struct {
		secret string
		args   []string
		want   int
	}{
		{"5b1c8f0a92d74e63b8a1f0c4d7e9926a3f58", nil, exitOK},
		{"short", nil, exitWarned},
		{"short", []string{"--users-table", "members"}, exitUnfit},
		{"short", []string{"--rows", "many"}, exitUsage},
		{"short", []string{"--users", own + ".none"}, exitFailed},
	} {
		var out, log buffer
		code := run(t.Context(), world{
			args: append([]string{"doctor"}, test.args...), env: []string{"RESTAUTH_USERS=" + own, "RESTAUTH_SECRET_KEY=" + test.secret},
			stdin: strings.NewReader(""), stdout: &out, stderr: &log, cores: 2,
		})
		if code != test.want {
			t.Errorf("doctor %v with the secret %q ends with %d, want %d:\n%s%s", test.args, test.secret, code, test.want, &out, &log)
		}
	}
}

// TestDoctorProgress: a person sees that it goes on; a file gets a line now and then.
func TestDoctorProgress(t *testing.T) {
	t.Parallel()
	var terminal, file buffer
	shown := &progress{out: &terminal, terminal: true}
	shown.tell(1, 3)
	shown.tell(2, 3)
	shown.end()
	if want := "\r1 of about 3 rows \r2 of about 3 rows \r\033[K"; terminal.String() != want {
		t.Errorf("a terminal shows %q, want %q", &terminal, want)
	}
	said := &progress{out: &file}
	said.tell(1, 3)
	said.told = said.told.Add(-sayEvery)
	said.tell(2, 3)
	said.tell(3, 3)
	said.end()
	if want := "2 of about 3 rows\n"; file.String() != want {
		t.Errorf("a file has %q, want %q", &file, want)
	}
}

// TestSumAtStart: a server says in three lines what a sample of a table tells that another
// program made, and nothing of one of its own.
func TestSumAtStart(t *testing.T) {
	t.Parallel()
	const forms, costs = "how passwords are stored, in a sample of the user table", "what the costliest of these logins takes, about"
	const few, many = "who of that sample cannot log in; restauth doctor looks at all", "more than one in a hundred of that sample cannot log in; restauth doctor, with the same settings, says who, why and what to do"
	for engine, table := range legacyTables() {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			s := startLegacy(t, table(t))
			eventually(t, "the sum is told", func() bool { return s.logLine(few) != nil || s.logLine(many) != nil })
			line := s.logLine(many) // the recorded table has rows of all kinds
			if line == nil || line["level"] != "WARN" || line["rows"].(float64) < 1 || s.logLine(few) != nil {
				t.Errorf("the sum of a table with broken rows: %v\n%s", line, s.log)
			}
			if line := s.logLine(forms); line == nil || !strings.Contains(line["forms"].(string), "pbkdf2:sha256:") {
				t.Errorf("the forms: %v", line)
			}
			if line := s.logLine(costs); line == nil || line["milliseconds"].(float64) <= 0 || line["in_a_second"].(float64) <= 0 {
				t.Errorf("the cost: %v", line)
			}
		})
	}
	for engine, fresh := range map[string]func(testing.TB) string{"MariaDB": dbtest.MariaDB, "MySQL": dbtest.MySQL} {
		t.Run(engine+", of many", func(t *testing.T) {
			t.Parallel()
			admin := fresh(t)
			crowd(t, admin, 3000)
			dbtest.Exec(t, admin, "DELETE FROM `user` WHERE password IS NULL AND id <> 100")
			s := startLegacy(t, dbtest.User(t, admin, "SELECT (id, username, password) ON `user`"))
			eventually(t, "the sum is told", func() bool { return s.logLine(few) != nil })
			if line := s.logLine(few); line["of"] != 1000.0 || line["rows"] != 1.0 || line["found"] != "hash_missing 1" {
				t.Errorf("the sum of a table with a broken row among both ends: %v", line)
			}
		})
	}
	s := startServer(t, "--users", "sqlite:"+filepath.Join(t.TempDir(), "own.db"))
	eventually(t, "it is ready", func() bool { status, _ := s.do("GET", "/readyz", "", ""); return status == 200 })
	time.Sleep(100 * time.Millisecond)
	if s.logLine(forms) != nil || s.logLine(many) != nil {
		t.Errorf("a table of its own is summed up:\n%s", s.log)
	}
}
