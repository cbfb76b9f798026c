package settings

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRedactedURL(t *testing.T) {
	tests := []struct{ url, want string }{
		{"sqlite:restauth.db", "sqlite:restauth.db"},
		{"mysql://roy:hunter2@db.example:3306/shop", "mysql://db.example:3306/shop"},
		{"mysql://roy:hunter2@db.example/shop?tls=true&tls-key=x", "mysql://db.example/shop"},
		{"mysql://roy:hunt@er2@db.example/shop", "mysql://db.example/shop"},
		{"mysql://roy:hunt/er2@db.example/shop", "mysql://db.example/shop"},
		{"mysql://roy:hunter2@db.example/shop#hunter2", "mysql://db.example/shop"},
		{"mysql:roy:hunter2", "(set)"},
		{"mysql://roy:hunter2/shop", "(set)"},
		{"mysql://db.example/shop?user=roy&password=hunter2", "(set)"},
		{"roy:hunter2://x@db.example/shop", "(set)"},
		{"postgres://roy@db.example/hunter2", "(set)"},
		{"sqlite://roy:hunter2@db.example/shop", "(set)"},
		{"hunter2", "(set)"},
	}
	for _, tt := range tests {
		s := Users{URL: tt.url}
		if got := s.RedactedURL(); got != tt.want {
			t.Errorf("RedactedURL of %q = %q, want %q", tt.url, got, tt.want)
		}
	}
}

func TestSettingsRanges(t *testing.T) {
	good := Serve{
		Server: Server{Listen: ":5000", DrainDelay: time.Second, ShutdownTimeout: time.Second},
		Dialect: Dialect{
			LoginPath: "/auth", LoginUsernameMember: "username", LoginPasswordMember: "password", LoginTokenMember: "access_token",
			Realm: "Login Required",
		},
		Users:   Users{URL: DefaultUsers, Timeout: time.Second},
		Token:   Token{TokenLifetime: time.Minute},
		Logins:  Logins{LoginQueue: 1, LoginMaxWait: time.Second, LoginMemory: 128},
		Guesses: Guesses{ThrottleAccountWait: time.Hour, ThrottleAddressWait: time.Minute},
	}
	if err := good.Validate(); err != nil {
		t.Fatalf("good settings: %v", err)
	}
	tests := []struct {
		name  string
		spoil func(*Serve)
		want  string
	}{
		{"no port", func(s *Serve) { s.Listen = "127.0.0.1" }, "HOST:PORT"},
		{"a URL", func(s *Serve) { s.Listen = "http://127.0.0.1:5000" }, "without http://"},
		{"a port in words", func(s *Serve) { s.Listen = ":http" }, "from 0 to 65535"},
		{"no port behind the colon", func(s *Serve) { s.Listen = "127.0.0.1:" }, "from 0 to 65535"},
		{"port 65536", func(s *Serve) { s.Listen = "[::1]:65536" }, "from 0 to 65535"},
		{"an origin with a path", func(s *Serve) { s.CORSOrigins = []string{"https://a.example/"} }, "--cors-origins"},
		{"no users", func(s *Serve) { s.URL = "" }, "--users is empty"},
		{"lifetime 0", func(s *Serve) { s.TokenLifetime = 0 }, "--token-lifetime"},
		{"lifetime negative", func(s *Serve) { s.TokenLifetime = -time.Minute }, "--token-lifetime"},
		{"lifetime of 367 days", func(s *Serve) { s.TokenLifetime = 367 * 24 * time.Hour }, "--token-lifetime"},
		{"half seconds", func(s *Serve) { s.TokenLifetime = 1500 * time.Millisecond }, "whole seconds"},
		{"leeway negative", func(s *Serve) { s.Leeway = -time.Second }, "--leeway"},
		{"leeway of over an hour", func(s *Serve) { s.Leeway = time.Hour + time.Second }, "--leeway"},
		{"leeway half seconds", func(s *Serve) { s.Leeway = 100 * time.Millisecond }, "--leeway"},
		{"a day before", func(s *Serve) { s.NotBeforeDelta = -24 * time.Hour }, "--not-before-delta"},
		{"good once it has ended", func(s *Serve) { s.NotBeforeDelta = s.TokenLifetime }, "no token would ever be good"},
		{"delta half seconds", func(s *Serve) { s.NotBeforeDelta = time.Second / 2 }, "whole seconds"},
		{"an unknown profile", func(s *Serve) { s.Accept = []string{"keycloak"} }, `--accept names "keycloak", but may name flask-jwt,`},
		{"a profile twice", func(s *Serve) { s.Accept = []string{"pyjwt", "pyjwt"} }, "--accept names pyjwt twice"},
		{"its own tokens refused", func(s *Serve) { s.Accept, s.TokenProfile = []string{"simplejwt"}, "flask-jwt" }, "write --accept flask-jwt,simplejwt"},
		{"no end required", func(s *Serve) { s.RequiredClaims = []string{"iat"} }, "must name exp"},
		{"a role required", func(s *Serve) { s.RequiredClaims = []string{"exp", "role"} }, `--required-claims names "role"`},
		{"no signature", func(s *Serve) { s.VerifyClaims = []string{"exp"} }, "must name signature"},
		{"sub verified", func(s *Serve) { s.VerifyClaims = []string{"signature", "sub"} }, `--verify-claims names "sub"`},
		{"a claim without a column", func(s *Serve) { s.TokenClaims = []string{"=role"} }, "--token-claims"},
		{"a column without a claim", func(s *Serve) { s.TokenClaims = []string{"role="} }, "--token-claims"},
		{"a known address for half a day", func(s *Serve) { s.KnownAddressAge = 12 * time.Hour }, "--known-address-age is 12h"},
		{"two things done to passwords", func(s *Serve) { s.URL = "mysql://h/d"; s.BcryptLongPasswords = true; s.HashPepperFile = "p" }, "only one can be"},
		{"a salt of nothing", func(s *Serve) { s.URL = "mysql://h/d"; s.SaltColumn = "salt"; s.BareHashes = []string{"text"} }, "--users-salt-column is for bare digests"},
		{"a pepper for its own users", func(s *Serve) { s.HashPepperFile = "p" }, "are restauth's own"},
		{"a known address for years", func(s *Serve) { s.KnownAddressAge = 9000 * time.Hour }, "--known-address-age"},
		{"a device token for years", func(s *Serve) { s.DeviceTokenLifetime = 20000 * time.Hour }, "--device-token-lifetime"},
		{"identity age negative", func(s *Serve) { s.IdentityMaxAge = -1 }, "--identity-max-age"},
		{"identity grace of a day", func(s *Serve) { s.IdentityOutageGrace = 24 * time.Hour }, "--identity-outage-grace"},
		{"threads negative", func(s *Serve) { s.LoginThreads = -1 }, "--login-threads"},
		{"no queue", func(s *Serve) { s.LoginQueue = 0 }, "--login-queue"},
		{"a minute's wait", func(s *Serve) { s.LoginMaxWait = time.Minute }, "--login-max-wait"},
		{"too little memory", func(s *Serve) { s.LoginMemory = 127 }, "--login-memory"},
		{"a proxy's name", func(s *Serve) { s.TrustedProxies = []string{"proxy.example"} }, "--trusted-proxies"},
		{"issuer", func(s *Serve) { s.Issuer = strings.Repeat("x", 256) }, "--issuer"},
		{"issuer in Latin-1", func(s *Serve) { s.Issuer = "caf\xe9" }, "--issuer"},
		{"no time for queries", func(s *Serve) { s.Timeout = 0 }, "--users-timeout"},
		{"drain negative", func(s *Serve) { s.DrainDelay = -1 }, "--drain-delay"},
		{"51 guesses", func(s *Serve) { s.ThrottleAccount = 51 }, "--throttle-account"},
		{"guesses negative", func(s *Serve) { s.ThrottleKnown = -1 }, "--throttle-known"},
		{"guesses of an address negative", func(s *Serve) { s.ThrottleAddress = -1 }, "--throttle-address"},
		{"a wait under an hour", func(s *Serve) { s.ThrottleAccountWait = 59 * time.Minute }, "--throttle-account-wait"},
		{"a wait of half seconds", func(s *Serve) { s.ThrottleAccountWait = time.Hour + time.Millisecond }, "whole seconds"},
		{"an address's wait of two days", func(s *Serve) { s.ThrottleAddressWait = 48 * time.Hour }, "--throttle-address-wait"},
		{"a login at no path", func(s *Serve) { s.LoginPath = "" }, "--login-path"},
		{"a login path without a slash", func(s *Serve) { s.LoginPath = "login" }, "--login-path"},
		{"a login path with a parameter", func(s *Serve) { s.LoginPath = "/{login}" }, "--login-path"},
		{"a login path in percents", func(s *Serve) { s.LoginPath = "/log%69n" }, "--login-path"},
		{"a login path that climbs", func(s *Serve) { s.LoginPath = "/a/../login" }, "--login-path"},
		{"a login path of two slashes", func(s *Serve) { s.LoginPath = "//login" }, "--login-path"},
		{"a login path of 129 characters", func(s *Serve) { s.LoginPath = "/" + strings.Repeat("a", 128) }, "--login-path"},
		{"a member without a name", func(s *Serve) { s.LoginUsernameMember = "" }, "--login-username-member"},
		{"a member with a quote", func(s *Serve) { s.LoginPasswordMember = `pass"word` }, "--login-password-member"},
		{"a member in other letters", func(s *Serve) { s.LoginUsernameMember = "käyttäjä" }, "--login-username-member"},
		{"a member of JavaScript's", func(s *Serve) { s.LoginTokenMember = "__proto__" }, "--login-token-member"},
		{"a member of 65 characters", func(s *Serve) { s.LoginTokenMember = strings.Repeat("a", 65) }, "--login-token-member"},
		{"a prefix of two words", func(s *Serve) { s.AuthorizationPrefix = "My Token" }, "--authorization-prefix"},
		{"a realm in quotes", func(s *Serve) { s.Realm = `the "shop"` }, "--realm"},
		{"a realm of two lines", func(s *Serve) { s.Realm = "a\r\nSet-Cookie: a=b" }, "--realm"},
		{"no realm", func(s *Serve) { s.Realm = "" }, "--realm"},
		{"shutdown of a day", func(s *Serve) { s.ShutdownTimeout = 24 * time.Hour }, "--shutdown-timeout"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := good
			tt.spoil(&s)
			if err := s.Validate(); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Validate() = %v, want an error with %q", err, tt.want)
			}
		})
	}
}

// TestInDatabaseOf: one database may be named in several ways.
func TestInDatabaseOf(t *testing.T) {
	tests := []struct {
		state, users string
		want         bool
	}{
		{"mysql://own:x@db.example/shop", "mysql://reader:y@db.example/shop", true},
		{"mysql://own:x@db.example:3306/shop?tls=true", "MySQL://reader@DB.example/shop", true},
		{"mysql://own@/shop?socket=/run/a.sock", "mysql://reader@localhost/shop?socket=/run/a.sock", true},
		{"mysql://own@/shop?socket=/run/a.sock", "mysql://reader@/shop?socket=/run/b.sock", false},
		{"mysql://own@db.example/own", "mysql://reader@db.example/shop", false},
		{"mysql://own@db.example:3307/shop", "mysql://reader@db.example/shop", false},
		{"sqlite:own.db", "mysql://reader@db.example/shop", false},
		{"mysql+pymysql://own@db.example/shop", "postgres://reader@db.example/shop", false}, // each is refused in its own words
		{"mysql://db.example/shop", "mysql://db.example/shop", false},                       // names no user: refused too
		{"", "sqlite:restauth.db", false},
	}
	for _, tt := range tests {
		if got := (&State{StateURL: tt.state}).InDatabaseOf(&Users{URL: tt.users}); got != tt.want {
			t.Errorf("InDatabaseOf(%q, %q) = %v, want %v", tt.state, tt.users, got, tt.want)
		}
	}
}

// TestClaims: a column has its own name in a token, or another.
func TestClaims(t *testing.T) {
	got, err := (&Sisters{TokenClaims: []string{"role", "is_admin=admin", "a=b=c"}}).Claims()
	want := []Claim{{"role", "role"}, {"is_admin", "admin"}, {"a", "b=c"}} // the last is refused as a name
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("Claims() = %v (-want +got):\n%s", err, diff)
	}
	for verify, want := range map[string]string{"": "", "signature,exp,nbf,iat": "", "signature": "exp,nbf,iat", "iat,signature": "exp,nbf"} {
		s := Sisters{}
		if verify != "" {
			s.VerifyClaims = strings.Split(verify, ",")
		}
		if got := strings.Join(s.Unverified(), ","); got != want {
			t.Errorf("Unverified() of %q = %q, want %q", verify, got, want)
		}
	}
}
