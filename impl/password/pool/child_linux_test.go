package pool

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/restauth/restauth/impl/password"
	"github.com/restauth/restauth/impl/password/gate"
)

func needChildren(testing.TB) {}

// roles are what the test binary can be instead.
func roles() map[string]func([]string) error {
	return map[string]func([]string) error{
		childArg:  ServeChild,
		"-parent": playParent,
		"ends":    func([]string) error { return ErrEnded },
		"ends over work": func([]string) error {
			_, _ = unix.Read(firstSocket, make([]byte, maxFrame)) // whatever it is
			return ErrEnded
		},
		"talks nonsense": func([]string) error { return speak([]byte("nonsense, not a frame")) },
		"says yes to others": func([]string) error {
			b := make([]byte, maxFrame)
			n, err := unix.Read(firstSocket, b)
			if err != nil {
				return err
			}
			f, err := parseFrame(b[:n])
			if err != nil {
				return err
			}
			return speak(frame{kind: kindDone, id: f.id + 1, match: true}.append(nil))
		},
	}
}

func speak(b []byte) error {
	if _, err := unix.Write(firstSocket, b); err != nil {
		return err
	}
	time.Sleep(time.Minute) // Until it is ended.
	return nil
}

// playParent has a child and waits to be killed.
func playParent([]string) error {
	p, err := New(Config{Slots: 1, Child: []string{childArg}})
	if err != nil {
		return err
	}
	bounded, err := gate.New(gate.Config{}, p)
	if err != nil {
		return err
	}
	g := hashing{bounded, p}
	h, err := password.Parse("pbkdf2:sha256:5000000$k1Ud5dzh$" + strings.Repeat("0", 64))
	if err != nil {
		return err
	}
	go func() {
		for childOf(g) == 0 {
			time.Sleep(time.Millisecond)
		}
		_, _ = os.Stdout.WriteString(strconv.Itoa(childOf(g)) + "\n")
	}()
	for {
		_, _ = g.Verify(context.Background(), h, "", gate.Client{})
	}
}

func childOf(g hashing) int {
	g.pool.mu.Lock()
	defer g.pool.unlock()
	if c := g.pool.children.now; c != nil {
		return c.process.cmd.Process.Pid
	}
	return 0
}

func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// stopped stops the gate's child and has it given a hash, which is under way until the
// child goes on or another has it. It returns what comes of that and the child's process id.
func stopped(t testing.TB, g hashing, h password.Hash) (<-chan result, int) {
	t.Helper()
	<-verifyAll(t, g, mustParse(t, royHash), 1)
	pid := serving(t, g)
	kill(t, pid, syscall.SIGSTOP)
	results := verifyAll(t, g, h, 1)
	for deadline := time.Now().Add(testPatience); underWay(g) == 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nothing is under way")
		}
	}
	return results, pid
}

func kill(t testing.TB, pid int, signal syscall.Signal) {
	t.Helper()
	if err := syscall.Kill(pid, signal); err != nil {
		t.Fatal(err)
	}
}

// TestChildDies: once its work is done by another, twice the verification fails,
// and the next goes well. The log has one line of it, and one when all has gone well
// for a while.
func TestChildDies(t *testing.T) {
	log := new(logBuffer)
	g := withChild(t, settings{Slots: 1, MaxWait: always, Logger: log.logger()})
	keepPriority(g)
	results, first := stopped(t, g, mustParse(t, royHash))
	kill(t, first, syscall.SIGKILL)
	if r := <-results; !r.match || r.err != nil {
		t.Errorf("after one death Verify() = %v, %v", r.match, r.err)
	}
	results, second := stopped(t, g, mustParse(t, royHash))
	children := func(args ...string) {
		g.pool.mu.Lock()
		defer g.pool.unlock()
		g.pool.children.args = args
	}
	children("ends over work")
	kill(t, second, syscall.SIGKILL)
	r := <-results
	children(childArg)
	if r.match || !errors.Is(r.err, ErrEnded) {
		t.Errorf("after two deaths Verify() = %v, %v", r.match, r.err)
	}
	if match, err := g.Verify(t.Context(), mustParse(t, royHash), "roy", gate.Client{}); !match || err != nil {
		t.Errorf("afterwards Verify() = %v, %v", match, err)
	}
	if n := strings.Count(log.String(), "another takes its place"); n != 1 || strings.Contains(log.String(), "ERROR") {
		t.Errorf("the log:\n%s", log)
	}
	idle(t, g)
	g.pool.mu.Lock()
	defer g.pool.unlock()
	g.pool.children.trouble.until = time.Now()
	g.pool.children.trouble.end()
	if want := "lost=3 logins_under_way=3 logins_refused=1"; !strings.Contains(log.String(), want) {
		t.Errorf("the log, without %s:\n%s", want, log)
	}
}

// TestChildIgnoresSignals that mean the gate's process to finish first.
func TestChildIgnoresSignals(t *testing.T) {
	g := withChild(t, settings{Slots: 1, MaxWait: always})
	keepPriority(g)
	results, pid := stopped(t, g, endless(t))
	kill(t, pid, syscall.SIGCONT)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP} {
		kill(t, pid, signal)
	}
	if r := <-results; r.err != nil {
		t.Errorf("Verify() = %v, %v", r.match, r.err)
	}
	if childOf(g) != pid {
		t.Error("the child ended by a signal")
	}
	if group, err := syscall.Getpgid(pid); err != nil || group != pid {
		t.Errorf("its process group is %d, %v, want its own, %d", group, err, pid)
	}
}

// TestChildStopped goes on where it was, and who does not wait leaves.
func TestChildStopped(t *testing.T) {
	g := withChild(t, settings{Slots: 1, MaxWait: always})
	keepPriority(g)
	results, pid := stopped(t, g, mustParse(t, royHash))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if match, err := g.Verify(ctx, mustParse(t, royHash), "roy", gate.Client{}); match || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Verify() = %v, %v", match, err)
	}
	others := verifyAll(t, g, mustParse(t, royHash), 7)
	time.Sleep(10 * time.Millisecond)
	kill(t, pid, syscall.SIGCONT)
	for range 8 {
		var r result
		select {
		case r = <-results:
		case r = <-others:
		}
		if !r.match || r.err != nil {
			t.Errorf("after SIGCONT Verify() = %v, %v", r.match, r.err)
		}
	}
	idle(t, g)
}

// TestChildGivesUpAtOnce: a task that was given up before the child saw it leaves
// the slot as good as it was.
func TestChildGivesUpAtOnce(t *testing.T) {
	p, err := startProcess([]string{childArg}, 1, farthestBack)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		p.closeAll()
		_ = p.wait() // It ends with its sockets.
	}()
	begin := frame{kind: kindBegin, id: 1, hash: royHash, password: "roy"}
	ask := func(f frame) {
		t.Helper()
		if _, err := p.conns[0].Write(f.append(nil)); err != nil {
			t.Fatal(err)
		}
	}
	answer := func(id uint32, match bool) {
		t.Helper()
		b := make([]byte, maxFrame)
		if err := p.conns[0].SetReadDeadline(time.Now().Add(testPatience)); err != nil {
			t.Fatal(err)
		}
		n, err := p.conns[0].Read(b)
		if err != nil {
			t.Fatal(err)
		}
		if f, err := parseFrame(b[:n]); err != nil || f.id != id || f.match != match || f.fault != "" {
			t.Errorf("it answers %+v, %v, want %d, %v", f, err, id, match)
		}
	}
	ask(begin)
	answer(1, true)
	kill(t, p.cmd.Process.Pid, syscall.SIGSTOP)
	begin.id = 2
	ask(begin)
	ask(frame{kind: kindGiveUp, id: 2})
	kill(t, p.cmd.Process.Pid, syscall.SIGCONT)
	answer(2, false)
	begin.id = 3
	ask(begin)
	answer(3, true)
}

// TestParentDies: the child does not outlive it, even in the middle of a hash.
func TestParentDies(t *testing.T) {
	parent := exec.Command("/proc/self/exe", "-parent")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 20)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	if err != nil || !alive(pid) {
		t.Fatalf("its child is %q, %v", line[:n], err)
	}
	kill(t, parent.Process.Pid, syscall.SIGKILL)
	_ = parent.Wait()
	ends(t, pid)
}

// TestChildHasNothing of its parent's but its sockets.
func TestChildHasNothing(t *testing.T) {
	t.Setenv("RESTAUTH_SECRET_KEY", "not for a child")
	g := withChild(t, settings{Slots: 2, MaxWait: always})
	keepPriority(g)
	<-verifyAll(t, g, mustParse(t, royHash), 1)
	proc := "/proc/" + strconv.Itoa(serving(t, g))
	env, err := os.ReadFile(proc + "/environ")
	if err != nil {
		t.Fatal(err)
	}
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(env), "\x00"), "\x00") {
		if name, _, _ := strings.Cut(entry, "="); name != "" && name != "GODEBUG" && name != "GORACE" {
			t.Errorf("its environment has %q", entry)
		}
	}
	if cwd, err := os.Readlink(proc + "/cwd"); err != nil || cwd != "/" {
		t.Errorf("it is in %s, %v", cwd, err)
	}
	files, err := os.ReadDir(proc + "/fd")
	if err != nil {
		t.Fatal(err)
	}
	sockets := 0
	for _, file := range files {
		name, err := os.Readlink(proc + "/fd/" + file.Name())
		number, _ := strconv.Atoi(file.Name())
		if number < firstSocket || err != nil || strings.HasPrefix(name, "anon_inode:") || strings.HasPrefix(name, "/sys/fs/cgroup/") {
			continue // its own
		}
		if sockets++; !strings.HasPrefix(name, "socket:") {
			t.Errorf("it has %s open", name)
		}
	}
	if want := threads(2); sockets != want {
		t.Errorf("it has %d sockets, want %d", sockets, want)
	}
	stat, err := os.ReadFile(proc + "/oom_score_adj")
	if err != nil || strings.TrimSpace(string(stat)) != strconv.Itoa(childKill) {
		t.Errorf("oom_score_adj = %s, %v", stat, err)
	}
}

// TestServeChild refuses who is no gate, and what is no frame.
func TestServeChild(t *testing.T) {
	for _, args := range [][]string{nil, {"1"}, {"0", "20"}, {"1", "21"}, {"x", "1"}, {"1", "1", "1"}, {"2", "1"}} {
		if err := ServeChild(args); err == nil {
			t.Errorf("ServeChild(%q) is no error", args)
		}
	}
	for name, b := range map[string][]byte{
		"nonsense":  []byte("nonsense, not a frame"),
		"an answer": frame{kind: kindDone, id: 1}.append(nil),
		"too much":  make([]byte, maxFrame+1),
	} {
		p, err := startProcess([]string{childArg}, 1, farthestBack)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.conns[0].Write(b); err != nil {
			t.Fatal(err)
		}
		if err := p.wait(); !strings.Contains(err.Error(), "exit status 1") {
			t.Errorf("after %s it ended with %v", name, err)
		}
		p.closeAll()
	}
	// What it cannot parse is an error, and no reason to end.
	p, err := startProcess([]string{childArg}, 1, farthestBack)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = p.conns[0].Write(frame{kind: kindBegin, id: 9, hash: "pbkdf2:sha256:99999999999$salt$00"}.append(nil))
	answer := make([]byte, maxFrame)
	n, err := p.conns[0].Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := parseFrame(answer[:n]); err != nil || f.id != 9 || f.match || f.fault == "" {
		t.Errorf("it answers %+v, %v", f, err)
	}
	p.closeAll()
	if err := p.wait(); !errors.Is(err, ErrEnded) {
		t.Errorf("after its sockets were closed it ended with %v, want exit code 0", err)
	}
}
