package database

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/go-sql-driver/mysql"

	"github.com/restauth/restauth/impl/account"
)

// dialer is the driver's connector to one host, whose errors it marks.
type dialer struct {
	driver.Connector
	addr string
}

// connectError is the error of a connection that was not made, and to which host. The
// same number means something else in the answer to a query.
type connectError struct {
	error
	addr string
}

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
			conn, err = nil, connectError{fmt.Errorf("%w: %.200v", errNotMySQL, cause), d.addr}
		}
	}()
	conn, err = d.Connector.Connect(ctx)
	if err != nil {
		return nil, connectError{err, d.addr}
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

// Unconnected reports that err is of a connection that was not made.
func Unconnected(err error) bool { return errors.As(err, new(connectError)) }

// ExplainConnect turns a failed connection into a sentence that says what to do, and
// wraps account.ErrUnavailable where the server may be no more than down.
func (m *MySQL) ExplainConnect(ctx context.Context, err error) error {
	return m.cfg.as(m.explainConnect(ctx, err))
}

// ExplainRefusal is the sentence for a connection that was not made, nil where no
// more is known than that. It asks nothing.
func (m *MySQL) ExplainRefusal(err error) error {
	if hosts := (connectErrors)(nil); errors.As(err, &hosts) {
		return m.cfg.as(m.everyRefusal(hosts))
	}
	sentence := m.refused(err)
	if sentence == nil {
		sentence = m.untrusted(err)
	}
	return m.cfg.as(sentence)
}

// everyRefusal is what each of several hosts says, nil where one says nothing that is
// known. It is of the kind of the first, and an outage where one of them may be over by
// itself.
func (m *MySQL) everyRefusal(hosts connectErrors) error {
	var texts []string
	var kind error
	for _, err := range hosts {
		sentence := (*setupError)(nil)
		if !errors.As(cmp.Or(m.refused(err), m.untrusted(err)), &sentence) {
			return nil
		}
		texts = append(texts, sentence.text)
		if kind == nil || errors.Is(sentence.kind, account.ErrUnavailable) {
			kind = sentence.kind
		}
	}
	return Sentence(kind, "%s", strings.Join(texts, "; "))
}

// ExplainQuery is the sentence for a query that the server refuses whatever it is
// about, nil where it says nothing of the kind.
func (m *MySQL) ExplainQuery(err error) error {
	switch Number(err) {
	case erMustChangePassword, erPasswordExpired:
		return m.cfg.as(m.refusedAccount(err))
	}
	return m.cfg.as(cmp.Or(m.notServing(err), m.overLimit(err)))
}

func (m *MySQL) explainConnect(ctx context.Context, err error) error {
	if hosts := (connectErrors)(nil); errors.As(err, &hosts) && !errors.Is(ctx.Err(), context.Canceled) {
		return m.explainHosts(ctx, hosts)
	}
	if sentence := m.refused(err); sentence != nil {
		if errors.Is(sentence, ErrNoTLS) {
			return fmt.Errorf("%w: %w", account.ErrUnavailable, sentence)
		}
		return sentence
	}
	if sentence := m.untrusted(err); sentence != nil {
		return fmt.Errorf("%w: %w", account.ErrUnavailable, sentence)
	}
	if err := ctx.Err(); errors.Is(err, context.Canceled) {
		return fmt.Errorf("connect to the database: %w", err)
	}
	return fmt.Errorf("%w: cannot connect to %s: %w; %s", account.ErrUnavailable, m.target.at(m.Address(err)), m.Plain(ctx, err),
		m.cfg.words().Replace(m.connectHint(err)))
}

// explainHosts says of each of several hosts why it was not connected to. It is an
// outage, unless none of them will ever serve as it is.
func (m *MySQL) explainHosts(ctx context.Context, hosts connectErrors) error {
	if sentence := m.everyRefusal(hosts); sentence != nil && errors.Is(sentence, account.ErrUnusable) {
		return sentence
	}
	var texts []string
	for _, err := range hosts {
		text := m.explainConnect(ctx, err).Error()
		texts = append(texts, strings.TrimPrefix(text, account.ErrUnavailable.Error()+": "))
	}
	return fmt.Errorf("%w: none of %d hosts serves: %s", account.ErrUnavailable, len(m.target.hosts), strings.Join(texts, "; "))
}

// Plain says what an expired time-out means; the driver may have seen no more
// of it than a torn connection. What a server says is bounded.
func (m *MySQL) Plain(ctx context.Context, err error) error {
	several := errors.As(err, new(connectErrors)) || errors.As(err, new(answerError))
	if !several && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return m.late()
	}
	return m.plain(err)
}

// plain says of several hosts which one said what.
func (m *MySQL) plain(err error) error {
	var hosts connectErrors
	var answer answerError
	switch {
	case errors.As(err, &hosts):
		said := make(connectErrors, 0, len(hosts))
		for _, err := range hosts {
			said = append(said, connectError{m.plain(err), m.Address(err)})
		}
		return said
	case errors.As(err, &answer):
		return fmt.Errorf("%s: %w", answer.addr, m.plain(answer.error))
	case errors.Is(err, context.DeadlineExceeded):
		return m.late()
	case notMySQL(err) && !errors.Is(err, errNotMySQL):
		return errNotMySQL
	}
	return saidError{err}
}

func (m *MySQL) late() error { return fmt.Errorf("no answer within %v", m.target.timeout) }

// Fit is err with a text that is fit for a message.
func Fit(err error) error { return saidError{err} }

// saidError is an error with a text that is fit for a message.
type saidError struct{ error }

func (e saidError) Error() string { return Said(e.error.Error()) }
func (e saidError) Unwrap() error { return e.error }

// untrusted is the sentence for a server's certificate that is not taken, nil for
// any other error.
func (m *MySQL) untrusted(err error) error {
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
	return Sentence(ErrCertificate, "the certificate of %s is not trusted: %s; %s", m.target.at(m.Address(err)), Said(err.Error()), hint)
}

// connectHint is what to do about a server that cannot be reached. One that has
// answered is not to be started.
func (m *MySQL) connectHint(err error) string {
	var unknown *net.DNSError
	switch {
	case Number(err) != 0:
		return "look at the server's own log"
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return "correct the host in " + Setting("users")
	case m.target.driver.Net == "unix" && errors.Is(err, fs.ErrPermission):
		return "let the user that restauth runs as use the socket and its folder"
	case m.target.driver.Net == "unix":
		return "start the server, or correct socket=FILE in " + Setting("users")
	case notMySQL(err):
		return "correct host and port in " + Setting("users")
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to that host; correct it in " + Setting("users") + ", or the network"
	case errors.As(err, new(tls.AlertError)), errors.As(err, new(tls.RecordHeaderError)):
		return "they cannot agree on TLS; see which versions the server takes (tls_version), restauth takes 1.2 and newer"
	default:
		return "start the server, or correct host and port in " + Setting("users")
	}
}
