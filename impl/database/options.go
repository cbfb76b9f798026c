package database

// Option is what a mysql:// URL may carry behind its ?, at most once.
type Option struct {
	// Name and Value are written Name=Value; Value stands for what is to be put
	// there.
	Name, Value string
	// Default is in words, "" where there is none.
	Default string
	// Help says what it does.
	Help string
}

// Options lists them by name. There are no others: an option that is not known
// may be a misspelt tls.
func Options() []Option {
	return []Option{
		{"allow-cleartext", "BOOL", "false", "true: send the password as it is to a server that asks for it so (mysql_clear_password), as managed databases with IAM, LDAP and PAM do. Only with tls=true or tls=verify-ca, so that nobody else gets it. Such passwords end after minutes: name their file with --users-password-file, which is read again for each new connection."},
		{"connect-timeout", "TIME", "2 × timeout", "How long making a connection in the background may take; to one of several hosts a quarter of timeout at most."},
		{"max-idle", "N", "as max-open", "Connections that are kept although nobody uses them."},
		{"max-lifetime", "TIME", "5m", "The age at which a connection is replaced, so that a failover or a changed address is noticed."},
		{"max-open", "N", "20", "Connections at once, 1 to 10,000. Logins look names up on three quarters of them, so that without an index on the name, where each reads the whole table, tokens are still checked; of a single one they cannot be kept apart."},
		{"read-timeout", "TIME", "2 × timeout", "How long one read from a connection may take."},
		{"socket", "FILE", "", "A Unix socket instead of host and port."},
		{"timeout", "TIME", "--users-timeout", "How long one query may take, connecting included; it counts before --users-timeout. The first of several hosts has half of it."},
		{"tls", "MODE", "false, or true with another tls option", "false: no TLS. true: the certificate has to be trusted and to name the host. verify-ca: it has to be signed by tls-ca, whatever its name, as for the one that MySQL makes for itself. skip-verify: TLS with whoever answers, so no protection against an active attacker. preferred: as skip-verify, and without TLS if the server has none."},
		{"tls-ca", "FILE", "the machine's", "PEM of the authorities to trust."},
		{"tls-cert", "FILE", "", "PEM of a client certificate; with tls-key."},
		{"tls-key", "FILE", "", "PEM of its key."},
		{"tls-server-name", "NAME", "the host", "The name in the server's certificate."},
		{"write-timeout", "TIME", "2 × timeout", "How long one write to a connection may take."},
	}
}
