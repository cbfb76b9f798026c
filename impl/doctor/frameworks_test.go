package doctor_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/doctor"
	"github.com/restauth/restauth/impl/users"
	"github.com/restauth/restauth/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// servers are the engines behind mysql:// URLs.
func servers() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{"MariaDB": dbtest.MariaDB, "MySQL": dbtest.MySQL}
}

const (
	pbkdf2 = "pbkdf2:sha256:1000$salt$0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	bcrypt = "$2b$04$abcdefghijklmnopqrstuuabcdefghijklmnopqrstuvwxyz01232"
	argon2 = "$argon2id$v=19$m=1024,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

// frameworks are tables as they make them, and what doctor is to propose when it is told
// where they are and nothing else.
var frameworks = []struct {
	name   string
	tables []string
	want   []string
}{
	{
		"Flask-JWT's tutorial",
		[]string{
			"CREATE TABLE `user` (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, username varchar(45) DEFAULT NULL, password varchar(255) DEFAULT NULL)",
			"INSERT INTO `user` (username, password) VALUES ('roy', '" + pbkdf2 + "')",
		},
		[]string{"--users-table=user", "--users-id-column=id", "--users-username-column=username", "--users-password-column=password"},
	},
	{
		"Flask-Login, by e-mail",
		[]string{
			"CREATE TABLE post (id int PRIMARY KEY, title varchar(200), body text)",
			"CREATE TABLE user (id int AUTO_INCREMENT PRIMARY KEY, email varchar(100) UNIQUE, password varchar(255), name varchar(100))",
			"INSERT INTO user (email, password, name) VALUES ('roy@example.com', '" + pbkdf2 + "', 'Roy')",
		},
		[]string{"--users-table=user", "--users-id-column=id", "--users-username-column=email", "--users-password-column=password"},
	},
	{
		"Flask-Security",
		[]string{
			"CREATE TABLE role (id int AUTO_INCREMENT PRIMARY KEY, name varchar(80) UNIQUE, description varchar(255))",
			"CREATE TABLE `user` (id int AUTO_INCREMENT PRIMARY KEY, email varchar(255) NOT NULL UNIQUE, username varchar(255) UNIQUE, password varchar(255), active tinyint(1) NOT NULL, fs_uniquifier varchar(64) NOT NULL UNIQUE, confirmed_at datetime, last_login_at datetime)",
			"INSERT INTO `user` (email, password, active, fs_uniquifier) VALUES ('roy@example.com', '" + bcrypt + "', 1, 'a'), ('pris@example.com', '" + bcrypt + "', 1, 'b'), ('leon@example.com', '" + bcrypt + "', 0, 'c')",
		},
		[]string{"--users-table=user", "--users-id-column=id", "--users-username-column=email", "--users-password-column=password", "--users-filter=active=1"},
	},
	{
		"Django",
		[]string{
			"CREATE TABLE django_session (session_key varchar(40) PRIMARY KEY, session_data longtext NOT NULL, expire_date datetime NOT NULL)",
			"CREATE TABLE auth_group (id int AUTO_INCREMENT PRIMARY KEY, name varchar(150) NOT NULL UNIQUE)",
			"CREATE TABLE auth_user (id int AUTO_INCREMENT PRIMARY KEY, password varchar(128) NOT NULL, last_login datetime(6), is_superuser tinyint(1) NOT NULL, username varchar(150) NOT NULL UNIQUE, first_name varchar(150) NOT NULL, last_name varchar(150) NOT NULL, email varchar(254) NOT NULL, is_staff tinyint(1) NOT NULL, is_active tinyint(1) NOT NULL, date_joined datetime(6) NOT NULL)",
			"INSERT INTO auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined) VALUES ('" + argon2 + "', 0, 'roy', '', '', 'roy@example.com', 0, 1, NOW())",
		},
		[]string{"--users-table=auth_user", "--users-id-column=id", "--users-username-column=username", "--users-password-column=password", "--users-filter=is_active=1"},
	},
	{
		"Laravel",
		[]string{
			"CREATE TABLE password_reset_tokens (email varchar(255) PRIMARY KEY, token varchar(255) NOT NULL, created_at timestamp NULL)",
			"CREATE TABLE sessions (id varchar(255) PRIMARY KEY, user_id bigint unsigned, ip_address varchar(45), user_agent text, payload longtext NOT NULL, last_activity int NOT NULL)",
			"CREATE TABLE users (id bigint unsigned AUTO_INCREMENT PRIMARY KEY, name varchar(255) NOT NULL, email varchar(255) NOT NULL UNIQUE, email_verified_at timestamp NULL, password varchar(255) NOT NULL, remember_token varchar(100), deleted_at timestamp NULL)",
			"INSERT INTO users (name, email, password, email_verified_at) VALUES ('Roy', 'roy@example.com', '" + strings.Replace(bcrypt, "2b", "2y", 1) + "', NOW()), ('Pris', 'pris@example.com', '" + bcrypt + "', NULL)",
		},
		[]string{"--users-table=users", "--users-id-column=id", "--users-username-column=email", "--users-password-column=password", "--users-filter=deleted_at=NULL"},
	},
	{
		"WordPress",
		[]string{
			"CREATE TABLE wp_options (option_id bigint unsigned AUTO_INCREMENT PRIMARY KEY, option_name varchar(191) UNIQUE, option_value longtext)",
			"CREATE TABLE wp_usermeta (umeta_id bigint unsigned AUTO_INCREMENT PRIMARY KEY, user_id bigint unsigned, meta_key varchar(255), meta_value longtext)",
			"CREATE TABLE wp_users (ID bigint unsigned AUTO_INCREMENT PRIMARY KEY, user_login varchar(60) NOT NULL DEFAULT '', user_pass varchar(255) NOT NULL DEFAULT '', user_nicename varchar(50) NOT NULL DEFAULT '', user_email varchar(100) NOT NULL DEFAULT '', user_url varchar(100) NOT NULL DEFAULT '', user_activation_key varchar(255) NOT NULL DEFAULT '', user_status int NOT NULL DEFAULT 0, display_name varchar(250) NOT NULL DEFAULT '', KEY user_login_key (user_login), KEY user_nicename (user_nicename), KEY user_email (user_email))",
			"INSERT INTO wp_users (user_login, user_pass, user_email, display_name) VALUES ('roy', '" + bcrypt + "', 'roy@example.com', 'Roy')",
		},
		[]string{"--users-table=wp_users", "--users-id-column=ID", "--users-username-columns=user_login,user_email", "--users-password-column=user_pass"},
	},
	{
		"Drupal",
		[]string{
			"CREATE TABLE users (uid int unsigned PRIMARY KEY, uuid varchar(128) CHARACTER SET ascii NOT NULL UNIQUE, langcode varchar(12) NOT NULL)",
			"CREATE TABLE users_field_data (uid int unsigned NOT NULL, langcode varchar(12) CHARACTER SET ascii NOT NULL, preferred_langcode varchar(12), name varchar(60) NOT NULL, pass varchar(255), mail varchar(254), timezone varchar(32), status tinyint, created int NOT NULL, changed int, access int NOT NULL, login int, init varchar(254), default_langcode tinyint NOT NULL, PRIMARY KEY (uid, langcode), UNIQUE KEY user__name (name, langcode), KEY user_field__mail (mail(191)))",
			"INSERT INTO users VALUES (1, 'a', 'en')",
			"INSERT INTO users_field_data VALUES (1, 'en', 'en', 'roy', '" + bcrypt + "', 'roy@example.com', 'UTC', 1, 1, 1, 1, 1, 'roy@example.com', 1)",
		},
		[]string{"--users-table=users_field_data", "--users-id-column=uid", "--users-username-columns=name,mail", "--users-password-column=pass", "--users-filter=status=1", "--users-filter=default_langcode=1"},
	},
	{
		"Devise",
		[]string{
			"CREATE TABLE schema_migrations (version varchar(255) PRIMARY KEY)",
			"CREATE TABLE users (id bigint AUTO_INCREMENT PRIMARY KEY, email varchar(255) NOT NULL DEFAULT '', encrypted_password varchar(255) NOT NULL DEFAULT '', reset_password_token varchar(255), reset_password_sent_at datetime(6), remember_created_at datetime(6), confirmed_at datetime(6), locked_at datetime(6), UNIQUE KEY index_users_on_email (email), UNIQUE KEY index_users_on_reset_password_token (reset_password_token))",
			"INSERT INTO users (email, encrypted_password) VALUES ('roy@example.com', '" + strings.Replace(bcrypt, "2b", "2a", 1) + "')",
		},
		[]string{"--users-table=users", "--users-id-column=id", "--users-username-column=email", "--users-password-column=encrypted_password", "--users-filter=locked_at=NULL"},
	},
	{
		"Spring's JdbcUserDetails",
		[]string{
			"CREATE TABLE users (username varchar(50) NOT NULL PRIMARY KEY, password varchar(500) NOT NULL, enabled boolean NOT NULL)",
			"CREATE TABLE authorities (username varchar(50) NOT NULL, authority varchar(50) NOT NULL, UNIQUE KEY ix_auth_username (username, authority))",
			"INSERT INTO users VALUES ('roy', '" + bcrypt + "', true)",
		},
		[]string{"--users-table=users", "--users-id-column=username", "--users-username-column=username", "--users-password-column=password", "--users-filter=enabled=1"},
	},
	{
		"Symfony",
		[]string{
			"CREATE TABLE `user` (id int AUTO_INCREMENT PRIMARY KEY, email varchar(180) NOT NULL UNIQUE, roles json NOT NULL, password varchar(255) NOT NULL)",
			"INSERT INTO `user` (email, roles, password) VALUES ('roy@example.com', '[]', '" + argon2 + "')",
		},
		[]string{"--users-table=user", "--users-id-column=id", "--users-username-column=email", "--users-password-column=password"},
	},
	{
		"Odoo",
		[]string{
			"CREATE TABLE res_partner (id int AUTO_INCREMENT PRIMARY KEY, name varchar(255), email varchar(255), active boolean)",
			"CREATE TABLE res_users (id int AUTO_INCREMENT PRIMARY KEY, company_id int NOT NULL, partner_id int NOT NULL, active boolean DEFAULT true, login varchar(255) NOT NULL UNIQUE, password varchar(255), signature text)",
			"INSERT INTO res_users (company_id, partner_id, login, password) VALUES (1, 1, 'roy', '" + argon2 + "')",
		},
		[]string{"--users-table=res_users", "--users-id-column=id", "--users-username-column=login", "--users-password-column=password", "--users-filter=active=1"},
	},
	{
		"one tenant",
		[]string{
			"CREATE TABLE members (id int AUTO_INCREMENT PRIMARY KEY, tenant_id int NOT NULL, username varchar(50) NOT NULL, password_hash varchar(255) NOT NULL, UNIQUE KEY (tenant_id, username))",
			"INSERT INTO members (tenant_id, username, password_hash) VALUES (7, 'roy', '" + bcrypt + "')",
		},
		[]string{"--users-table=members", "--users-id-column=id", "--users-username-column=username", "--users-password-column=password_hash", "--users-filter=tenant_id=7"},
	},
	{
		"UUIDs as MySQL's UUID_TO_BIN(…, 1) writes them",
		[]string{
			"CREATE TABLE users (id binary(16) PRIMARY KEY, email varchar(100) NOT NULL UNIQUE, password varchar(255) NOT NULL)",
			"INSERT INTO users VALUES (x'11ee5b1e3c4a2f1e8a0d0242ac120002', 'roy@example.com', '" + bcrypt + "'), (x'11ee5b1e3c4a9f1f8a0d0242ac120002', 'pris@example.com', '" + bcrypt + "')",
		},
		[]string{"--users-table=users", "--users-id-column=id", "--users-username-column=email", "--users-password-column=password", "--users-id-type=uuid-swapped"},
	},
	{
		"bare MD5 in a table of one's own making",
		[]string{
			"CREATE TABLE tbl_login (uid int AUTO_INCREMENT PRIMARY KEY, uname varchar(30), pwd char(32), status enum('Y','N'), active enum('Y','N'), KEY (uname))",
			"INSERT INTO tbl_login (uname, pwd, status, active) VALUES ('roy', '0123456789abcdef0123456789abcdef', 'Y', 'Y'), ('pris', '1123456789abcdef0123456789abcdef', 'N', 'Y')",
		},
		[]string{"--users-table=tbl_login", "--users-id-column=uid", "--users-username-column=uname", "--users-password-column=pwd", "--users-filter=active=Y", "--bare-hashes=md5"},
	},
	{
		"few bare hashes among others, and many tenants",
		[]string{
			"CREATE TABLE account (id int AUTO_INCREMENT PRIMARY KEY, tenant int NOT NULL, login varchar(30), passwd varchar(255), UNIQUE KEY (tenant, login))",
			"INSERT INTO account (tenant, login, passwd) VALUES (3, 'roy', '" + bcrypt + "'), (7, 'roy', '" + bcrypt + "'), (7, 'pris', '" + pbkdf2 + "'), (7, 'old', '0123456789abcdef0123456789abcdef')",
		},
		[]string{"--users-table=account", "--users-id-column=id", "--users-username-column=login", "--users-password-column=passwd", "--users-filter=tenant=7"},
	},
	{
		"bare SHA-1 with a salt in a column of its own",
		[]string{
			"CREATE TABLE account (id int AUTO_INCREMENT PRIMARY KEY, login varchar(30) UNIQUE, passwd char(40), salt varchar(16))",
			"INSERT INTO account (login, passwd, salt) VALUES ('roy', '0123456789abcdef0123456789abcdef01234567', 'x1')",
		},
		[]string{"--users-table=account", "--users-id-column=id", "--users-username-column=login", "--users-password-column=passwd", "--bare-hashes=sha1", "--users-salt-column=salt", "--users-salt-position=before"},
	},
}

// TestFrameworks: told nothing but where the database is, as a user that may read it all,
// doctor finds the table and what to tell serve.
func TestFrameworks(t *testing.T) {
	t.Parallel()
	for engine, fresh := range servers() {
		for _, f := range frameworks {
			t.Run(engine+"/"+f.name, func(t *testing.T) {
				t.Parallel()
				admin := fresh(t)
				dbtest.Exec(t, admin, f.tables...)
				r := examine(t, doctor.Config{Users: users.Config{URL: dbtest.User(t, admin, "SELECT ON *")}})
				for name, code := range map[string]string{"Devise": "devise_pepper", "Flask-Security": "flask_security"} {
					if _, is := codes(r)[code]; is != (f.name == name) {
						t.Errorf("%s is told of: %v", code, is)
					}
				}
				if diff := cmp.Diff(f.want, r.Proposal.Flags); diff != "" {
					t.Errorf("proposed flags (-want +got):\n%s%+v", diff, r.Candidates)
				}
				grants(t, admin, r)
			})
		}
	}
}

// grants gives a new database user the proposed rights, as they are: told the proposed
// settings it finds the same with them, and has nothing to say of rights or indexes.
func grants(t *testing.T, admin string, before *doctor.Report) {
	t.Helper()
	u, err := url.Parse(dbtest.User(t, admin))
	if err != nil {
		t.Fatal(err)
	}
	statement, _, _ := strings.Cut(before.Proposal.Grant, " TO ")
	dbtest.Exec(t, admin, statement+" TO '"+u.User.Username()+"'@'%'")
	cfg := doctor.Config{Named: true, Users: users.Config{URL: u.String()}}
	for _, flag := range before.Proposal.Flags {
		switch name, value, _ := strings.Cut(flag, "="); name {
		case "--users-table":
			cfg.Users.Table = value
		case "--users-id-column":
			cfg.Users.IDColumn = value
		case "--users-username-column", "--users-username-columns":
			cfg.Usernames = strings.Split(value, ",")
		case "--users-password-column":
			cfg.Users.PasswordColumn = value
		case "--users-filter":
			cfg.Filters = append(cfg.Filters, value)
		case "--users-salt-column":
			cfg.Salt = value
		}
	}
	r := examine(t, cfg)
	if diff := cmp.Diff(before.Proposal.Flags, r.Proposal.Flags); diff != "" {
		t.Errorf("flags with the proposed rights alone (-with all +got):\n%s", diff)
	}
	old := codes(before)
	for _, f := range r.Findings {
		if _, is := old[f.Code]; !is && f.Code != "key_not_unique" || strings.HasPrefix(f.Code, "grants") || f.Code == "state_column" {
			t.Errorf("with the proposed rights and settings: %+v", f)
		}
	}
}

func examine(t testing.TB, cfg doctor.Config) *doctor.Report {
	t.Helper()
	cfg.Hurry, cfg.AllowWeakHashes, cfg.Threads = true, true, 2
	if cfg.Secret == nil {
		cfg.Secret = []byte("3f9c0a77d1e54b2286aa0f5b9c8e1d7042f6")
	}
	r, err := doctor.Examine(context.WithoutCancel(t.Context()), cfg)
	if err != nil {
		t.Fatalf("Examine() = %v", err)
	}
	return r
}

// codes are those of the findings, with their severities.
func codes(r *doctor.Report) map[string]doctor.Severity {
	all := make(map[string]doctor.Severity)
	for _, f := range r.Findings {
		all[f.Code] = f.Severity
	}
	return all
}
