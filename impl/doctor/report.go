package doctor

import "slices"

// Severity says how much a finding matters.
type Severity string

// The severities, from what is only good to know to what keeps people out or lets them
// in who should not be.
const (
	Info    Severity = "info"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Report is what was found.
type Report struct {
	// Server says what answered, such as "MariaDB 10.11.6".
	Server string `json:"server"`
	// Table is the table that was looked at, "" where none was found.
	Table string `json:"table"`
	// Rows is how many rows were looked at; Complete says that there are no more.
	Rows     int64 `json:"rows"`
	Complete bool  `json:"complete"`
	// NoLogin is how many of them nobody can log in with, those that a filter keeps out
	// apart.
	NoLogin int64 `json:"no_login"`

	Proposal   Proposal    `json:"proposal"`
	Candidates []Candidate `json:"candidates"`
	Columns    []Column    `json:"columns"`
	Forms      []Form      `json:"forms"`
	Findings   []Finding   `json:"findings"`
}

// Proposal is what serve should be told.
type Proposal struct {
	// Flags can be put behind `restauth serve` as they are.
	Flags []string `json:"flags"`
	// Grant is the statement that lets the database user read what is needed and nothing
	// else. It is "" for a file.
	Grant string `json:"grant"`
}

// Candidate is a table that may be the user table.
type Candidate struct {
	Table string `json:"table"`
	// Share is how many in a hundred of the values in its password column can be read
	// as a password's hash.
	Share int `json:"share"`
	// Flags are the settings for it.
	Flags []string `json:"flags"`

	score int
	table *table
	pick  choice
}

// Column is a column that matters.
type Column struct {
	Name string `json:"name"`
	// Role is key, name, password, salt or state.
	Role string `json:"role"`
	// Type is as the database writes it.
	Type string `json:"type"`
	// Setting is the flag that it is for.
	Setting string `json:"setting"`
}

// Form is a way in which passwords are stored.
type Form struct {
	// Method names form and cost, such as "pbkdf2:sha256:600000"; for what cannot be
	// verified, what it looks like.
	Method string `json:"method"`
	Rows   int64  `json:"rows"`
	// Verifies says that users with such a hash can log in with the proposed settings.
	Verifies bool `json:"verifies"`
	// Milliseconds is what one login takes this machine, and PerSecond how many it can do
	// in a second. Measured says that one was tried here; else it is an estimate.
	Milliseconds float64 `json:"login_ms,omitempty"`
	PerSecond    float64 `json:"logins_per_second,omitempty"`
	Measured     bool    `json:"measured"`
	// Memory is what one login takes, in bytes.
	Memory int64 `json:"memory,omitempty"`
	// Why says what keeps users with such a hash out.
	Why string `json:"why,omitempty"`
}

// Finding is something that whoever runs the server should know.
type Finding struct {
	// Code names it for programs.
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	// Text says what is so, in one sentence or two.
	Text string `json:"text"`
	// Rows is how many rows it is about, 0 where it is about none.
	Rows int64 `json:"rows"`
	// Keys are those of a few of them.
	Keys []string `json:"keys,omitempty"`
	// Fix says what to do: a setting, a statement.
	Fix string `json:"fix"`
}

// Worst is the highest severity of the findings, "" without any.
func (r *Report) Worst() Severity {
	worst := Severity("")
	for _, f := range r.Findings {
		if rank(f.Severity) > rank(worst) {
			worst = f.Severity
		}
	}
	return worst
}

func rank(s Severity) int { return slices.Index([]Severity{"", Info, Warning, Error}, s) }

// add takes a finding down.
func (r *Report) add(f Finding) { r.Findings = append(r.Findings, f) }

// order puts the worst findings first, and otherwise leaves them as they came.
func (r *Report) order() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int { return rank(b.Severity) - rank(a.Severity) })
}
