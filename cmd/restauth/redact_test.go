package main

import (
	"os"
	"strings"
	"testing"
)

// TestPasswordInTheURLStaysUnsaid: whatever is wrong with the URL, no command
// repeats the password in it.
func TestPasswordInTheURLStaysUnsaid(t *testing.T) {
	t.Chdir(t.TempDir())
	const password = "hunter2"
	for _, users := range []string{
		"mysql://root:hunter2/shop",
		"mysql://root:hunter2",
		"mysql://root:hunter2@",
		"mysql://root:hunter2@127.0.0.1:1",
		"mysql://root:hunter2@127.0.0.1:1/",
		"mysql://root:hunter2@127.0.0.1:1/shop",
		"mysql://root:hunter2@127.0.0.1:port/shop",
		"mysql://root:hunter2@127.0.0.1:1,127.0.0.1:2/shop",
		"mysql://root:hunter2@127.0.0.1:1,hunter2/hunter2@127.0.0.1/shop",
		"mysql://root:hunter2,hunter2@127.0.0.1:port,127.0.0.1:2/shop",
		"mysql://root:p@ss/hunter2@127.0.0.1:1/shop",
		"mysql://root:hunter2@127.0.0.1:1/shop#x",
		"mysql://root:x@127.0.0.1:1/shop#hunter2",
		"mysql://root:x@127.0.0.1:1/shop?password=hunter2",
		"mysql://127.0.0.1:1/shop?user=root&password=hunter2",
		"mysql://root:%zzhunter2@127.0.0.1:1/shop",
		"mysql://root:hunter2 @127.0.0.1:1/shop",
		"mysql:root:hunter2@127.0.0.1:1/shop",
		"mysql:/root:hunter2@127.0.0.1:1/shop",
		"MYSQL://root:hunter2/shop",
		" mysql://root:hunter2/shop",
		"mysql+pymysql://root:hunter2@127.0.0.1/shop",
		"postgres://root:hunter2/shop",
		"root:hunter2@tcp(127.0.0.1:1)/shop",
		"root:hunter2://x@127.0.0.1/shop",
		"sqlite://root:hunter2@127.0.0.1/shop",
		"SQLite://root:hunter2",
		"//root:hunter2@127.0.0.1/shop",
		"hunter2",
	} {
		t.Run(users, func(t *testing.T) {
			t.Parallel()
			for _, command := range []string{"user list", "user add ann", "serve --listen 127.0.0.1:0", "config check"} {
				for _, file := range [][]string{nil, {"--users-password-file", os.DevNull}} {
					signals := make(chan os.Signal, 2)
					signals <- os.Interrupt // a server that does start ends
					var out, log buffer
					args := append(strings.Fields(command), "--users", users)
					run(t.Context(), world{
						args: append(args, file...), env: []string{"RESTAUTH_SECRET_KEY=" + strings.Repeat("k", 32)},
						stdin: strings.NewReader("correct horse battery staple\n"), stdout: &out, stderr: &log, signals: signals,
					})
					if said := out.String() + log.String(); strings.Contains(said, password) || said == "" {
						t.Errorf("%s with %q says:\n%s", command, users, said)
					}
				}
			}
		})
	}
}
