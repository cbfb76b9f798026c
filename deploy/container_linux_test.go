package deploy

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/restauth/restauth/internal/dbtest"
)

// TestContainerfile holds it against hadolint's rules.
func TestContainerfile(t *testing.T) {
	if out, err := exec.Command(tool(t, "hadolint", "hadolint/bin/hadolint"), "--failure-threshold", "style", "Containerfile").CombinedOutput(); err != nil {
		t.Errorf("hadolint: %v\n%s", err, out)
	}
}

// image is what the steps of a Containerfile make.
type image struct {
	root                     string
	uid, gid                 int
	folder                   string
	env                      []string
	entrypoint, cmd, healthy []string
}

// build takes the steps that deploy/Containerfile has, and fails at any other.
func build(t *testing.T, file, context string) image {
	t.Helper()
	i := image{root: t.TempDir()}
	if err := os.Chmod(i.root, 0o755); err != nil {
		t.Fatal(err)
	}
	list := func(text string) (all []string) {
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return all
	}
	for line := range strings.Lines(strings.ReplaceAll(read(t, file), "\\\n", " ")) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "", "#", "LABEL", "EXPOSE", "VOLUME":
		case "FROM":
			if rest != "scratch" {
				t.Fatalf("FROM %s: want scratch", rest)
			}
		case "COPY":
			part := strings.Fields(rest)
			uid, gid := ids(t, strings.TrimPrefix(part[0], "--chown="))
			copyTree(t, filepath.Join(context, part[1]), filepath.Join(i.root, part[2]), uid, gid)
		case "USER":
			i.uid, i.gid = ids(t, rest)
		case "WORKDIR":
			i.folder = rest
		case "ENV":
			i.env = append(i.env, rest)
		case "ENTRYPOINT":
			i.entrypoint = list(rest)
		case "CMD":
			i.cmd = list(rest)
		case "HEALTHCHECK":
			_, command, _ := strings.Cut(rest, "CMD ")
			i.healthy = list(command)
		default:
			if !strings.HasPrefix(word, "#") {
				t.Fatalf("this test does not know %s", word)
			}
		}
	}
	return i
}

func ids(t *testing.T, text string) (uid, gid int) {
	t.Helper()
	u, g, _ := strings.Cut(text, ":")
	uid, err := strconv.Atoi(u)
	if err != nil {
		t.Fatal(err)
	}
	if gid, err = strconv.Atoi(g); err != nil {
		t.Fatal(err)
	}
	return uid, gid
}

// copyTree copies what is in a folder into another. Only root can give it away; for
// anybody else it stays their own, which the name space below shows as the image's user.
func copyTree(t *testing.T, from, to string, uid, gid int) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(from, path)
		target := filepath.Join(to, name)
		if entry.IsDir() {
			if err := os.MkdirAll(target, 0o755); err != nil {
				return err
			}
		} else {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if err := os.WriteFile(target, data, 0o600); err != nil {
				return err
			}
		}
		if os.Geteuid() == 0 {
			if err := os.Chown(target, uid, gid); err != nil {
				return err
			}
		}
		if target == filepath.Clean(to) && name == "." && uid == 0 {
			return nil // the root
		}
		return os.Chmod(target, info.Mode())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// command runs one in the image, as its user and with nothing of this machine.
func (i image) command(env []string, args ...string) *exec.Cmd {
	cmd := &exec.Cmd{Path: args[0], Args: args, Dir: i.folder, Env: append(env, i.env...)}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: i.root}
	if os.Geteuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(i.uid), Gid: uint32(i.gid)}
		return cmd
	}
	cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: i.uid, HostID: os.Getuid(), Size: 1}}
	cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: i.gid, HostID: os.Getgid(), Size: 1}}
	return cmd
}

// TestImage: what the Containerfile makes serves logins as its user, with nothing but what
// is in it, and its health check tells.
func TestImage(t *testing.T) {
	context := filepath.Join(t.TempDir(), "image")
	if out, err := exec.Command("../scripts/image-root.sh", dbtest.Restauth(t), context).CombinedOutput(); err != nil {
		t.Fatalf("image-root.sh: %v\n%s", err, out)
	}
	i := build(t, "Containerfile", context)
	if i.uid == 0 || len(i.entrypoint) == 0 || len(i.cmd) == 0 || len(i.healthy) == 0 {
		t.Fatalf("the image is %+v, want a user, an entrypoint, a command and a health check", i)
	}
	for parent := i.root; parent != "/"; parent = filepath.Dir(parent) { // the image's user has to get there
		if info, err := os.Stat(parent); err == nil && info.Mode().Perm()&0o005 != 0o005 && os.Geteuid() == 0 {
			if err := os.Chmod(parent, info.Mode()|0o055); err != nil {
				t.Fatal(err)
			}
		}
	}
	addAnn(t, i.command(nil, i.entrypoint...))
	port := dbtest.FreePort(t)
	env := []string{"RESTAUTH_LOG_FORMAT=json", "RESTAUTH_LOGIN_MAX_WAIT=10s"}
	// Another port than the image's: another test may have that.
	i.env = []string{strings.Replace(i.env[0], ":5000", ":"+port, 1)}
	if out, err := i.command(nil, i.healthy...).CombinedOutput(); err == nil {
		t.Errorf("before it runs the health check passes: %s", out)
	}
	log := start(t, i.command(env, append(i.entrypoint, i.cmd...)...))
	lineOf(t, log, "listening", any1)
	eventually(t, "the health check passes", func() bool { return i.command(nil, i.healthy...).Run() == nil })
	if status, err := login(http.DefaultClient, "http://127.0.0.1:"+port); status != http.StatusOK || err != nil {
		t.Errorf("a login = %d, %v, want 200", status, err)
	}
	// The authorities are there: a server whose certificate none of them knows is refused for that.
	if _, err := os.Stat(filepath.Join(i.root, "etc/ssl/certs/ca-certificates.crt")); err != nil {
		t.Error(err)
	}
	if out, err := i.command(nil, "/usr/bin/restauth", "licenses").Output(); err != nil || !strings.Contains(string(out), "The Go standard library") {
		t.Errorf("licenses: %v", err)
	}
}
