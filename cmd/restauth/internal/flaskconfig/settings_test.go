package flaskconfig

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSettings: what each setting becomes, and what is said where it becomes nothing.
func TestSettings(t *testing.T) {
	for _, c := range []struct {
		source   string
		settings string // flag=value …
		note     string // a part of the one note; "" for none
	}{
		{`JWT_DEFAULT_REALM = 'Shop'`, "realm=Shop", ""},
		{`JWT_DEFAULT_REALM = 'the "shop"'`, "", "without quotes and backslashes"},
		{`JWT_DEFAULT_REALM = 5`, "", "it is no text"},
		{`JWT_AUTH_URL_RULE = '/api/login'`, "login-path=/api/login", ""},
		{`JWT_AUTH_URL_RULE = '/<tenant>/login'`, "", "must be a path such as"},
		{`JWT_AUTH_URL_RULE = None`, "", "say with --login-path"},
		{`JWT_AUTH_ENDPOINT = 'login'`, "", "a name inside of Flask"},
		{`JWT_AUTH_URL_OPTIONS = {'methods': ['POST'], 'view_func': f}`, "", "POST alone"},
		{`JWT_AUTH_USERNAME_KEY = 'email'`, "login-username-member=email", ""},
		{`JWT_AUTH_USERNAME_KEY = 'e mail'`, "", "must begin with a letter"},
		{`JWT_AUTH_PASSWORD_KEY = 'pass'`, "login-password-member=pass", ""},
		{`JWT_ALGORITHM = 'HS512'`, "token-algorithm=HS512", ""},
		{`JWT_ALGORITHM = 'RS256'`, "", "signs with a secret"},
		{`JWT_LEEWAY = timedelta(seconds=30)`, "leeway=30s", ""},
		{`JWT_LEEWAY = 60`, "leeway=1m", ""},
		{`JWT_LEEWAY = timedelta(hours=2)`, "", "from 0s to 1h"},
		{`JWT_LEEWAY = -1`, "", "from 0s to 1h"},
		{`JWT_LEEWAY = 'x'`, "", "it is no time"},
		{`JWT_VERIFY = True`, "", "always verified"},
		{`JWT_VERIFY = False`, "", "anybody"},
		{`JWT_VERIFY_EXPIRATION = False`, "", "anybody"},
		{`JWT_AUTH_HEADER_PREFIX = 'Token'`, "authorization-prefix=Token", ""},
		{`JWT_AUTH_HEADER_PREFIX = 'bearer'`, "", "always taken"},
		{`JWT_AUTH_HEADER_PREFIX = 'My Token'`, "", "must be one word"},
		{`JWT_EXPIRATION_DELTA = timedelta(days=7)`, "token-lifetime=168h", ""},
		{`JWT_EXPIRATION_DELTA = timedelta(seconds=1800)`, "token-lifetime=30m", ""},
		{`JWT_EXPIRATION_DELTA = timedelta(milliseconds=2500)`, "token-lifetime=2s", "a part of a second"},
		{`JWT_EXPIRATION_DELTA = timedelta(days=400)`, "", "from 1s to 8784h"},
		{`JWT_EXPIRATION_DELTA = timedelta(0)`, "", "from 1s to 8784h"},
		{`JWT_NOT_BEFORE_DELTA = timedelta(seconds=-5)`, "not-before-delta=-5s", ""},
		{`JWT_VERIFY_CLAIMS = ['signature', 'exp']`, "verify-claims=signature,exp", ""},
		{`JWT_VERIFY_CLAIMS = []`, "verify-claims=signature", "which restauth never does"},
		{`JWT_REQUIRED_CLAIMS = ('exp',)`, "required-claims=exp", ""},
		{`JWT_REQUIRED_CLAIMS = ['iat']`, "required-claims=iat,exp", "which restauth never does"},
		{`JWT_REQUIRED_CLAIMS = ['exp', 'hunter2']`, "required-claims=exp", "1 of its names"},
		{`JWT_REQUIRED_CLAIMS = 'exp'`, "", "no list of names"},
		{`SECRET_KEY = 'hunter2'`, "", "--allow-weak-secret is needed"},
		{`SECRET_KEY = os.urandom(24)`, "", "put it into RESTAUTH_SECRET_KEY"},
		{`JWT_SECRET_KEY = 'hunter2hunter2hunter2hunter2hunter2'`, "", "put it into RESTAUTH_SECRET_KEY"},
		{`SQLALCHEMY_DATABASE_URI = 'mysql+pymysql://roy:hunter2@db/shop'`, "users=mysql://roy@db/shop", "the password is not printed"},
		{`SQLALCHEMY_DATABASE_URI = 'mariadb://roy@db:3307/shop'`, "users=mysql://roy@db:3307/shop", ""},
		{`SQLALCHEMY_DATABASE_URI = 'mysql://db/shop'`, "", "it names no host, no user"},
		{`SQLALCHEMY_DATABASE_URI = 'sqlite:///app.db'`, "users=sqlite:app.db", "Flask looks in its own"},
		{`SQLALCHEMY_DATABASE_URI = 'sqlite:////var/lib/app.db'`, "users=sqlite:/var/lib/app.db", ""},
		{`SQLALCHEMY_DATABASE_URI = 'sqlite://'`, "", "in memory"},
		{`SQLALCHEMY_DATABASE_URI = 'postgresql://roy:hunter2@db/shop'`, "", "not of this database"},
		{`SQLALCHEMY_DATABASE_URI = 'mysql://roy:hunter2%@db/shop'`, "", "no address of a database"},
		{`SQLALCHEMY_BINDS = {'users': 'mysql://roy:hunter2@db/shop'}`, "", "one table"},
		{`SECURITY_PASSWORD_SALT = 'hunter2'`, "", "--flask-security-salt-file"},
		{`SECURITY_PASSWORD_HASH = 'bcrypt'`, "", "how it was made"},
		{`BCRYPT_HANDLE_LONG_PASSWORDS = True`, "bcrypt-long-passwords=on", ""},
		{`BCRYPT_HANDLE_LONG_PASSWORDS = False`, "", "as it is"},
		{`BCRYPT_LOG_ROUNDS = 12`, "", "its cost"},
		{`JWT_ACCESS_TOKEN_EXPIRES = timedelta(hours=1)`, "token-lifetime=1h accept=flask-jwt,flask-jwt-extended token-profile=flask-jwt-extended", ""},
		{`JWT_ACCESS_TOKEN_EXPIRES = False`, "accept=flask-jwt,flask-jwt-extended token-profile=flask-jwt-extended", "it has no end"},
		{`JWT_REFRESH_TOKEN_EXPIRES = timedelta(days=30)`, "", "no refresh tokens"},
		{`JWT_TOKEN_LOCATION = ['headers', 'cookies']`, "", "Authorization header alone"},
		{`JWT_SOMETHING = 'hunter2'`, "", "no such setting"},
		{`JWT_AUTH_URL_RULE = os.environ['hunter 2']`, "", "environment variable (of an odd name)"},
		{`JWT_AUTH_URL_RULE = make('hunter2')`, "", "its value is code"},
		{"JWT_LEEWAY = 5\nJWT_LEEWAY = 6", "leeway=6s", ""},
		{"JWT_LEEWAY = 5\nif x:\n  JWT_LEEWAY = 6", "", "a condition, or code, decides"},
		{"@jwt.auth_response_handler\ndef respond(token, identity):\n    return jsonify({'hunter2': token})", "", "--login-token-member"},
		{"@app.route('/')\ndef index():\n    pass", "", ""},
		{`DEBUG = True`, "", ""},
	} {
		read, err := Read([]byte("# a comment\n"+c.source), "")
		if err != nil {
			t.Fatalf("%s: %v", c.source, err)
		}
		found := read.Settings()
		var all []string
		for _, s := range found.Settings {
			all = append(all, s.Flag+"="+s.Value)
		}
		if diff := cmp.Diff(c.settings, strings.Join(all, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.source, diff)
		}
		notes := fmt.Sprint(found.Notes)
		if (c.note == "") != (len(found.Notes) == 0) || !strings.Contains(notes, c.note) || strings.Contains(notes, "hunter2") {
			t.Errorf("%s: notes %s, want %q", c.source, notes, c.note)
		}
		if len(found.Notes) > 0 && !strings.Contains(notes, "(line ") {
			t.Errorf("%s: the note says no line: %s", c.source, notes)
		}
	}
}

// TestEveryHandler of Flask-JWT 0.3.2 has something said of it.
func TestEveryHandler(t *testing.T) {
	for _, name := range []string{
		"authentication_handler", "identity_handler", "jwt_error_handler", "auth_response_handler", "auth_request_handler", "request_handler",
		"jwt_encode_handler", "jwt_decode_handler", "jwt_payload_handler", "jwt_headers_handler",
	} {
		read, err := Read([]byte("@jwt."+name+"\ndef f(*args):\n    return None\n"), "")
		if err != nil {
			t.Fatal(err)
		}
		if found := read.Settings(); len(found.Notes) != 1 || found.Notes[0].Name != name || found.Notes[0].Line != 1 {
			t.Errorf("of %s it says %v", name, found.Notes)
		}
	}
}

// TestEverySetting of Flask-JWT 0.3.2 has a row, as its CONFIG_DEFAULTS lists them.
func TestEverySetting(t *testing.T) {
	rows := make(map[string]bool)
	for _, r := range table() {
		if rows[r.name] {
			t.Errorf("%s has two rows", r.name)
		}
		rows[r.name] = true
	}
	for _, name := range []string{
		"JWT_DEFAULT_REALM", "JWT_AUTH_URL_RULE", "JWT_AUTH_ENDPOINT", "JWT_AUTH_USERNAME_KEY", "JWT_AUTH_PASSWORD_KEY", "JWT_ALGORITHM",
		"JWT_LEEWAY", "JWT_AUTH_HEADER_PREFIX", "JWT_EXPIRATION_DELTA", "JWT_NOT_BEFORE_DELTA", "JWT_VERIFY_CLAIMS", "JWT_REQUIRED_CLAIMS",
		"JWT_SECRET_KEY", "JWT_AUTH_URL_OPTIONS",
	} {
		if !rows[name] {
			t.Errorf("%s has no row", name)
		}
	}
}
