package galera

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/restauth/restauth/internal/dbtest"
)

// inside is set for the process that runs in a network of its own, to the test that
// it runs.
const inside = "RESTAUTH_GALERA_INSIDE"

// Run runs body in a network of the test's own. t has to be a test, not a part of
// one. The t of body is another, of a process that runs this test alone; what it logs
// is logged here.
func Run(t *testing.T, body func(t *testing.T)) {
	t.Helper()
	dbtest.Want(t, "galera")
	if os.Getenv(inside) == t.Name() {
		body(t)
		return
	}
	cmd := again(t)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	// The kernel kills the child when this thread ends, see process.Start.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v; %s", "cannot make a network for Galera", err, remedy(err))
	}
	relay(t, out)
	if err := cmd.Wait(); err != nil {
		t.Errorf("in a network of its own the test failed: %v", err)
	}
}

// again is the command that runs this test alone.
func again(t *testing.T) *exec.Cmd {
	args := []string{"-test.run=^" + regexp.QuoteMeta(t.Name()) + "$", "-test.v", "-test.count=1"}
	if deadline, ok := t.Deadline(); ok {
		// So that it ends by itself, with its goroutines' stacks, before this one.
		args = append(args, "-test.timeout="+max(time.Until(deadline)-10*time.Second, time.Second).String())
	}
	cmd := exec.Command("/proc/self/exe", args...)
	cmd.Env = append(os.Environ(), inside+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: unix.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
	}
	if !mayMakeNetworks() {
		// In a user name space of its own anybody may. Its root is this user.
		cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return cmd
}

// mayMakeNetworks reports CAP_SYS_ADMIN and CAP_NET_ADMIN.
func mayMakeNetworks() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false
	}
	const want = 1<<unix.CAP_SYS_ADMIN | 1<<unix.CAP_NET_ADMIN
	return data[0].Effective&want == want
}

// remedy is what to do where no name space can be made.
func remedy(err error) string {
	switch {
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EUSERS):
		return "raise user.max_user_namespaces and user.max_net_namespaces with sysctl"
	case errors.Is(err, unix.EPERM), errors.Is(err, unix.EACCES), errors.Is(err, unix.EINVAL):
		return "run the tests as root with CAP_SYS_ADMIN and CAP_NET_ADMIN (docker run --privileged), or let users make name spaces: " +
			"sysctl kernel.unprivileged_userns_clone=1 on Debian, kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu; nobody may in a chroot"
	}
	return "the kernel needs CONFIG_NET_NS and CONFIG_USER_NS"
}

// relay logs what the other process says, without what go test says of each test.
func relay(t *testing.T, out io.Reader) {
	frame := regexp.MustCompile(`^\s*(=== \w+|--- (PASS|FAIL): .*|PASS|FAIL|ok\s.*|coverage: .*)`)
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if line := lines.Text(); !frame.MatchString(line) || strings.Contains(line, "--- FAIL") {
			t.Log(line)
		}
	}
	if err := lines.Err(); err != nil {
		t.Errorf("read what the test says: %v", err)
		_, _ = io.Copy(io.Discard, out)
	}
}

// must explains the failure of a step that only a missing program can explain.
func must(program string) (string, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return "", fmt.Errorf("%s not found: run scripts/test-deps.sh", program)
	}
	return path, nil
}
