package database

import (
	"context"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// What a part of the time-out is for where there are several hosts, as how many of
// them it has. So a second question fits in when the first host keeps the first one
// waiting, and when another takes no connections either.
const (
	firstShare   = 2 // the first question
	connectShare = 4 // connecting to one host
)

// How long to wait before a question is asked again of who cannot answer right now.
const (
	shortWait = 25 * time.Millisecond
	longWait  = 200 * time.Millisecond
)

// errKept is why a question is given up that one of several hosts keeps waiting.
var errKept = errors.New("no answer in the time that the first of several hosts has")

// Ask asks a question that may be asked twice, and asks it once more where the
// connection broke, or the host turned out not to serve: on a new connection where
// there is one host, elsewhere where there are more. Of several hosts the first has half
// of the time-out that bounds ctx. Who can answer nobody right now, as a Galera node
// without its cluster or a proxy without a server, is asked until ctx ends.
func (m *MySQL) Ask(ctx context.Context, question func(context.Context) error) error {
	first, cancel := m.First(ctx)
	defer cancel()
	err := question(first)
	if err == nil || over(ctx) || !again(err) && !Kept(first) {
		return err
	}
	for wait := shortWait; ; wait = min(2*wait, longWait) {
		told := err
		if err = question(ctx); err != nil && over(ctx) && (NotServing(told) || Unconnected(told)) {
			return told // more than that the time was over
		}
		if err == nil || !again(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(wait):
		}
	}
}

// over reports that the time of ctx has ended. The network may know that by the clock a
// moment before ctx does, on a busy machine a long one; what comes after asks ctx.
func over(ctx context.Context) bool {
	if deadline, bounded := ctx.Deadline(); bounded && !time.Now().Before(deadline) {
		<-ctx.Done()
	}
	return ctx.Err() != nil
}

// First is the context for asking for the first time: where there are several hosts it
// leaves time to ask another.
func (m *MySQL) First(ctx context.Context) (context.Context, context.CancelFunc) {
	if !m.hosts.several() {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, m.target.timeout/firstShare, errKept)
}

// Kept reports that the context of First ended before the one that it was made of: what
// was asked with it may be asked elsewhere.
func Kept(first context.Context) bool {
	return over(first) && errors.Is(context.Cause(first), errKept)
}

// Transient reports that a question may be asked again on a new connection.
// database/sql itself tries again where nothing was sent yet; these are the
// connections that died with a query in flight, the queries that were interrupted or lost
// to another, and the hosts that do not serve.
func Transient(err error) bool {
	switch Number(err) {
	case erConnectionKilled, erIdleDisconnect, erPrepareAgain, erInterrupted, erDeadlock:
		return true
	}
	return NotServing(err) || brokeOff(err) || errors.Is(err, driver.ErrBadConn)
}

// NotServing reports that a host says of itself that it does not serve.
func NotServing(err error) bool {
	switch Number(err) {
	case erServerShutdown, erNormalShutdown, erShutdownComplete:
		return true
	}
	return notPrimary(err) || readOnly(err)
}

// readOnly reports that a host takes no writes, or that this one does not.
func readOnly(err error) bool {
	switch Number(err) {
	case erOptionPrevents, erReadOnlyTransaction, erReadOnlyMode:
		return true
	}
	return errors.Is(err, errReadOnly)
}

// brokeOff reports a connection that ended with a question under way, for whatever
// reason.
func brokeOff(err error) bool {
	switch Number(err) {
	case erNetRead, erNetReadInterrupted, erNetWrite, erNetWriteInterrupted, erSessionKilled:
		return true
	}
	return errors.Is(err, mysql.ErrInvalidConn)
}

// again reports an answer that may be another one soon. A proxy hangs up as long as it
// does not know a server that serves.
func again(err error) bool { return Transient(err) || Unconnected(err) && errors.Is(err, io.EOF) }

// NotCarriedOut reports a commit that a host refused: it changed nothing.
func NotCarriedOut(err error) bool { return notPrimary(err) || readOnly(err) }

// notPrimary reports a node of Galera without its cluster.
func notPrimary(err error) bool {
	switch Number(err) {
	case erNotPrimary:
		return true
	case erDuringCommit: // of all engines, and for other reasons too
		return strings.Contains(err.Error(), "Not connected to Primary Component")
	}
	return errors.Is(err, errNotReady)
}
