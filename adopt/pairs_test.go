package adopt

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/password"
)

// pair is a hash that a framework wrote, and passwords that it has judged.
type pair struct {
	Writer   string            `json:"writer"`
	Form     string            `json:"form"`
	Hash     string            `json:"hash"`
	Password string            `json:"password"`
	Wrong    []string          `json:"wrong"`
	Loose    []string          `json:"loose,omitempty"`
	Settings map[string]string `json:"settings,omitempty"` // flags of serve, and what is in their files
	Salt     string            `json:"salt,omitempty"`     // in a column of its own
}

// name is who wrote which form.
func (p pair) name() string { return p.Writer + ", " + p.Form }

// beyondBcrypt reports whether restauth has to refuse a password that the writer takes:
// bcrypt reads 72 bytes, and 72 bytes and more of them must not be the same password.
func (p pair) beyondBcrypt(h password.Hash) bool {
	return len(p.Password) > 72 && (h.Form() == "bcrypt" || h.Form() == "pepper+bcrypt")
}

// parse reads the hash as a server with these settings does.
func (p pair) parse() (password.Hash, error) {
	options := password.Options{
		Pepper:              []byte(p.Settings["hash-pepper-file"]),
		FlaskSecuritySalt:   []byte(p.Settings["flask-security-salt-file"]),
		BcryptLongPasswords: p.Settings["bcrypt-long-passwords"] != "",
		SaltPosition: map[string]password.SaltPosition{
			"before": password.SaltBefore, "after": password.SaltAfter,
		}[p.Settings["users-salt-position"]],
	}
	if bare := p.Settings["bare-hashes"]; bare != "" {
		options.BareForms = strings.Split(bare, ",")
	}
	return options.Parse(p.Hash, p.Salt)
}

// disagreements are what restauth and the writer do not judge alike, and how many
// passwords were compared.
func (p pair) disagreements() (compared int, all []string) {
	h, err := p.parse()
	if err != nil {
		return 1 + len(p.Wrong), []string{fmt.Sprintf("%q is not read: %v", p.Hash, err)}
	}
	if right := h.Verify(p.Password); right == p.beyondBcrypt(h) {
		all = append(all, fmt.Sprintf("%q for %q: let in: %v", p.Password, p.Hash, right))
	}
	for _, wrong := range p.Wrong {
		if h.Verify(wrong) {
			all = append(all, fmt.Sprintf("%q is let in for %q, which is of %q", wrong, p.Hash, p.Password))
		}
	}
	return 1 + len(p.Wrong), all
}

// readPairs reads a file of them.
func readPairs(t testing.TB, name string) (all []pair) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var p pair
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all = append(all, p)
	}
	if err := lines.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%s: %d pairs, %v", name, len(all), err)
	}
	return all
}

// TestRecorded holds restauth to what the frameworks wrote when `make adopt` last kept it.
func TestRecorded(t *testing.T) {
	t.Parallel()
	byWriter := map[string][]pair{}
	for _, file := range []string{"testdata/pairs.jsonl", "testdata/drupal7.jsonl"} {
		for _, p := range readPairs(t, file) {
			byWriter[p.Writer] = append(byWriter[p.Writer], p)
		}
	}
	for writer, pairs := range byWriter {
		t.Run(writer, func(t *testing.T) {
			t.Parallel()
			for _, p := range pairs {
				if _, wrong := p.disagreements(); len(wrong) > 0 {
					t.Errorf("%s: %s", p.name(), strings.Join(wrong, "; "))
				}
			}
		})
	}
}
