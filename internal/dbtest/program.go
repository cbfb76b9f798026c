package dbtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// program knows how to call an engine's binaries.
type program interface {
	// install makes the command that fills an empty data folder.
	install(dataDir string) *exec.Cmd
	// serve makes the command that serves dir/data on 127.0.0.1:port and runs
	// dir/init.sql first.
	serve(dir, port string) *exec.Cmd
}

func find(kind Kind) (program, error) {
	switch kind {
	case KindMariaDB:
		return findMariaDB()
	case KindMySQL:
		return findMySQL()
	}
	return nil, fmt.Errorf("unknown database kind %q", kind)
}

func missing(what string) error {
	return fmt.Errorf("%s not found: run scripts/test-deps.sh", what)
}

// common are the settings of both engines: nothing but loopback, no files from
// outside, and no waiting for the disk, since the data is thrown away. Commits
// still reach the operating system, so a stopped server has lost nothing.
func common(dir, port string) []string {
	args := []string{
		"--datadir=" + filepath.Join(dir, "data"),
		"--socket=" + filepath.Join(dir, "s"),
		"--pid-file=" + filepath.Join(dir, "pid"),
		"--tmpdir=" + dir,
		"--port=" + port,
		"--bind-address=127.0.0.1",
		"--init-file=" + filepath.Join(dir, "init.sql"),
		"--skip-name-resolve",
		"--skip-log-bin",
		"--max-connections=500",
		"--performance-schema=OFF",
		"--innodb-buffer-pool-size=64M",
		"--innodb-flush-log-at-trx-commit=2",
		"--innodb-flush-method=nosync",
		"--innodb-doublewrite=OFF",
		"--innodb-fast-shutdown=2",
	}
	return append(args, asUser()...)
}

// asUser is how root tells either server that it is root on purpose. The data
// is thrown away, listens on loopback and is private to its folder.
func asUser() []string {
	if os.Geteuid() == 0 {
		return []string{"--user=root"}
	}
	return nil
}

type mariaDB struct{ server, installer string }

func findMariaDB() (program, error) {
	server, err := exec.LookPath("mariadbd")
	if err != nil {
		return nil, missing("MariaDB (mariadbd)")
	}
	installer, err := exec.LookPath("mariadb-install-db")
	if err != nil {
		return nil, missing("MariaDB (mariadb-install-db)")
	}
	return mariaDB{server, installer}, nil
}

func (m mariaDB) install(dataDir string) *exec.Cmd {
	args := []string{"--no-defaults", "--datadir=" + dataDir, "--skip-test-db", "--skip-name-resolve", "--innodb-flush-method=nosync"}
	return exec.Command(m.installer, append(args, asUser()...)...)
}

func (m mariaDB) serve(dir, port string) *exec.Cmd {
	return exec.Command(m.server, append([]string{"--no-defaults"}, common(dir, port)...)...)
}

// mySQL calls mysqld: command is its path, or a foreign root's loader and its
// arguments up to and including that path.
type mySQL struct {
	command []string
	shared  []string // settings that say where a foreign root's files are
}

func findMySQL() (program, error) {
	if server, err := exec.LookPath("mysqld"); err == nil && isMySQL(server) {
		return mySQL{command: []string{server}}, nil
	}
	var err error
	for _, cache := range Caches() {
		var found program
		if found, err = mySQLInRoot(filepath.Join(cache, "mysql")); err == nil {
			return found, nil
		}
	}
	return nil, err
}

// Tool is a program beside the databases that scripts/test-deps.sh has put on the PATH,
// or into its folder under this path.
func Tool(name, inCache string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, cache := range Caches() {
		path := filepath.Join(cache, inCache)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", missing(name)
}

// Caches are the folders that scripts/test-deps.sh may have filled, the same as
// scripts/cache.sh names.
func Caches() []string {
	if only := os.Getenv("RESTAUTH_TEST_CACHE"); only != "" {
		return []string{only}
	}
	folders := []string{"/var/cache/restauth-test"}
	if own := os.Getenv("XDG_CACHE_HOME"); own != "" {
		folders = append(folders, filepath.Join(own, "restauth-test"))
	} else if home := os.Getenv("HOME"); home != "" {
		folders = append(folders, filepath.Join(home, ".cache", "restauth-test"))
	}
	return folders
}

// mySQLInRoot finds mysqld in a Debian root of another release. Called through
// that root's own loader it needs no chroot, and so no root user.
func mySQLInRoot(root string) (program, error) {
	server := filepath.Join(root, "usr/sbin/mysqld")
	loaders, _ := filepath.Glob(filepath.Join(root, "usr/lib*/ld-linux-*.so.*"))
	libraries, _ := filepath.Glob(filepath.Join(root, "usr/lib/*-linux-gnu"))
	if _, err := os.Stat(server); err != nil || len(loaders) == 0 || len(libraries) == 0 {
		return nil, missing("MySQL 8.4 or newer (mysqld)")
	}
	share := filepath.Join(root, "usr/share/mysql")
	return mySQL{
		command: []string{loaders[0], "--library-path", libraries[0], server},
		shared: []string{
			"--lc-messages-dir=" + share,
			"--character-sets-dir=" + filepath.Join(share, "charsets"),
			"--plugin-dir=" + filepath.Join(root, "usr/lib/mysql/plugin"),
		},
	}, nil
}

// isMySQL tells MySQL 8.4 or newer from older ones and from the mysqld that
// MariaDB installs.
func isMySQL(server string) bool {
	out, err := exec.Command(server, "--no-defaults", "--version").Output()
	if err != nil || strings.Contains(string(out), "MariaDB") {
		return false
	}
	match := regexp.MustCompile(`Ver (\d+)\.(\d+)`).FindStringSubmatch(string(out))
	if match == nil {
		return false
	}
	major, _ := strconv.Atoi(match[1])
	minor, _ := strconv.Atoi(match[2])
	return major > 8 || major == 8 && minor >= 4
}

func (m mySQL) install(dataDir string) *exec.Cmd {
	return m.with("--datadir="+dataDir, "--initialize-insecure", "--innodb-redo-log-capacity=64M",
		"--innodb-flush-method=nosync", "--innodb-doublewrite=OFF")
}

func (m mySQL) serve(dir, port string) *exec.Cmd {
	return m.with(append(common(dir, port), "--mysqlx=OFF", "--innodb-redo-log-capacity=64M")...)
}

func (m mySQL) with(args ...string) *exec.Cmd {
	all := append([]string{}, m.command[1:]...)
	all = append(all, "--no-defaults", "--secure-file-priv=NULL")
	all = append(all, m.shared...)
	all = append(all, asUser()...)
	return exec.Command(m.command[0], append(all, args...)...)
}
