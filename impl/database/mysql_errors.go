package database

import (
	"cmp"
	"errors"
	"regexp"
	"strings"

	"github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/impl/account"
)

// The error numbers that mean something here, as
// https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html and
// https://mariadb.com/kb/en/mariadb-error-code-reference/ list them.
const (
	erTooManyConnections   = 1040
	erDatabaseAccessDenied = 1044
	erAccessDenied         = 1045
	erUnknownDatabase      = 1049
	erNotPrimary           = 1047 // Galera, of a node without its cluster; else an unknown command
	erServerShutdown       = 1053
	erNormalShutdown       = 1077
	erShutdownComplete     = 1079
	erHostBlocked          = 1129
	erHostNotPrivileged    = 1130
	erNetRead              = 1158
	erNetReadInterrupted   = 1159
	erNetWrite             = 1160
	erNetWriteInterrupted  = 1161
	erDuringCommit         = 1180
	erUnknownVariable      = 1193
	erUserConnections      = 1203
	erDeadlock             = 1213 // in Galera also of a question, by a table's definition on another node
	erUserResources        = 1226
	erWrongVariableValue   = 1231
	erOldClientProtocol    = 1251
	erOldPasswordFormat    = 1275
	erOptionPrevents       = 1290 // read_only, of what restauth does
	erInterrupted          = 1317 // by KILL QUERY, or in Galera by a table's definition on another node
	erTooManyStatements    = 1461
	erPluginNotLoaded      = 1524
	erPrepareAgain         = 1615
	erAccessDeniedNoPass   = 1698
	erReadOnlyTransaction  = 1792
	erMustChangePassword   = 1820
	erReadOnlyMode         = 1836
	erPasswordExpired      = 1862
	erConnectionKilled     = 1927 // MariaDB
	erOfflineMode          = 3032
	erAccountLocked        = 3118
	erTLSRequired          = 3159
	erSessionKilled        = 3169
	erUserBlocked          = 3955
	erIdleDisconnect       = 4031 // MySQL, wait_timeout passed
	erUserBlockedMariaDB   = 4150
	erAccountLockedMariaDB = 4151
)

// Number is the number of a server's error, 0 for any other.
func Number(err error) uint16 {
	if answer := (*mysql.MySQLError)(nil); errors.As(err, &answer) {
		return answer.Number
	}
	return 0
}

// refused is the sentence for a connection that the server, or the driver at its
// word, did not make; nil where it says nothing that is known.
func (m *MySQL) refused(err error) error {
	cfg, addr := m.target.driver, m.Address(err)
	if unread := (passwordError{}); errors.As(err, &unread) {
		return Sentence(ErrConfig, "the password of database user %q cannot be read: %v", cfg.User, unread.error)
	}
	switch Number(err) {
	case erUnknownDatabase:
		return Sentence(ErrUnknownDatabase, "database %s does not exist on %s; correct the name at the end of the URL in %s", Quote(cfg.DBName), addr, Setting("users"))
	case erDatabaseAccessDenied:
		return Sentence(ErrNoGrant, "database user %q may not use database %s, or there is none; grant it SELECT on the user table, or correct the URL in %s", cfg.User, Quote(cfg.DBName), Setting("users"))
	case erHostNotPrivileged:
		return Sentence(ErrAccessDenied, "%s lets nobody in from this machine's address; create the database user for this host, or for '%%'", addr)
	case erHostBlocked:
		return Sentence(ErrAccessDenied, "%s lets this machine in no more, after too many connections from it that broke off; find out what makes them, then run TRUNCATE TABLE performance_schema.host_cache, on MariaDB FLUSH HOSTS", addr)
	case erTLSRequired:
		return Sentence(ErrAccessDenied, "%s lets nobody in without TLS; %s", addr, useTLS)
	case erUnknownVariable, erWrongVariableValue:
		return Sentence(ErrUnsupported, "%s does not take the settings of restauth's connections (it says: %s); use MySQL 8.4 or newer, or MariaDB 10.11 or newer", addr, Said(err.Error()))
	case erTooManyConnections:
		return Sentence(account.ErrUnavailable, "%s has given out all its connections (max_connections); raise that, or let restauth take fewer with max-open=N in the URL, now %d", addr, m.target.maxOpen)
	case erOfflineMode:
		return Sentence(account.ErrUnavailable, "%s is in offline mode; whoever switched that on ends it with SET GLOBAL offline_mode = OFF", addr)
	}
	if sentence := cmp.Or(m.notServing(err), m.refusedAccount(err)); sentence != nil {
		return sentence
	}
	return m.refusedPlugin(err)
}

// notServing is the sentence for a host that says of itself that it is not to be used.
// Another may be, or this one soon.
func (m *MySQL) notServing(err error) error {
	addr := m.Address(err)
	switch {
	case errors.Is(err, errNotReady), Number(err) == erNotPrimary && strings.Contains(err.Error(), "WSREP"):
		return Sentence(account.ErrUnavailable, "%s has no cluster: this Galera node is cut off from most of the others, or has not caught up with them; see its wsrep_cluster_status, and name the other nodes behind commas in %s", addr, Setting("users"))
	case errors.Is(err, errReadOnly), m.cfg.Writes && readOnly(err):
		return Sentence(account.ErrUnavailable, "%s is read-only (read_only, super_read_only), and restauth has to write there; name the host that takes writes in %s", addr, Setting("users"))
	}
	return nil
}

// orNobody is said of whatever an account is told to be, for MariaDB answers a user that
// it does not have as it answers one of the others, whichever their hash falls on.
const orNobody = "; where there is no such account MariaDB may answer so too: SELECT user, host FROM mysql.user shows all"

const useTLS = "write tls=true in the URL, with tls-ca=FILE where the server's certificate is from an authority of your own"

// refusedAccount is the same for what is wrong with the database user's account.
func (m *MySQL) refusedAccount(err error) error {
	cfg, addr, account := m.target.driver, m.Address(err), m.account(err)
	switch Number(err) {
	case erAccessDenied:
		return Sentence(ErrAccessDenied, "%s refuses database user %s; %s", addr, account, m.whyDenied())
	case erAccessDeniedNoPass:
		return Sentence(ErrAccessDenied, "%s refuses database user %s: this account has no password and is let in by who runs the program at the other end of the server's socket (unix_socket, auth_socket); give it a password with ALTER USER ... IDENTIFIED BY, or use another user in %s"+orNobody, addr, account, Setting("users"))
	case erAccountLocked, erAccountLockedMariaDB:
		return Sentence(ErrAccessDenied, "database user %q is locked on %s; unlock it with ALTER USER ... ACCOUNT UNLOCK", cfg.User, addr)
	case erUserBlocked, erUserBlockedMariaDB:
		return Sentence(ErrAccessDenied, "%s has blocked database user %q after too many wrong passwords; correct the password in %s, then run ALTER USER ... ACCOUNT UNLOCK, on MariaDB FLUSH PRIVILEGES", addr, cfg.User, Setting("users"))
	case erPasswordExpired, erMustChangePassword:
		return Sentence(ErrAccessDenied, "the password of database user %q on %s has expired; set a new one with ALTER USER ... IDENTIFIED BY and write it in %s, or run ALTER USER ... PASSWORD EXPIRE NEVER", cfg.User, addr, Setting("users"))
	}
	return m.overLimit(err)
}

// overLimit is the sentence where the database user has used up what it may
// have. That ends by itself.
func (m *MySQL) overLimit(err error) error {
	cfg, addr := m.target.driver, m.Address(err)
	switch number := Number(err); {
	case number == erUserConnections, number == erUserResources && strings.Contains(err.Error(), "'max_user_connections'"):
		return Sentence(account.ErrUnavailable, "database user %q has all the connections to %s that it may have (max_user_connections); let restauth take fewer with max-open=N in the URL, now %d, or raise that with ALTER USER ... WITH MAX_USER_CONNECTIONS", cfg.User, addr, m.target.maxOpen)
	case number == erUserResources:
		return Sentence(account.ErrUnavailable, "database user %q has used up what it may do on %s in an hour (%s); raise that with ALTER USER ... WITH, or take it away with 0", cfg.User, addr, quoted(err, `max_[a-z_]+`, "a limit of this account"))
	case number == erTooManyStatements:
		return Sentence(account.ErrUnavailable, "%s has prepared as many statements for all its clients as it may (max_prepared_stmt_count); raise that, or find the program that does not close them", addr)
	}
	return nil
}

// whyDenied: the server says the same of a wrong password, of an account that it
// does not have, and of one that wants TLS.
func (m *MySQL) whyDenied() string {
	cfg := m.target.driver
	why := "the password is wrong"
	switch {
	case m.cfg.PasswordOf != nil:
		why = "the password in the file (" + Setting("users-password-file") + ") is wrong, or has ended, as those of IAM do after 15 minutes"
	case cfg.Passwd == "":
		why = "none is given and it has a password"
	}
	tls := ", or the account wants TLS (REQUIRE SSL, require_secure_transport), which the URL does not ask for: write tls=true in it"
	switch {
	case cfg.TLS == nil:
	case len(cfg.TLS.Certificates) == 0:
		tls = ", or the account wants a client certificate (REQUIRE X509), which the URL does not name: write tls-cert=FILE&tls-key=FILE in it"
	default:
		tls = ", or the account wants another client certificate (REQUIRE ISSUER, SUBJECT)"
	}
	return why + ", or there is no such account for that host (the most specific one counts, so that ''@'localhost', which is anybody, stands before a user's '%')" + tls +
		"; correct user and password in " + Setting("users") + ", or the account, which SELECT user, host FROM mysql.user shows"
}

// refusedPlugin is the sentence where both sides know no way to authenticate in
// common. Each is the driver's own error or, where noted, its own text.
func (m *MySQL) refusedPlugin(err error) error {
	cfg, addr := m.target.driver, m.Address(err)
	const instead = "give this user another with ALTER USER ... IDENTIFIED WITH caching_sha2_password BY, on MariaDB IDENTIFIED BY"
	switch number := Number(err); {
	case number == erPluginNotLoaded:
		return Sentence(ErrUnsupported, "database user %q is authenticated by plugin %s, which %s has not loaded (MySQL 9 has no mysql_native_password any more); %s", cfg.User, quoted(err, `\w+`, "of another"), addr, instead)
	case number == erOldClientProtocol, number == erOldPasswordFormat, errors.Is(err, mysql.ErrOldPassword):
		return Sentence(ErrUnsupported, "the password of database user %q on %s is stored as before MySQL 4.1; set it anew with ALTER USER ... IDENTIFIED BY"+orNobody, cfg.User, addr)
	case errors.Is(err, mysql.ErrUnknownPlugin):
		return Sentence(ErrUnsupported, "%s authenticates database user %q by plugin %s, which restauth does not know (it knows mysql_native_password, caching_sha2_password, sha256_password and ed25519); %s"+orNobody, addr, cfg.User, m.plugin.String(), instead)
	case errors.Is(err, mysql.ErrCleartextPassword):
		return Sentence(ErrUnsupported, "%s wants the password of database user %q as it is (mysql_clear_password, as for IAM, LDAP and PAM), which restauth sends only where the URL allows it and to a server whose certificate is verified; write tls=true&allow-cleartext=true in the URL, with tls-ca=FILE where the certificate is from an authority of your own or of your cloud's, or %s"+orNobody, addr, cfg.User, instead)
	case errors.Is(err, mysql.ErrNativePassword): // not while hardenDriver allows it
		return Sentence(ErrUnsupported, "%s authenticates database user %q by mysql_native_password; %s", addr, cfg.User, instead)
	case errors.Is(err, mysql.ErrOldProtocol):
		return Sentence(ErrUnsupported, "%s speaks the protocol of before MySQL 4.1; use MySQL 8.4 or newer, or MariaDB 10.11 or newer", addr)
	case strings.Contains(err.Error(), "for caching_sha2_password, perform full authentication"): // the driver has no error for it
		return Sentence(ErrUnsupported, "%s has no key with which the password of database user %q could be encrypted on its way (caching_sha2_password; TiDB never has one); %s", addr, cfg.User, useTLS)
	case errors.Is(err, mysql.ErrNoTLS):
		return Sentence(ErrNoTLS, "%s does not support TLS, which the users URL asks for; give the server a certificate, or write tls=false in the URL if the way there is safe", m.target.at(addr))
	}
	return nil
}

// account is the account as the server saw it, 'user'@'host', or the user alone
// where it does not say. The messages are translated, but not the form of this;
// what is no host's name is not repeated.
func (m *MySQL) account(err error) string {
	user := Said(m.target.driver.User)
	if host := regexp.MustCompile(`'@'([A-Za-z0-9._:%-]{1,255})'`).FindStringSubmatch(err.Error()); host != nil {
		return "'" + user + "'@'" + host[1] + "'"
	}
	return "'" + user + "'"
}

// quoted is the first thing of that form between quotes in a server's message.
func quoted(err error, form, otherwise string) string {
	if found := regexp.MustCompile(`'(` + form + `)'`).FindStringSubmatch(err.Error()); found != nil && len(found[1]) <= 64 {
		return found[1]
	}
	return otherwise
}
