package users

import (
	"context"
	"crypto/sha256"
	"slices"
	"strings"
)

// Column is a column of a user table, as far as its name and its type tell what it is for.
type Column struct {
	Name string
	// Type is as the database has it, such as tinyint(1), enum('y','n') or BOOLEAN.
	Type string
}

// suggested is the filter for a column that looks as if it said who may log in, "" where
// only its owner can say which value means that. ok is false for any other column.
func suggested(c Column) (filter string, ok bool) {
	state, ok := StateOf(c.Name)
	if !ok || state.Filter == "" {
		return "", ok
	}
	f, err := ParseFilter(state.Filter)
	if err != nil {
		return "", true
	}
	kind := strings.ToLower(c.Type)
	switch {
	case f.Null:
	case strings.HasPrefix(kind, "date"), strings.HasPrefix(kind, "timestamp"): // when it came to be so
		f.Null, f.Not = true, f.Value == "1"
	case strings.HasPrefix(kind, "enum("):
		f.Value = meant(labels(c.Type), f.Value == "1")
	}
	return f.String(), f.Null || f.Value != ""
}

// meant is the label that stands for yes or no, "" where none is known to.
func meant(labels []string, yes bool) string {
	words := []string{"0", "n", "no", "false", "f", "off"}
	if yes {
		words = []string{"1", "y", "yes", "true", "t", "on"}
	}
	for _, label := range labels {
		if slices.Contains(words, strings.ToLower(label)) {
			return label
		}
	}
	return ""
}

// advise warns, once, of columns that look like the state of an account and that no filter
// uses, and of ids that look as if they were in the other order.
func (s *Store) advise(ctx context.Context) {
	if s.reports.log == nil || !s.reports.add(sha256.Sum256([]byte("advice"))) {
		return
	}
	columns, err := s.engine.listed(ctx, s)
	if err != nil {
		return // whatever that is, what matters was asked before
	}
	var unused, add []string
	for _, c := range columns {
		if slices.ContainsFunc(s.names.columns, func(read column) bool { return strings.EqualFold(read.plain, c.Name) }) {
			continue
		}
		if filter, ok := suggested(c); ok {
			unused = append(unused, c.Name)
			if filter != "" {
				add = append(add, "--users-filter '"+filter+"'")
			}
		}
	}
	if len(unused) > 0 {
		s.reports.log.WarnContext(ctx, "the user table has columns that look as if they said who may log in, and no filter uses them; where they mean that, add the filters",
			"columns", strings.Join(unused, ", "), "add", strings.Join(add, " "))
	}
	s.adviseOrder(ctx)
}

// mostOrdered is how many ids are looked at for their order.
const mostOrdered = 20

// adviseOrder looks at ids of 16 bytes. In a UUID in the order of its digits the seventh
// byte begins with the version, 1 to 8, and the ninth with the bits 10 (RFC 9562 section
// 4); in one that UUID_TO_BIN(uuid, 1) wrote, the first byte begins with it.
func (s *Store) adviseOrder(ctx context.Context) {
	p := s.plan.Load()
	if p == nil || p.keys.as != IDBinary || s.idType == IDBinary {
		return
	}
	var ids []rowID
	err := s.db.SelectContext(ctx, &ids, "SELECT "+s.names.id+" FROM "+s.names.table+" LIMIT 20")
	if err != nil || len(ids) == 0 {
		return
	}
	ordered, other := 0, 0
	for _, id := range ids[:min(len(ids), mostOrdered)] {
		if len(id.text) != 16 || id.text[8]>>6 != 2 {
			return
		}
		if version := id.text[6] >> 4; 1 <= version && version <= 8 {
			ordered++
		}
		if version := id.text[0] >> 4; 1 <= version && version <= 8 {
			other++
		}
	}
	if other == len(ids) && ordered < len(ids) {
		s.reports.log.WarnContext(ctx, "the ids look like UUIDs that UUID_TO_BIN(…, 1) wrote, while tokens name users by their bytes in order; set --users-id-type=uuid-swapped, or binary where they are right",
			"column", s.names.id)
	}
}
