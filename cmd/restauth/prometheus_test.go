package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/restauth/restauth/internal/dbtest"
	"github.com/restauth/restauth/internal/programs"
)

const (
	prometheusFolder = "../../deploy/prometheus"
	dashboardFile    = "../../deploy/grafana/restauth.json"
)

// TestPromtool: the rules are well-formed, each alert fires when it should and not
// otherwise, and what a server says passes promtool's lint.
func TestPromtool(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"check", "config", "prometheus.yml"}, {"check", "rules", "alerts.yml"}, {"test", "rules", "alerts_test.yml"},
	} {
		promtool := programs.Promtool(t, args...)
		promtool.Dir = prometheusFolder
		if out, err := promtool.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	s := measured(t)
	s.login("roy", "roy")
	_, text := s.operator("/metrics")
	promtool := programs.Promtool(t, "check", "metrics")
	promtool.Stdin = strings.NewReader(text)
	if out, err := promtool.CombinedOutput(); err != nil || len(bytes.TrimSpace(out)) > 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
	tested := readFile(t, prometheusFolder+"/alerts_test.yml")
	for name := range alerts(t) {
		if n := strings.Count(tested, "alertname: "+name); n != 2 {
			t.Errorf("alerts_test.yml has %d cases of %s, want one that fires and one that does not", n, name)
		}
	}
}

// alerts are the expressions of alerts.yml, by their names.
func alerts(t *testing.T) map[string]string {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	if err := yaml.Unmarshal([]byte(readFile(t, prometheusFolder+"/alerts.yml")), &file); err != nil {
		t.Fatal(err)
	}
	all := make(map[string]string)
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			all[rule.Alert] = rule.Expr
		}
	}
	if len(all) < 10 {
		t.Fatalf("%d alerts", len(all))
	}
	return all
}

// panel is one of the dashboard's.
type panel struct {
	ID          int
	Type, Title string
	Description string
	GridPos     struct{ H, W, X, Y int }
	Targets     []struct{ Expr, RefID string }
}

func dashboard(t *testing.T) []panel {
	t.Helper()
	var file struct{ Panels []panel }
	if err := json.Unmarshal([]byte(readFile(t, dashboardFile)), &file); err != nil {
		t.Fatal(err)
	}
	return file.Panels
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// queries are those of the dashboard and of the alerts, as Grafana would put them.
func queries(t *testing.T) map[string]string {
	t.Helper()
	all := alerts(t)
	fill := strings.NewReplacer("$__rate_interval", "1m", "$instance", ".*")
	for _, p := range dashboard(t) {
		for _, target := range p.Targets {
			all[p.Title+" "+target.RefID] = fill.Replace(target.Expr)
		}
	}
	return all
}

// TestDashboard: panels do not overlap, and each has a title, a description and a query.
func TestDashboard(t *testing.T) {
	t.Parallel()
	taken, ids := make(map[[2]int]string), make(map[int]bool)
	for _, p := range dashboard(t) {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && (p.Description == "" || len(p.Targets) == 0) {
			t.Errorf("panel %d, %q: the id is taken, or something is missing", p.ID, p.Title)
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != "" || x >= 24 {
					t.Fatalf("%s is where %q is", p.Title, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// TestMetricsDocumented: docs/metrics.md has the metrics that a server has, with their
// labels, and no others.
func TestMetricsDocumented(t *testing.T) {
	t.Parallel()
	s := measured(t)
	s.do("GET", "/rest-auth", "", "Bearer "+s.login("roy", "roy"))
	s.attempt("roy", "x")
	served := make(map[string][]string)
	for series := range s.metrics() {
		name, labels, _ := strings.Cut(strings.TrimSuffix(series, "}"), "{")
		name = regexp.MustCompile(`_seconds_(bucket|sum|count)$`).ReplaceAllString(name, "_seconds")
		if strings.HasPrefix(name, "go_") || strings.HasPrefix(name, "process_") {
			continue
		}
		for _, label := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(labels, -1) {
			if label[1] != "le" && !slices.Contains(served[name], label[1]) {
				served[name] = append(served[name], label[1])
			}
		}
		served[name] = append([]string{}, served[name]...)
		slices.Sort(served[name])
	}
	documented := make(map[string][]string)
	for line := range strings.Lines(readFile(t, "../../docs/metrics.md")) {
		cells := strings.Split(line, "|")
		if len(cells) != 5 || !strings.HasPrefix(line, "| `") {
			continue
		}
		labels := []string{}
		for _, label := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(cells[2], -1) {
			labels = append(labels, label[1])
		}
		slices.Sort(labels)
		for _, name := range regexp.MustCompile("`(\\w+)`").FindAllStringSubmatch(cells[1], -1) {
			documented[name[1]] = labels
		}
	}
	if diff := cmp.Diff(served, documented); diff != "" {
		t.Errorf("docs/metrics.md (-served +documented):\n%s", diff)
	}
}

// prometheus is a real one that reads a server's metrics.
type prometheus struct {
	t   *testing.T
	url string
}

// startPrometheus runs it on deploy/prometheus's configuration, with the server's address
// in place of the file's, and asks more often than every 15 seconds.
func startPrometheus(t *testing.T, s *testServer) *prometheus {
	t.Helper()
	folder := t.TempDir()
	for _, name := range []string{"prometheus.yml", "alerts.yml"} {
		text := strings.NewReplacer(
			"127.0.0.1:9464", strings.TrimPrefix(s.operatorURL(), "http://"), "_interval: 15s", "_interval: 250ms",
		).Replace(readFile(t, filepath.Join(prometheusFolder, name)))
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	address := net.JoinHostPort("127.0.0.1", dbtest.FreePort(t))
	var log buffer
	process := programs.Prometheus(t, "--config.file="+folder+"/prometheus.yml", "--storage.tsdb.path="+folder+"/data",
		"--web.listen-address="+address, "--log.level=warn")
	process.Stdout, process.Stderr = &log, &log
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Kill()
		_ = process.Wait()
		if t.Failed() {
			t.Logf("prometheus:\n%s", &log)
		}
	})
	p := &prometheus{t, "http://" + address}
	eventually(t, "Prometheus is ready", func() bool {
		resp, err := http.Get(p.url + "/-/ready")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == 200
	})
	return p
}

// get returns data of an answer, and fails the test where it says anything else than
// success.
func (p *prometheus) get(path string, into any) {
	p.t.Helper()
	resp, err := http.Get(p.url + "/api/v1/" + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.Unmarshal(text, &answer); err != nil || answer.Status != "success" {
		p.t.Fatalf("%s: %v %s", path, err, text)
	}
	if err := json.Unmarshal(answer.Data, into); err != nil {
		p.t.Fatalf("%s: %v in %s", path, err, text)
	}
}

// query returns the values of what a query finds.
func (p *prometheus) query(query string) (values []string) {
	p.t.Helper()
	var data struct {
		Result []struct{ Value [2]any }
	}
	p.get("query?query="+url.QueryEscape(query), &data)
	for _, r := range data.Result {
		values = append(values, fmt.Sprint(r.Value[1]))
	}
	return values
}

// TestPrometheus: a real Prometheus reads a running server. It takes every query of the
// dashboard and of the alerts, and has each metric that these name; a login that fails
// is seen in the dashboard.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	s := measured(t)
	p := startPrometheus(t, s)
	eventually(t, "the server was read twice", func() bool {
		return len(p.query(`count_over_time(up{job="restauth"}[1m]) > 1`)) > 0
	})
	s.do("GET", "/rest-auth", "", "JWT "+s.login("roy", "roy"))
	s.attempt("roy", "x")
	all := queries(t)
	eventually(t, "the failed login is in the dashboard", func() bool {
		values := p.query(all["Failed logins A"])
		return len(values) == 1 && values[0] != "0"
	})
	if values := p.query(all["Why they fail A"]); len(values) < 3 {
		t.Errorf("the panel of reasons has %v", values)
	}
	var names []string
	p.get("label/__name__/values", &names)
	used := regexp.MustCompile(`\b((?:restauth|http|db|go|process)_\w+|up)\b`)
	inner := regexp.MustCompile(`\{[^}]*\}|by \([^)]*\)`)
	for title, query := range all {
		p.query(query)
		found := used.FindAllString(inner.ReplaceAllString(query, ""), -1)
		if len(found) == 0 {
			t.Errorf("%s names no metric: %s", title, query)
		}
		for _, name := range found {
			if !slices.Contains(names, name) {
				t.Errorf("%s: nothing is called %s in %s", title, name, query)
			}
		}
	}
	var rules struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError, State string }
		}
	}
	p.get("rules", &rules)
	for _, rule := range rules.Groups[0].Rules {
		if rule.Health == "err" || rule.State == "firing" {
			t.Errorf("alert %s is %s: %s %s", rule.Name, rule.State, rule.Health, rule.LastError)
		}
	}
}
