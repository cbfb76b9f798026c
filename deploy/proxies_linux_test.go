package deploy

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restauth/restauth/internal/certtest"
	"github.com/restauth/restauth/internal/dbtest"
)

// front is a proxy with the recipe of this folder, but for where its files and ports are.
type front struct {
	recipe  string
	replace []string // pairs, as in the recipe and as here; each has to be in it
	prepare func(t *testing.T, folder string, pair certtest.Pair)
	command func(t *testing.T, config, folder string) *exec.Cmd
}

func fronts(port, back string) map[string]front {
	at := "127.0.0.1:" + back
	return map[string]front{
		"nginx": {
			recipe: "nginx/restauth.conf",
			replace: []string{
				"server 127.0.0.1:5000;", "server " + at + ";", "listen 443 ssl", "listen 127.0.0.1:" + port + " ssl",
				"/etc/letsencrypt/live/login.example.com/fullchain.pem", "cert.pem", "/etc/letsencrypt/live/login.example.com/privkey.pem", "key.pem",
			},
			command: func(t *testing.T, config, folder string) *exec.Cmd {
				general := "daemon off; pid nginx.pid; error_log stderr; events {} http { access_log off; include " + config + ";"
				for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
					general += " " + kind + "_temp_path " + kind + ";"
				}
				if err := os.WriteFile(filepath.Join(folder, "nginx.conf"), []byte(general+" }\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				return exec.Command(tool(t, "nginx", "nginx/usr/sbin/nginx"), "-p", folder, "-c", "nginx.conf", "-e", "stderr")
			},
		},
		"Caddy": {
			recipe:  "caddy/Caddyfile",
			replace: []string{"127.0.0.1:5000 {", at + " {", "login.example.com {", "{\n\tadmin off\n\tauto_https off\n}\nhttps://localhost:" + port + " {\n\tbind 127.0.0.1\n\ttls cert.pem key.pem"},
			command: func(t *testing.T, config, folder string) *exec.Cmd {
				cmd := exec.Command(tool(t, "caddy", "caddy/usr/bin/caddy"), "run", "--adapter", "caddyfile", "--config", config)
				cmd.Env = append(os.Environ(), "XDG_DATA_HOME="+folder, "XDG_CONFIG_HOME="+folder)
				return cmd
			},
		},
		"HAProxy": {
			recipe:  "haproxy/tls.cfg",
			replace: []string{"restauth1 127.0.0.1:5000", "restauth1 " + at, "bind :443", "bind 127.0.0.1:" + port, "/etc/haproxy/login.example.com.pem", "both.pem"},
			prepare: func(t *testing.T, folder string, pair certtest.Pair) {
				if err := os.WriteFile(filepath.Join(folder, "both.pem"), append(pair.Cert, pair.Key...), 0o600); err != nil {
					t.Fatal(err)
				}
			},
			command: func(t *testing.T, config, folder string) *exec.Cmd {
				general := filepath.Join(folder, "general.cfg")
				if err := os.WriteFile(general, []byte("global\n\tlog stderr local0\n"), 0o600); err != nil {
					t.Fatal(err)
				}
				return exec.Command(tool(t, "haproxy", "haproxy/usr/sbin/haproxy"), "-db", "-f", general, "-f", config)
			},
		},
	}
}

// TestProxies: a login through each, over HTTP/2 and HTTP/1.1, and the client's address is
// the one it has, whatever it says.
func TestProxies(t *testing.T) {
	work := t.TempDir()
	restauth := func(args ...string) *exec.Cmd {
		cmd := exec.Command(dbtest.Restauth(t), args...)
		cmd.Dir = work
		return cmd
	}
	addAnn(t, restauth())
	log := start(t, restauth("serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--trusted-proxies", "127.0.0.1", "--login-max-wait", "10s"))
	addr, _ := lineOf(t, log, "listening", any1)["addr"].(string)
	_, back, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	from := map[string]string{"nginx": "127.0.0.11", "Caddy": "127.0.0.12", "HAProxy": "127.0.0.13"}
	for name := range fronts("", "") {
		t.Run(name, func(t *testing.T) {
			port, folder, pair := dbtest.FreePort(t), t.TempDir(), certtest.Valid(t)
			f := fronts(port, back)[name]
			pair.Write(t, folder)
			if f.prepare != nil {
				f.prepare(t, folder, pair)
			}
			config := read(t, f.recipe)
			for i := 0; i < len(f.replace); i += 2 {
				if !strings.Contains(config, f.replace[i]) {
					t.Fatalf("%s has no %q", f.recipe, f.replace[i])
				}
				config = strings.ReplaceAll(config, f.replace[i], f.replace[i+1])
			}
			file := filepath.Join(folder, "recipe")
			if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := f.command(t, file, folder)
			cmd.Dir = folder
			start(t, cmd)

			dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from[name])}}
			dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, "127.0.0.1:"+port)
			}
			for _, protocol := range []string{"h2", "http/1.1"} {
				transport := &http.Transport{DialContext: dial, TLSClientConfig: pair.Client(protocol), ForceAttemptHTTP2: protocol == "h2", DisableKeepAlives: protocol != "h2"}
				client := &http.Client{Transport: transport, Timeout: patience}
				var status int
				var err error
				eventually(t, "it answers", func() bool {
					status, err = login(client, "https://localhost")
					return err == nil && status != http.StatusBadGateway && status != http.StatusServiceUnavailable
				})
				if status != http.StatusOK {
					t.Errorf("a login over %s = %d, want 200", protocol, status)
				}
				transport.CloseIdleConnections()
			}
			remote := lineOf(t, log, "request", func(line map[string]any) bool { return line["remote"] == from[name] && line["status"] == 200.0 })
			if remote["operation"] != "login" {
				t.Errorf("the log's line of it is %v, want the operation login", remote)
			}
			if strings.Contains(read(t, log), "192.0.2.66") {
				t.Errorf("the log has the address that the client made up:\n%s", read(t, log))
			}
		})
	}
}
