package fail2ban_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/api/reqctx"
	"github.com/restauth/restauth/impl/audit"
	"github.com/restauth/restauth/impl/userid"
	"github.com/restauth/restauth/internal/programs"
)

// innocent is an address that hostile names try to have banned.
const innocent = "198.51.100.1"

// hostile are names of a guesser who wants somebody else to be banned, or nobody.
func hostile() []string {
	begin := `{"time":"2026-11-28T11:00:00Z","level":"INFO","msg":"login failed","event":"login","outcome":"failure","reason":"wrong_password","address":"` + innocent + `",`
	return []string{
		"roy", "", " ", begin, "\n" + begin, "\r\n" + begin + "\r\n", "x\u2028" + begin, "x\u0085" + begin, "x\x00" + begin, "x\v" + begin, "x\f" + begin + "\f",
		`","address":"` + innocent + `","x":"`, `\","address":"` + innocent + `",`, `"}` + "\n" + begin, `\"}` + begin, `\u000a` + begin,
		"address=" + innocent, innocent, "<HOST>", "%(failregex)s", strings.Repeat("long "+innocent+" ", 10_000), "Nov 28 11:00:00 host restauth[1]: " + begin,
		"\xff\xfe", "名前", "\u202e" + innocent, strings.Repeat(`"`, 300), strings.Repeat(`\`, 300), "a\tb",
	}
}

func from(ctx context.Context, address string) context.Context {
	r := reqctx.New("X-Request-Id.chosen_by-them", netip.MustParseAddr(address), map[string][]string{"User-Agent": {innocent}})
	return &reqctx.Context{Context: ctx, Request: &r}
}

// written are the lines that a trail writes of logins that are to be counted, and of
// all others.
func written(t *testing.T) (counted, others []string) {
	t.Helper()
	var log bytes.Buffer
	trail, err := audit.New(audit.Config{Logger: slog.New(reqctx.LogHandler(slog.NewJSONHandler(&log, nil))), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	record := func(e audit.Event, address string) string {
		log.Reset()
		trail.Record(from(t.Context(), address), e)
		return log.String()
	}
	login := func(outcome audit.Outcome, reason audit.Reason, account audit.Account) audit.Event {
		return audit.Event{Kind: audit.KindLogin, Outcome: outcome, Reason: reason, Account: account}
	}
	for _, name := range hostile() {
		counted = append(counted,
			record(login(audit.OutcomeFailure, audit.ReasonUnknownUser, audit.Typed(name)), "203.0.113.7"),
			record(login(audit.OutcomeFailure, audit.ReasonWrongPassword, audit.Known(userid.Number(7), name)), "2001:db8::7"))
	}
	counted = append(counted,
		record(login(audit.OutcomeFailure, audit.ReasonUnusableHash, audit.Known(userid.Number(1), "null")), "203.0.113.7"),
		record(login(audit.OutcomeRefused, audit.ReasonBudgetAddress, audit.Typed("roy")), "2001:db8::7"))
	ours := []audit.Reason{audit.ReasonUnknownUser, audit.ReasonWrongPassword, audit.ReasonUnusableHash, audit.ReasonBudgetAddress}
	for _, reason := range audit.Reasons() {
		if slices.Contains(ours, reason) {
			continue
		}
		kind, outcome := reason.Of()
		others = append(others, record(audit.Event{Kind: kind, Outcome: outcome, Reason: reason, Account: audit.Typed(hostile()[3])}, innocent))
	}
	return counted, append(others,
		`{"time":"`+time.Now().Format(time.RFC3339Nano)+`","level":"INFO","msg":"request","request_id":"x","method":"POST","route":"/auth","operation":"login","status":401,"bytes":300,"ms":5,"remote":"`+innocent+"\"}\n")
}

// regex runs the filter over lines and returns the addresses that it counted.
func regex(t *testing.T, lines []string) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	filter, err := filepath.Abs("filter.d/restauth.conf")
	if err != nil {
		t.Fatal(err)
	}
	command, config := programs.Fail2ban(t, "fail2ban-regex", "--out", "ip", file, filter)
	command.Args = append(command.Args[:len(command.Args)-4], append([]string{"-c", config}, command.Args[len(command.Args)-4:]...)...)
	var out, complaints bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaints
	if err := command.Run(); err != nil {
		t.Fatalf("fail2ban-regex: %v\n%s%s", err, &out, &complaints)
	}
	return strings.Fields(out.String())
}

// TestFilter: exactly the logins that failed are counted, for the address that they came
// from, whatever names they had; so behind a prefix of syslog's.
func TestFilter(t *testing.T) {
	counted, others := written(t)
	var want []string
	for i := range counted {
		want = append(want, []string{"203.0.113.7", "2001:db8::7"}[i%2])
	}
	for name, prefix := range map[string]string{
		"the file": "", "syslog": "Nov 28 11:00:00 login restauth[4711]: ", "the journal": "2026-11-28T11:00:00+0100 login restauth[4711]: ",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var lines []string
			for i, line := range counted {
				lines = append(lines, prefix+line, prefix+others[i%len(others)])
			}
			if diff := cmp.Diff(want, regex(t, lines)); diff != "" {
				t.Errorf("counted (-want +got):\n%s", diff)
			}
		})
	}
}

// TestJail: fail2ban takes the jail and the filter as they are here.
func TestJail(t *testing.T) {
	command, config := programs.Fail2ban(t, "fail2ban-client", "-d")
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS(config)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"filter.d/restauth.conf", "jail.d/restauth.conf"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// Debian's own jail looks for a log that is not on every machine.
	if err := os.RemoveAll(filepath.Join(folder, "jail.d", "defaults-debian.conf")); err != nil {
		t.Fatal(err)
	}
	command.Args = append(command.Args[:len(command.Args)-1], "-c", folder, "-d")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("fail2ban-client -d: %v\n%s", err, out)
	}
	for _, want := range []string{"['add', 'restauth',", "['set', 'restauth', 'maxretry', 50]", "'addfailregex'"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("there is no %s in what it makes of them:\n%s", want, out)
		}
	}
}
