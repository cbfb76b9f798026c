// Package doctor looks a user table over before anybody logs in by it: which table it
// is, which settings suit it, how its passwords are stored and what a login of each
// takes here, which rows nobody can log in with and why, and what is wrong with the
// database around it. It reads only.
//
//	report, err := doctor.Examine(ctx, doctor.Config{Users: users.Config{URL: url}})
//
// A Report has what [Proposal] serve should be told, the [Form]s that stand in the table
// and [Finding]s, each with a code that stays as it is. None of them holds a password, a
// hash or a user's name; rows are told by their keys.
//
// It disturbs the application that the table belongs to as little as it can: it walks the
// table by its key, a few hundred rows at a time with a pause behind each, in no
// transaction, and never skips rows by OFFSET. What it keeps of a million rows is eight
// bytes for each name (docs/decisions/0031).
//
// What it does not do: it tries nobody's password, and it cannot see what no column
// says, such as a pepper that the application adds.
package doctor
