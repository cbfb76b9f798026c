package flaskconfig

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// literal writes a constant as Python does.
func literal(v value) string {
	switch v.kind {
	case none:
		return "None"
	case boolean:
		if v.number == 1 {
			return "True"
		}
		return "False"
	case integer:
		return fmt.Sprintf("(%d)", v.number)
	case float:
		if text := fmt.Sprint(v.fraction); strings.ContainsAny(text, ".e") {
			return "(" + text + ")"
		}
		return fmt.Sprintf("(%.1f)", v.fraction)
	case text:
		return pythonText(v.text)
	case list:
		return "[" + literals(v.items, ", ") + "]"
	case dict:
		var parts []string
		for i := 0; i+1 < len(v.items); i += 2 {
			parts = append(parts, literal(v.items[i])+": "+literal(v.items[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case duration:
		return fmt.Sprintf("timedelta(seconds=(%d), microseconds=(%d))", v.number/1e9, v.number%1e9/1e3)
	case variable:
		if len(v.items) > 0 {
			return "os.getenv(" + pythonText(v.text) + ", " + literal(v.items[0]) + ")"
		}
		return "os.environ[" + pythonText(v.text) + "]"
	default:
		return "code()"
	}
}

func literals(items []value, between string) string {
	var parts []string
	for _, item := range items {
		parts = append(parts, literal(item))
	}
	return strings.Join(parts, between)
}

func pythonText(s string) string {
	var out strings.Builder
	out.WriteByte('\'')
	for _, r := range s {
		switch {
		case r == '\\' || r == '\'':
			out.WriteString(`\` + string(r))
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&out, `\x%02x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String() + "'"
}

// FuzzRead: whatever is read, can be written as Python and is then read as the same; no
// note and no error says a secret.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"JWT_AUTH_URL_RULE = '/login'\nJWT_LEEWAY = timedelta(seconds=10)\n",
		"app.config['JWT_REQUIRED_CLAIMS'] = ['exp', \"iat\"]\napp.config.update(JWT_ALGORITHM='HS512', JWT_X={'a': (1, 2.5, None)})",
		"class A(B):\n  JWT_X = os.environ.get('X', 'y') or 'z'\n  if x: JWT_Y = r'\\n'\n",
		`{"JWT_X": ["\ud83d\ude00", -1e5, null, {"a": true}]}`,
		"SECRET_KEY = '''a\nb''' u\"c\" # d\nJWT_X = -60 * (5 + 0x1f)\\\n\n",
		"SQLALCHEMY_DATABASE_URI = 'mysql+pymysql://u:hunter2@h/d'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 1<<14 {
			return
		}
		c, err := Read([]byte(source), "")
		if err != nil {
			return
		}
		for _, s := range c.all {
			if s.value.kind == unknown || s.value.number%1000 != 0 && s.value.kind == duration {
				continue
			}
			written := "JWT_X = " + literal(s.value)
			again, err := Read([]byte(written), "")
			if err != nil {
				t.Fatalf("%s: %v", written, err)
			}
			if len(again.all) != 1 || !equal(s.value, again.all[0].value) {
				if strings.Contains(written, "code()") {
					continue // a part that is code
				}
				t.Fatalf("%s: another value:\n%s", written, cmp.Diff(s.value, again.all, cmp.AllowUnexported(value{}, setting{})))
			}
		}
		for _, note := range c.Settings().Notes {
			if strings.Contains(note.Text, "hunter2") && !strings.Contains(source, "HUNTER2") {
				t.Fatalf("a note says a secret: %v", note)
			}
		}
	})
}
