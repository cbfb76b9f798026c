package metrics

// Expect makes counts begin at 0: a rate needs one to begin with. An outcome's reasons,
// the kinds of events, the reasons of stored hashes and the names of budgets are the
// caller's closed lists.
func (m *Metrics) Expect(logins map[string][]string, events, hashes, budgets []string) {
	for outcome, reasons := range logins {
		for _, reason := range reasons {
			m.logins.WithLabelValues(outcome, reason)
		}
	}
	for _, event := range events {
		m.events.WithLabelValues(event)
	}
	for _, reason := range hashes {
		m.hashes.WithLabelValues(reason)
	}
	for _, budget := range budgets {
		m.budgets.WithLabelValues(budget)
	}
}

// Login counts a login by how it ended and why, and by how the user's password is
// stored, "" where that played no part.
func (m *Metrics) Login(outcome, reason, form string) {
	m.logins.WithLabelValues(outcome, reason).Inc()
	if form != "" {
		m.forms.WithLabelValues(outcome, form).Inc()
	}
}

// StoredHash counts a row whose stored hash is weak, or of no use.
func (m *Metrics) StoredHash(reason string) { m.hashes.WithLabelValues(reason).Inc() }

// Event counts an event of the audit.
func (m *Metrics) Event(kind string) { m.events.WithLabelValues(kind).Inc() }

// Lost counts events that the audit file lacks.
func (m *Metrics) Lost(n int) { m.lost.Add(float64(n)) }

// BudgetHit counts a login that was refused because that budget is used up.
func (m *Metrics) BudgetHit(budget string) { m.budgets.WithLabelValues(budget).Inc() }
