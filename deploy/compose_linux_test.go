package deploy

import (
	"encoding/json"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/restauth/restauth/internal/dbtest"
)

// composed is what the test looks at of a compose file.
type composed struct {
	Services map[string]struct {
		Restart     string
		Environment map[string]string
		Secrets     []struct{ Source string }
		Healthcheck any
		Command     []string
		ReadOnly    bool     `json:"read_only"`
		CapDrop     []string `json:"cap_drop"`
		Deploy      struct {
			Resources struct {
				Limits struct {
					CPUs   any
					Memory any
				}
			}
		}
	}
	Secrets map[string]struct{ File string }
}

// compose reads the file as the compose specification's own library does, which refuses
// what does not keep to it.
func compose(t *testing.T, folder string) (c composed) {
	t.Helper()
	tools, err := filepath.Abs("../scripts/tools/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	where, err := exec.Command("go", "tool", "-n", "-modfile="+tools, "github.com/compose-spec/compose-go/v2/cmd").Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(strings.TrimSpace(string(where)), "-format", "json", "compose.yaml")
	cmd.Dir = folder
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the compose file: %v\n%s", err, out)
	}
	if err := json.Unmarshal(out, &c); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return c
}

// TestCompose: the file is one, its services have what keeps them up and bounded, and what
// it makes works: its script's tables and users on a real MariaDB, and restauth with its
// environment beside them.
func TestCompose(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"compose.yaml", "secrets.sh", "10-restauth.sh"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(read(t, "compose/"+name)), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(filepath.Join(folder, "secrets.sh")).CombinedOutput(); err != nil {
		t.Fatalf("secrets.sh: %v\n%s", err, out)
	}
	c := compose(t, folder)
	for name, service := range c.Services {
		if service.Restart == "" || service.Deploy.Resources.Limits.CPUs == nil || service.Deploy.Resources.Limits.Memory == nil {
			t.Errorf("%s has no restart, or no limits", name)
		}
		for variable := range service.Environment {
			if name == "restauth" && !strings.Contains(read(t, "../docs/settings.md"), "`"+variable+"`") {
				t.Errorf("%s is no setting", variable)
			}
		}
	}
	if s := c.Services["restauth"]; !s.ReadOnly || len(s.CapDrop) != 1 {
		t.Errorf("restauth may write, or has capabilities: %+v", s)
	}
	if c.Services["db"].Healthcheck == nil {
		t.Error("db has no health check")
	}
	secret := func(variable string) string { // where it is here
		path := c.Services["restauth"].Environment[variable]
		file := c.Secrets[strings.TrimPrefix(path, "/run/secrets/")].File
		if file == "" {
			t.Fatalf("%s is %q, want a secret of the file", variable, path)
		}
		return file
	}
	server := dbtest.Start(t, dbtest.KindMariaDB)
	admin, err := url.Parse(server.AdminURL())
	if err != nil {
		t.Fatal(err)
	}
	initialize(t, folder, admin, secret)
	serveComposed(t, folder, c, admin, secret)
}

// initialize does what MariaDB's image does with the script in its first start.
func initialize(t *testing.T, folder string, admin *url.URL, secret func(string) string) {
	t.Helper()
	script := exec.Command("bash", "-c", `docker_process_sql() { cat; }; . "$0"`, filepath.Join(folder, "10-restauth.sh"))
	for _, variable := range []string{"RESTAUTH_USERS_PASSWORD_FILE", "RESTAUTH_STATE_PASSWORD_FILE"} {
		script.Env = append(script.Env, variable+"="+secret(variable))
	}
	script.Env = append(script.Env, "PATH="+os.Getenv("PATH"))
	statements, err := script.Output()
	if err != nil {
		t.Fatalf("the script: %v", err)
	}
	dbtest.Exec(t, admin.String(), "CREATE DATABASE shop") // MARIADB_DATABASE
	for statement := range strings.SplitSeq(string(statements), ";") {
		if strings.TrimSpace(statement) != "" {
			dbtest.Exec(t, admin.String(), statement)
		}
	}
	// A row as Flask applications have them; the hash is of annsPassword.
	hash, err := exec.Command("python3", "-c", `import hashlib; print("pbkdf2:sha256:1000$salt$" + hashlib.pbkdf2_hmac("sha256", b"`+annsPassword+`", b"salt", 1000).hex())`).Output()
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Exec(t, admin.String(), "INSERT INTO shop.user (username, password) VALUES ('"+ann+"', '"+strings.TrimSpace(string(hash))+"')")
}

// serveComposed runs restauth with the command and the environment that the file has, but
// for the addresses, and logs in.
func serveComposed(t *testing.T, folder string, c composed, admin *url.URL, secret func(string) string) {
	t.Helper()
	service := c.Services["restauth"]
	cmd := exec.Command(dbtest.Restauth(t), service.Command...)
	cmd.Dir = folder
	cmd.Env = []string{"RESTAUTH_LISTEN=127.0.0.1:0", "RESTAUTH_LOG_FORMAT=json", "RESTAUTH_LOGIN_MAX_WAIT=10s", "RESTAUTH_USERS_TIMEOUT=30s"}
	for variable, value := range service.Environment {
		switch {
		case strings.HasPrefix(value, "/run/secrets/"):
			value = secret(variable)
		case strings.HasPrefix(value, "mysql://"):
			value = strings.Replace(value, "@db/", "@"+admin.Host+"/", 1)
		}
		cmd.Env = append(cmd.Env, variable+"="+value)
	}
	log := start(t, cmd)
	addr, _ := lineOf(t, log, "listening", any1)["addr"].(string)
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	base := "http://127.0.0.1:" + port
	eventually(t, "it is ready", func() bool {
		resp, err := http.Get(base + "/readyz")
		if err != nil {
			return false
		}
		resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	})
	if status, err := login(http.DefaultClient, base); status != http.StatusOK || err != nil {
		t.Errorf("a login = %d, %v, want 200", status, err)
	}
}
