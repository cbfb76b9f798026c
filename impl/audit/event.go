// Package audit is the trail of what happened to accounts: who logged in and who did
// not, what was refused before it was looked at, who changed which user, and when a
// server began. Each is one [Event], which becomes one line of the log and the same
// line of a file that is kept apart from it.
//
//	trail, err := audit.New(audit.Config{Logger: logger, File: file})
//	trail.Record(ctx, audit.Event{
//		Kind: audit.KindLogin, Outcome: audit.OutcomeFailure, Reason: audit.ReasonWrongPassword,
//		Account: audit.Known(record.ID, record.Username),
//	})
//
// What may be said is a closed list of kinds, outcomes and reasons; docs/audit.md has
// each of them, with its names in OCSF and ECS. An event has no place for a password,
// a token or a hash. A name is whatever somebody typed: it comes last, bounded, with
// everything escaped that is not seen, so that no name can pass for another member of
// the line.
//
// It is a leaf: of ours it reads package reqctx, which knows the request that an event
// belongs to, and package userid.
package audit

import (
	"log/slog"

	"github.com/restauth/restauth/impl/userid"
)

// Kind says what happened.
type Kind string

// The kinds.
const (
	// KindLogin: somebody asked for a token with a name and a password.
	KindLogin Kind = "login"
	// KindStoredHash: a row's stored hash is weak, or of no use. It is said once for
	// each row and reason.
	KindStoredHash Kind = "stored_hash"
	// KindThrottleClear: the operator gave an account or an address its attempts back.
	KindThrottleClear Kind = "throttle_clear"
	// KindUserAdd: a user was added to the embedded table.
	KindUserAdd Kind = "user_add"
	// KindUserPassword: a user of the embedded table got another password.
	KindUserPassword Kind = "user_password"
	// KindUserDelete: a user of the embedded table was deleted.
	KindUserDelete Kind = "user_delete"
	// KindStart: a server began to serve.
	KindStart Kind = "start"
	// KindGap: the file lacks events that the log has.
	KindGap Kind = "gap"
)

// Kinds returns all of them.
func Kinds() []Kind {
	return []Kind{
		KindLogin, KindStoredHash, KindThrottleClear, KindUserAdd, KindUserPassword, KindUserDelete, KindStart, KindGap,
	}
}

// Outcome says how it ended.
type Outcome string

// The outcomes.
const (
	// OutcomeSuccess: it was done.
	OutcomeSuccess Outcome = "success"
	// OutcomeFailure: it was looked at, and was wrong.
	OutcomeFailure Outcome = "failure"
	// OutcomeRefused: it was not looked at, or not to the end. Nothing is known of the
	// password then.
	OutcomeRefused Outcome = "refused"
)

// Reason says why it ended so.
type Reason string

// The reasons of a login that succeeded or failed.
const (
	// ReasonVerified: the password is the user's.
	ReasonVerified Reason = "verified"
	// ReasonWrongPassword: the password is not the user's.
	ReasonWrongPassword Reason = "wrong_password"
	// ReasonStalePassword: the same wrong password as a little earlier.
	ReasonStalePassword Reason = "stale_password"
	// ReasonUnknownUser: no row answers to the name.
	ReasonUnknownUser Reason = "unknown_user"
	// ReasonUnusableHash: the row has nothing that a password could be verified
	// against, and an event of KindStoredHash says what it has; or it has a claim that no
	// token can carry, and a warning in the log says why.
	ReasonUnusableHash Reason = "unusable_hash"
)

// The reasons of a login that was refused.
const (
	// ReasonBusy: there are more logins than can be hashed.
	ReasonBusy Reason = "busy"
	// ReasonBusyClient: the client's address or the account has its share of the queue.
	ReasonBusyClient Reason = "busy_client"
	// ReasonBudgetAccount: strangers have used up the account's attempts.
	ReasonBudgetAccount Reason = "budget_account"
	// ReasonBudgetKnown: a device or an address that the account knows has used up its own.
	ReasonBudgetKnown Reason = "budget_known"
	// ReasonBudgetAddress: the address has used up its attempts at all accounts together.
	ReasonBudgetAddress Reason = "budget_address"
	// ReasonHashingEnded: the processes that hashed it were killed.
	ReasonHashingEnded Reason = "hashing_ended"
	// ReasonDatabaseDown: the user database does not answer.
	ReasonDatabaseDown Reason = "database_down"
	// ReasonDatabaseUnusable: it answers, and the table cannot be used.
	ReasonDatabaseUnusable Reason = "database_unusable"
	// ReasonClientGone: the client did not wait for the answer.
	ReasonClientGone Reason = "client_gone"
	// ReasonFault: something that nobody expected; the log's line of the same request
	// says what.
	ReasonFault Reason = "fault"
)

// The reasons of what is said of a stored hash. The first is of a login that succeeded.
const (
	// ReasonWeakHash: a salted digest, an unsalted one, or plain text, and allowed.
	ReasonWeakHash Reason = "weak_hash"
	// ReasonWeakHashRefused: the same, and not allowed.
	ReasonWeakHashRefused Reason = "weak_hash_refused"
	// ReasonNoPassword: the row has no hash.
	ReasonNoPassword Reason = "no_password"
	// ReasonMalformedHash: it is not of the form that it claims.
	ReasonMalformedHash Reason = "malformed_hash"
	// ReasonUnsupportedHash: its method is not known here.
	ReasonUnsupportedHash Reason = "unsupported_hash"
	// ReasonHashNotEnabled: it is of a form that is read only where a setting says so.
	ReasonHashNotEnabled Reason = "hash_not_enabled"
	// ReasonCostlyHash: it asks for more work than the server does for anybody.
	ReasonCostlyHash Reason = "costly_hash"
)

// The reasons of everything else.
const (
	// ReasonOperator: a person asked for it by a command.
	ReasonOperator Reason = "operator"
	// ReasonStarted: the server's process came to serve.
	ReasonStarted Reason = "started"
	// ReasonFileFull: the file took no more; what came meanwhile is in the log alone.
	ReasonFileFull Reason = "file_full"
)

// Reasons returns all of them.
func Reasons() []Reason {
	return []Reason{
		ReasonVerified, ReasonWrongPassword, ReasonStalePassword, ReasonUnknownUser, ReasonUnusableHash,
		ReasonBusy, ReasonBusyClient, ReasonBudgetAccount, ReasonBudgetKnown, ReasonBudgetAddress,
		ReasonHashingEnded, ReasonDatabaseDown, ReasonDatabaseUnusable, ReasonClientGone, ReasonFault,
		ReasonWeakHash, ReasonWeakHashRefused, ReasonNoPassword, ReasonMalformedHash, ReasonUnsupportedHash, ReasonHashNotEnabled, ReasonCostlyHash,
		ReasonOperator, ReasonStarted, ReasonFileFull,
	}
}

// Of is the kind and the outcome that a reason is of; a reason of several kinds, and one
// of all outcomes that they have, is of the first.
func (r Reason) Of() (Kind, Outcome) {
	switch r {
	case ReasonVerified:
		return KindLogin, OutcomeSuccess
	case ReasonWrongPassword, ReasonStalePassword, ReasonUnknownUser, ReasonUnusableHash:
		return KindLogin, OutcomeFailure
	case ReasonWeakHash:
		return KindStoredHash, OutcomeSuccess
	case ReasonWeakHashRefused, ReasonNoPassword, ReasonMalformedHash, ReasonUnsupportedHash, ReasonHashNotEnabled, ReasonCostlyHash:
		return KindStoredHash, OutcomeFailure
	case ReasonOperator:
		return KindThrottleClear, OutcomeSuccess
	case ReasonStarted:
		return KindStart, OutcomeSuccess
	case ReasonFileFull:
		return KindGap, OutcomeFailure
	default:
		return KindLogin, OutcomeRefused
	}
}

// Account is whose account an event is about. The zero Account is nobody's.
type Account struct {
	id    userid.ID
	name  string
	known bool
	typed bool
}

// Known is the account of a row.
func Known(id userid.ID, name string) Account { return Account{id: id, name: name, known: true} }

// Typed is a name that no row answers to, or that was not looked up. It is what somebody
// typed into the field for a name, and that may have been anything.
func Typed(name string) Account { return Account{name: name, typed: true} }

// Event is one thing that happened. When it did, from where, and within which request
// is known to the [Trail] and the context that it is recorded with.
type Event struct {
	Kind    Kind
	Outcome Outcome
	Reason  Reason
	Account Account
	// Form is how the account's password is stored, such as "pbkdf2:sha256", "" where
	// that is not known. It is for counting and not in the line.
	Form string
	// Method is a stored hash's method with its cost, of KindStoredHash.
	Method string
	// Detail is what is wrong with it, in words that hold nothing of it: which bound it
	// is over, or which setting reads it.
	Detail string
	// Operator is the number of the system's user who gave the command, nil for none.
	Operator *int
	// Lost is how many events are missing, of KindGap.
	Lost int
	// Program is which program began, of KindStart.
	Program []slog.Attr
}

// level is the level of the event's line: what somebody has to put right is a warning.
func (e *Event) level() slog.Level {
	switch e.Kind {
	case KindStoredHash, KindGap:
		return slog.LevelWarn
	default:
		return slog.LevelInfo
	}
}

// message is the event in words.
func (e *Event) message() string {
	switch e.Kind {
	case KindLogin:
		return "login " + loginEnds(e.Outcome)
	case KindStoredHash:
		return storedHash(e.Reason)
	case KindThrottleClear:
		return "attempts were given back"
	case KindUserAdd:
		return "a user was added"
	case KindUserPassword:
		return "a user's password was set"
	case KindUserDelete:
		return "a user was deleted"
	case KindStart:
		return "starting"
	case KindGap:
		return "the audit file lacks events that the log has"
	}
	return string(e.Kind)
}

func loginEnds(outcome Outcome) string {
	switch outcome {
	case OutcomeSuccess:
		return "succeeded"
	case OutcomeFailure:
		return "failed"
	default:
		return "refused"
	}
}

func storedHash(reason Reason) string {
	switch reason {
	case ReasonWeakHash:
		return "a user logged in against a weak password hash"
	case ReasonWeakHashRefused:
		return "a weak password hash was refused"
	case ReasonNoPassword:
		return "a user without a password tried to log in"
	default:
		return "a stored password hash cannot be verified"
	}
}
