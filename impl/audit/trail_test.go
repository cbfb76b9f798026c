package audit_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/api/reqctx"
	"github.com/restauth/restauth/impl/audit"
	"github.com/restauth/restauth/impl/userid"
)

const trace = "4bf92f3577b34da6a3ce929d0e0e4736"

// request is a context of a request from 203.0.113.7.
func request(ctx context.Context, id string) context.Context {
	r := reqctx.New(id, netip.MustParseAddr("203.0.113.7"), map[string][]string{
		"Traceparent": {"00-" + trace + "-00f067aa0ba902b7-01"},
	})
	return &reqctx.Context{Context: ctx, Request: &r}
}

func at() time.Time {
	return time.Date(2026, 11, 28, 12, 0, 0, 123456789, time.FixedZone("CET", 3600))
}

// output is a file that a test reads while it is written.
type output struct {
	mu     sync.Mutex
	b      bytes.Buffer
	fails  error
	takes  int // of one write, 0 is all
	closed int
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fails != nil {
		n := min(o.takes, len(p))
		o.b.Write(p[:n])
		return n, o.fails
	}
	return o.b.Write(p)
}

func (o *output) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed++
	return nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func (o *output) fail(err error, takes int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fails, o.takes = err, takes
}

func jsonLog(w io.Writer) *slog.Logger {
	return slog.New(reqctx.LogHandler(slog.NewJSONHandler(w, nil)))
}

// recorder is a trail over a file in memory, and its log.
func recorder(t *testing.T, cfg audit.Config) (trail *audit.Trail, file *audit.File, out, log *output) {
	t.Helper()
	out, log = new(output), new(output)
	cfg.Logger, cfg.Now = jsonLog(log), at
	file, err := audit.OpenFile("audit.log", func() (io.WriteCloser, error) { return out, nil }, cfg.Logger)
	if err != nil {
		t.Fatal(err)
	}
	cfg.File = file
	trail, err = audit.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return trail, file, out, log
}

// TestLines: what each kind of event looks like, the same in the log and in the file.
func TestLines(t *testing.T) {
	uid := 1000
	const begin = `{"time":"2026-11-28T11:00:00.123456789Z","level":`
	for _, c := range []struct {
		event audit.Event
		want  string
	}{
		{
			audit.Event{Kind: audit.KindLogin, Outcome: audit.OutcomeSuccess, Reason: audit.ReasonVerified, Account: audit.Known(userid.Number(7), "roy"), Form: "scrypt"},
			`"INFO","msg":"login succeeded","event":"login","outcome":"success","reason":"verified","address":"203.0.113.7","request_id":"r-1","trace_id":"` + trace + `","user_id":7,"username":"roy"}`,
		},
		{
			audit.Event{Kind: audit.KindLogin, Outcome: audit.OutcomeFailure, Reason: audit.ReasonUnknownUser, Account: audit.Typed("who")},
			`"INFO","msg":"login failed","event":"login","outcome":"failure","reason":"unknown_user","address":"203.0.113.7","request_id":"r-1","trace_id":"` + trace + `","username":"who"}`,
		},
		{
			audit.Event{Kind: audit.KindLogin, Outcome: audit.OutcomeRefused, Reason: audit.ReasonBudgetAccount, Account: audit.Typed("roy")},
			`"INFO","msg":"login refused","event":"login","outcome":"refused","reason":"budget_account","address":"203.0.113.7","request_id":"r-1","trace_id":"` + trace + `","username":"roy"}`,
		},
		{
			audit.Event{Kind: audit.KindStoredHash, Outcome: audit.OutcomeSuccess, Reason: audit.ReasonWeakHash, Account: audit.Known(userid.Number(0), "zero"), Method: "hmac:sha256"},
			`"WARN","msg":"a user logged in against a weak password hash","event":"stored_hash","outcome":"success","reason":"weak_hash","address":"203.0.113.7","request_id":"r-1","trace_id":"` + trace + `","user_id":0,"method":"hmac:sha256","username":"zero"}`,
		},
		{
			audit.Event{Kind: audit.KindStoredHash, Outcome: audit.OutcomeFailure, Reason: audit.ReasonHashNotEnabled, Account: audit.Known(userid.Number(5), "five"), Detail: "a setting reads it"},
			`"WARN","msg":"a stored password hash cannot be verified","event":"stored_hash","outcome":"failure","reason":"hash_not_enabled","address":"203.0.113.7","request_id":"r-1","trace_id":"` + trace + `","user_id":5,"detail":"a setting reads it","username":"five"}`,
		},
		{
			audit.Event{Kind: audit.KindUserDelete, Outcome: audit.OutcomeSuccess, Reason: audit.ReasonOperator, Account: audit.Known(userid.Number(-3), ""), Operator: &uid},
			`"INFO","msg":"a user was deleted","event":"user_delete","outcome":"success","reason":"operator","address":"203.0.113.7","request_id":"r-1","trace_id":"` + trace + `","operator_uid":1000,"user_id":-3,"username":""}`,
		},
		{
			audit.Event{Kind: audit.KindLogin, Outcome: audit.OutcomeSuccess, Reason: audit.ReasonVerified, Account: audit.Known(userid.Unsigned(1<<64-1), "big")},
			`"INFO","msg":"login succeeded","event":"login","outcome":"success","reason":"verified","address":"203.0.113.7","request_id":"r-1","trace_id":"` + trace + `","user_id":18446744073709551615,"username":"big"}`,
		},
		{
			audit.Event{Kind: audit.KindLogin, Outcome: audit.OutcomeSuccess, Reason: audit.ReasonVerified, Account: audit.Known(userid.Text("7\",\"address\":\"\n\u202e"), "text")},
			`"INFO","msg":"login succeeded","event":"login","outcome":"success","reason":"verified","address":"203.0.113.7","request_id":"r-1","trace_id":"` + trace + `","user_id":"7\",\"address\":\"\u000a\u202e","username":"text"}`,
		},
		{
			audit.Event{Kind: audit.KindStart, Outcome: audit.OutcomeSuccess, Reason: audit.ReasonStarted, Program: []slog.Attr{slog.String("version", "v1")}},
			`"INFO","msg":"starting","event":"start","outcome":"success","reason":"started","address":"203.0.113.7","request_id":"r-1","trace_id":"` + trace + `","version":"v1"}`,
		},
	} {
		trail, file, out, log := recorder(t, audit.Config{})
		trail.Record(request(t.Context(), "r-1"), c.event)
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(begin+c.want+"\n", out.String()); diff != "" {
			t.Errorf("%s %s in the file (-want +got):\n%s", c.event.Kind, c.event.Reason, diff)
		}
		if diff := cmp.Diff(out.String(), log.String()); diff != "" {
			t.Errorf("%s %s in the log (-file +log):\n%s", c.event.Kind, c.event.Reason, diff)
		}
	}
}

// hostile are names that would be something else in a line, if they could.
var hostile = []string{
	"roy\n" + `{"time":"2026-11-28T11:00:00Z","level":"INFO","msg":"login failed","event":"login","outcome":"failure","reason":"unknown_user","address":"198.51.100.1"}`,
	`roy","address":"198.51.100.1","x":"`, `\","address":"198.51.100.1`, "a\u2028b\u2029c", "a\u0085b\u009bc", "\x00\x1b[31mred\x7f", "\u202egnp.exe", "zero\u200bwidth\ufeff",
	strings.Repeat("long ", 100_000), strings.Repeat("é", 200), "\xff\xfe not UTF-8", "", " ", "\t", "😀\U000e0001", "nb\u00a0sp", "<script>&", "address=198.51.100.1",
}

// TestHostileNames: whatever a name is, its line is one line, begins as any other up to
// the name, shows all that it has, and gives back the name.
func TestHostileNames(t *testing.T) {
	plain := lineOf(t, "plain")
	before, _, _ := strings.Cut(plain, `"plain"`)
	for _, name := range hostile {
		line := lineOf(t, name)
		if !strings.HasPrefix(line, before+`"`) || strings.Count(line, "\n") != 1 {
			t.Errorf("%.40q: the line begins otherwise, or is not one: %.300q", name, line)
		}
		if at := strings.IndexFunc(strings.TrimSuffix(line, "\n"), func(r rune) bool { return r != ' ' && (!unicode.IsGraphic(r) || unicode.IsSpace(r)) }); at >= 0 {
			t.Errorf("%.40q: there is something unseen at %d in %.300q", name, at, line)
		}
		if len(line) > len(before)+6*300 {
			t.Errorf("%.40q makes a line of %d bytes", name, len(line))
		}
		var entry struct{ Address, Username string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Errorf("%.40q: %v in %.300q", name, err, line)
			continue
		}
		if entry.Address != "203.0.113.7" {
			t.Errorf("%.40q: address %q", name, entry.Address)
		}
		read, cut := strings.CutSuffix(entry.Username, "…")
		if want := strings.ToValidUTF8(name, "\ufffd"); cut && (!strings.HasPrefix(want, read) || len(read) < 250) ||
			!cut && entry.Username != strings.Join(strings.Split(name, ""), "") && utf8.ValidString(name) {
			t.Errorf("%.40q is read as %.300q", name, entry.Username)
		}
	}
}

func lineOf(t *testing.T, name string) string {
	t.Helper()
	trail, file, out, log := recorder(t, audit.Config{})
	trail.Record(request(t.Context(), "r"), audit.Event{Kind: audit.KindLogin, Outcome: audit.OutcomeFailure, Reason: audit.ReasonUnknownUser, Account: audit.Typed(name)})
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if log.String() != out.String() {
		t.Errorf("%.40q: the log has %q, the file %q", name, log, out)
	}
	return out.String()
}

// TestHostileNamesInText: neither does a log in plain text take a name for a member.
func TestHostileNamesInText(t *testing.T) {
	for _, name := range hostile {
		var log bytes.Buffer
		trail, err := audit.New(audit.Config{Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		trail.Record(request(t.Context(), "r"), audit.Event{Kind: audit.KindLogin, Outcome: audit.OutcomeFailure, Account: audit.Typed(name)})
		line := log.String()
		_, last, _ := strings.Cut(line, " username=")
		if strings.Count(line, "\n") != 1 || !strings.Contains(line, " address=203.0.113.7 request_id=r ") || !quotedWhole(strings.TrimSuffix(last, "\n")) {
			t.Errorf("%.40q makes the line %.300q", name, line)
		}
	}
}

// quotedWhole reports whether a value in a text log cannot be taken for more than one.
func quotedWhole(value string) bool {
	inner, quoted := strings.CutPrefix(value, `"`)
	if !quoted {
		return !strings.ContainsAny(value, " =\"")
	}
	inner, ended := strings.CutSuffix(inner, `"`)
	inner = strings.ReplaceAll(strings.ReplaceAll(inner, `\\`, ""), `\"`, "")
	return ended && !strings.Contains(inner, `"`)
}

// TestUnknownNamesHidden: what was typed for a name is left out, a user's name is not.
func TestUnknownNamesHidden(t *testing.T) {
	trail, file, out, log := recorder(t, audit.Config{HideUnknownNames: true})
	for _, account := range []audit.Account{audit.Typed("correct horse"), audit.Known(userid.Number(1), "roy")} {
		trail.Record(t.Context(), audit.Event{Kind: audit.KindLogin, Outcome: audit.OutcomeFailure, Account: account})
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{out.String(), log.String()} {
		if strings.Contains(text, "horse") || strings.Count(text, `"username"`) != 1 || !strings.Contains(text, `"username":"roy"`) {
			t.Errorf("recorded:\n%s", text)
		}
	}
}

// TestObserved: whoever counts is told of each event, and a nil trail records none.
func TestObserved(t *testing.T) {
	var got []audit.Event
	trail, err := audit.New(audit.Config{Logger: slog.New(slog.DiscardHandler), Observe: func(e *audit.Event) { got = append(got, *e) }})
	if err != nil {
		t.Fatal(err)
	}
	trail.Record(t.Context(), audit.Event{Kind: audit.KindLogin, Form: "bcrypt"})
	if len(got) != 1 || got[0].Form != "bcrypt" {
		t.Errorf("observed %v", got)
	}
	(*audit.Trail)(nil).Record(t.Context(), audit.Event{})
}
