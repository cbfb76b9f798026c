package store

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"sync/atomic"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/impl/account"
)

// dialer is the driver's connector, whose errors it marks.
type dialer struct{ driver.Connector }

// connectError is the error of a connection that was not made. The same number
// means something else in the answer to a query.
type connectError struct{ error }

func (e connectError) Unwrap() error { return e.error }

var errNotMySQL = errors.New("what answers there does not speak MySQL's protocol")

func notMySQL(err error) bool {
	return errors.Is(err, errNotMySQL) || errors.Is(err, mysql.ErrMalformPkt) || errors.Is(err, mysql.ErrPktSync) || errors.Is(err, mysql.ErrPktSyncMul)
}

// Connect implements driver.Connector. The driver trusts a server to send what it
// should, such as a key of the right kind; a panic over it would end the process
// where database/sql connects in the background.
func (d dialer) Connect(ctx context.Context) (conn driver.Conn, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			conn, err = nil, connectError{fmt.Errorf("%w: %.200v", errNotMySQL, cause)}
		}
	}()
	conn, err = d.Connector.Connect(ctx)
	if err != nil {
		return nil, connectError{err}
	}
	return conn, nil
}

// pluginNote is a logger for the driver that keeps the one thing which its errors
// do not say: which way to authenticate the server asked for last.
type pluginNote struct{ name atomic.Pointer[string] }

// Print implements mysql.Logger. The driver puts before its words where they are
// from.
func (n *pluginNote) Print(v ...any) {
	at := slices.Index(v, any("unknown auth plugin:"))
	if at < 0 || at+1 >= len(v) {
		return
	}
	if name, ok := v[at+1].(string); ok {
		n.name.Store(&name)
	}
}

func (n *pluginNote) String() string {
	name := n.name.Load()
	if name == nil || *name == "" {
		return "of another kind"
	}
	return fmt.Sprintf("%.64q", *name)
}

// explainConnect turns a failed connection into a sentence that says what to do.
func (e mySQL) explainConnect(ctx context.Context, err error) error {
	if sentence := e.refused(err); sentence != nil {
		if errors.Is(sentence, ErrNoTLS) {
			return fmt.Errorf("%w: %w", account.ErrUnavailable, sentence)
		}
		return sentence
	}
	if sentence := e.untrusted(err); sentence != nil {
		return fmt.Errorf("%w: %w", account.ErrUnavailable, sentence)
	}
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return fmt.Errorf("connect to the user database: %w", err)
	}
	return fmt.Errorf("%w: cannot connect to %s: %w; %s", account.ErrUnavailable, e.target.where(), e.plain(ctx, err), e.connectHint(err))
}

// plain says what an expired time-out means; the driver may have seen no more
// of it than a torn connection. What a server says is bounded.
func (e mySQL) plain(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded) || errors.Is(ctx.Err(), context.DeadlineExceeded):
		return fmt.Errorf("no answer within %v", e.target.timeout)
	case notMySQL(err) && !errors.Is(err, errNotMySQL):
		return errNotMySQL
	}
	return saidError{err}
}

// saidError is an error with a text that is fit for a message.
type saidError struct{ error }

func (e saidError) Error() string { return said(e.error.Error()) }
func (e saidError) Unwrap() error { return e.error }

// untrusted is the sentence for a server's certificate that is not taken, nil for
// any other error.
func (e mySQL) untrusted(err error) error {
	var (
		authority    x509.UnknownAuthorityError
		name         x509.HostnameError
		verification *tls.CertificateVerificationError
		hint         string
	)
	switch {
	case errors.As(err, &authority):
		hint = "name the authority that signed the server's certificate with tls-ca=FILE in the URL"
	case errors.As(err, &name):
		hint = "name the host that the server's certificate is for with tls-server-name=NAME, or trust its authority for any name with tls=verify-ca&tls-ca=FILE"
	case errors.As(err, &verification):
		hint = "renew the server's certificate, or correct tls-ca=FILE in the URL"
	default:
		return nil
	}
	return setup(ErrCertificate, "the certificate of %s is not trusted: %s; %s", e.target.where(), said(err.Error()), hint)
}

// connectHint is what to do about a server that cannot be reached. One that has
// answered is not to be started.
func (e mySQL) connectHint(err error) string {
	var unknown *net.DNSError
	switch {
	case mysqlNumber(err) != 0:
		return "look at the server's own log"
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return "correct the host in " + setting("users")
	case e.target.driver.Net == "unix" && errors.Is(err, fs.ErrPermission):
		return "let the user that restauth runs as use the socket and its folder"
	case e.target.driver.Net == "unix":
		return "start the server, or correct socket=FILE in " + setting("users")
	case notMySQL(err):
		return "correct host and port in " + setting("users")
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to that host; correct it in " + setting("users") + ", or the network"
	case errors.As(err, new(tls.AlertError)), errors.As(err, new(tls.RecordHeaderError)):
		return "they cannot agree on TLS; see which versions the server takes (tls_version), restauth takes 1.2 and newer"
	default:
		return "start the server, or correct host and port in " + setting("users")
	}
}
