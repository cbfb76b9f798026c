package flaskconfig

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func read(t *testing.T, source, class string) map[string]value {
	t.Helper()
	c, err := Read([]byte(source), class)
	if err != nil {
		t.Fatalf("Read(%s) = %v", source, err)
	}
	all := make(map[string]value)
	for _, s := range c.all {
		v := s.value
		if s.maybe {
			v = value{}
		}
		all[s.name] = v
	}
	return all
}

func texts(all ...string) value {
	v := value{kind: list}
	for _, t := range all {
		v.items = append(v.items, value{kind: text, text: t})
	}
	return v
}

func number(n int64) value { return value{kind: integer, number: n} }

func span(d time.Duration) value { return value{kind: duration, number: int64(d)} }

func in(name string, otherwise ...value) value {
	return value{kind: variable, text: name, items: otherwise}
}

// TestConstants reads each form in which a configuration has one.
func TestConstants(t *testing.T) {
	for source, want := range map[string]value{
		`'/login'`:                      {kind: text, text: "/login"},
		`"it's"`:                        {kind: text, text: "it's"},
		`'it\'s'`:                       {kind: text, text: "it's"},
		`r'a\nb'`:                       {kind: text, text: `a\nb`},
		`u'a' "b"  'c'`:                 {kind: text, text: "abc"},
		"('a'\n  'b')":                  {kind: text, text: "ab"},
		`'''a` + "\n" + `b'''`:          {kind: text, text: "a\nb"},
		`'a\tb\x41\u00e4\U0001f600\60'`: {kind: text, text: "a\tbAä😀0"},
		`'\d'`:                          {kind: text, text: `\d`},
		`'# no comment'  # a comment`:   {kind: text, text: "# no comment"},
		`'a' + 'b'`:                     {kind: text, text: "ab"},
		`f'{x}'`:                        {},
		`'\N{BULLET}'`:                  {},
		`300`:                           number(300),
		`1_000`:                         number(1000),
		`0x1F`:                          number(31),
		`0o17`:                          number(15),
		`017`:                           {},
		`-5`:                            number(-5),
		`60 * 60 * 24`:                  number(86400),
		`60 + 2 * 3`:                    number(66),
		`(1 + 2) * 3`:                   number(9),
		`9223372036854775807 + 1`:       {},
		`9223372036854775807 * 2`:       {},
		`2 ** 3`:                        {},
		`1.5`:                           {kind: float, fraction: 1.5},
		`1e3`:                           {kind: float, fraction: 1000},
		`1e999`:                         {},
		`3j`:                            {},
		`True`:                          {kind: boolean, number: 1},
		`False`:                         {kind: boolean},
		`None`:                          {kind: none},
		`['exp', 'iat']`:                texts("exp", "iat"),
		`('exp', 'iat',)`:               texts("exp", "iat"),
		`'exp', 'iat'`:                  texts("exp", "iat"),
		`['exp',` + "\n" + `  'iat',  # why` + "\n" + `]`: texts("exp", "iat"),
		`('exp')`:                {kind: text, text: "exp"},
		`()`:                     {kind: list},
		`{'exp', 'iat'}`:         texts("exp", "iat"),
		`set(['exp'])`:           texts("exp"),
		`{'a': 1, "b": [2],}`:    {kind: dict, items: []value{{kind: text, text: "a"}, number(1), {kind: text, text: "b"}, {kind: list, items: []value{number(2)}}}},
		`{}`:                     {kind: dict},
		`timedelta(seconds=300)`: span(5 * time.Minute),
		`datetime.timedelta(hours=1, minutes=30)`: span(90 * time.Minute),
		`timedelta(1)`:                           span(24 * time.Hour),
		`timedelta(0, 300)`:                      span(5 * time.Minute),
		`timedelta(days=0.5)`:                    span(12 * time.Hour),
		`timedelta(seconds=60 * 5)`:              span(5 * time.Minute),
		`timedelta(seconds=-1)`:                  span(-time.Second),
		`timedelta()`:                            span(0),
		`timedelta(days=7) + timedelta(hours=1)`: span(169 * time.Hour),
		`-timedelta(hours=1)`:                    span(-time.Hour),
		`timedelta(years=1)`:                     {},
		`timedelta(days=99999999)`:               {},
		`timedelta(seconds=x)`:                   {},
		`os.environ.get('X')`:                    in("X"),
		`os.environ.get('X', 'default')`:         in("X", value{kind: text, text: "default"}),
		`os.environ['X']`:                        in("X"),
		`os.getenv("X", default=5)`:              in("X", number(5)),
		`os.environ.get('X') or 'default'`:       in("X", value{kind: text, text: "default"}),
		`os.urandom(24)`:                         {},
		`open('/etc/passwd').read()`:             {},
		`__import__('os').system('true')`:        {},
		`'a' if debug else 'b'`:                  {},
		`lambda: 1`:                              {},
		`[x for x in y]`:                         {},
		`SOMETHING`:                              {},
		`'a' % b`:                                {},
		`b = 'c'`:                                {},
		`'a'.upper()`:                            {},
	} {
		got := read(t, "JWT_X = "+source, "")["JWT_X"]
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(value{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", source, diff)
		}
	}
}

// TestWhere finds settings wherever applications write them.
func TestWhere(t *testing.T) {
	for name, c := range map[string]struct {
		source, class string
		want          map[string]value
	}{
		"at the top, among other things": {source: "#!/usr/bin/env python\n\"\"\"Docs: JWT_A = 1\"\"\"\nimport os\nfrom datetime import timedelta\n\nJWT_A = 1; JWT_B = 2\nnot_one = 3\nJWT_C: int = 4\n" +
			"JWT_D = \\\n  5\nprint(JWT_A)\n", want: map[string]value{"JWT_A": number(1), "JWT_B": number(2), "JWT_C": number(4), "JWT_D": number(5)}},
		"of an application": {source: "app = Flask(__name__)\napp.config['JWT_A'] = 1\napp.config[\"JWT_B\"] = 'x'\nself.app.config['JWT_C'] = None\n", want: map[string]value{
			"JWT_A": number(1), "JWT_B": {kind: text, text: "x"}, "JWT_C": {kind: none}}},
		"several at once": {source: "app.config.update(\n    JWT_A=1,\n    JWT_B=timedelta(seconds=2),\n)\napp.config.from_mapping({'JWT_C': 3})\n", want: map[string]value{
			"JWT_A": number(1), "JWT_B": span(2 * time.Second), "JWT_C": number(3)}},
		"in a function": {source: "def create_app():\n    app = Flask(__name__)\n    app.config['JWT_A'] = 1\n    return app\n", want: map[string]value{"JWT_A": number(1)}},
		"under a condition": {source: "JWT_A = 1\nif app.debug:\n    JWT_A = 2\n    app.config['JWT_B'] = 3\nelse:\n\tJWT_B = 4\nJWT_C = 5\n", want: map[string]value{
			"JWT_A": {}, "JWT_B": {}, "JWT_C": number(5)}},
		"on a condition's line": {source: "if app.debug: JWT_A = 2\nJWT_B = 1\n", want: map[string]value{"JWT_A": {}, "JWT_B": number(1)}},
		"changed later":         {source: "JWT_A = 1\nJWT_A += 1\n", want: map[string]value{"JWT_A": {}}},
		"set twice":             {source: "JWT_A = 1\nJWT_A = 2\n", want: map[string]value{"JWT_A": number(2)}},
		"a class":               {source: "class Config(object):\n    '''Docs'''\n    JWT_A = 1\n\n    @staticmethod\n    def init_app(app):\n        pass\n\nJWT_B = 2\n", want: map[string]value{"JWT_A": number(1), "JWT_B": number(2)}},
		"classes that agree":    {source: "class A:\n  JWT_A = 1\nclass B(A):\n  JWT_A = 1\n  JWT_B = 2\n", want: map[string]value{"JWT_A": number(1), "JWT_B": number(2)}},
		"classes that differ":   {source: "class A:\n  JWT_A = 1\nclass B(A):\n  JWT_A = 2\n  JWT_B = 2\n", want: map[string]value{"JWT_B": number(2)}},
		"one of them":           {source: "class A:\n  JWT_A = 1\n  JWT_C = 3\nclass B(A):\n  JWT_A = 2\nclass C:\n  JWT_C = 4\n", class: "B", want: map[string]value{"JWT_A": number(2), "JWT_C": number(3)}},
		"classes in a circle":   {source: "class A(B):\n  JWT_A = 1\nclass B(A):\n  JWT_A = 2\n", class: "A", want: map[string]value{"JWT_A": number(1)}},
		"JSON": {source: `{"JWT_A": "\u00e4\/b", "JWT_B": -5, "JWT_C": [true, null], "JWT_D": 1.5}`, want: map[string]value{
			"JWT_A": {kind: text, text: "ä/b"}, "JWT_B": number(-5), "JWT_C": {kind: list, items: []value{{kind: boolean, number: 1}, {kind: none}}}, "JWT_D": {kind: float, fraction: 1.5}}},
		"Windows":   {source: "\ufeffJWT_A = 1\r\nJWT_B = [1,\r\n2]\r\n", want: map[string]value{"JWT_A": number(1), "JWT_B": {kind: list, items: []value{number(1), number(2)}}}},
		"nothing":   {source: "", want: map[string]value{}},
		"some code": {source: "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef index():\n    return render_template('index.html', title='JWT_A = 1')\n", want: map[string]value{}},
	} {
		got := read(t, c.source, c.class)
		if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(value{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestReadRefuses what is no configuration, in words that repeat nothing of it.
func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ source, class, want string }{
		"a text without an end":  {"A = 1\nSECRET_KEY = 'hunter2\n", "", "line 2: a text in quotes does not end"},
		"a long one":             {"SECRET_KEY = '''hunter2\n", "", "a text in quotes does not end"},
		"a bracket without one":  {"A = 1\nJWT_X = ['hunter2'\n", "", "line 2: a bracket is not closed"},
		"a bracket too many":     {"JWT_X = 'hunter2']\n", "", "line 1: a bracket is closed that was not opened"},
		"a backslash":            {"JWT_X = \\ 'hunter2'\n", "", "line 1: a backslash"},
		"deep":                   {"JWT_X = " + strings.Repeat("[", 31), "", "line 1: more than 30 brackets"},
		"another encoding":       {"JWT_X = 'hunter2\xe4'", "", "it is not UTF-8"},
		"bytes":                  {"JWT_X = 'hunter2\x00'", "", "U+0000"},
		"a megabyte":             {strings.Repeat("#", 1<<20+1), "", "it has 1048577 bytes"},
		"a class that is absent": {"class A:\n  JWT_X = 1\n", "B", `it has no class "B"; there are A`},
		"no classes":             {"JWT_X = 1\n", "B", `it has no class "B"; there are none`},
	} {
		_, err := Read([]byte(c.source), c.class)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// TestOddConstants does not take long, and does not overflow.
func TestOddConstants(t *testing.T) {
	for _, source := range []string{
		"JWT_X = " + strings.Repeat("-", 1<<19) + "1",
		"JWT_X = os.getenv('X')" + strings.Repeat(" or 'x'", 1<<16),
		"JWT_X = " + strings.Repeat("1+", 1<<18) + "1",
		"JWT_X = timedelta(" + strings.Repeat("weeks=5000,", 1<<16) + ")",
		strings.Repeat("class A(A, B):\n  JWT_X = 1\n", 1<<14),
		strings.Repeat("JWT_X = 1\n", 1<<16),
		strings.Repeat("if x:\n", 1<<16),
	} {
		began := time.Now()
		c, err := Read([]byte(source), "")
		if err != nil {
			t.Errorf("%.40s: %v", source, err)
			continue
		}
		_ = c.Settings()
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("%.40s took %v", source, took)
		}
	}
}
