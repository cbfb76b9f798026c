package main

import (
	"math"
	"slices"
)

// book holds every round's figures by measure and column.
type book map[string]map[column][]float64

// column is a server in the table.
type column string

func (b book) add(measure string, c column, value float64) {
	if b[measure] == nil {
		b[measure] = map[column][]float64{}
	}
	b[measure][c] = append(b[measure][c], value)
}

// median of the rounds; ok is false when there is none, or when it is not a
// number because something was divided by nothing.
func (b book) median(measure string, c column) (value float64, ok bool) {
	all := slices.Sorted(slices.Values(b[measure][c]))
	if len(all) == 0 {
		return 0, false
	}
	middle := len(all) / 2
	value = all[middle]
	if len(all)%2 == 0 {
		value = (all[middle-1] + value) / 2
	}
	return value, !math.IsNaN(value) && !math.IsInf(value, 0)
}

// last is the figure of the round under way.
func (b book) last(measure string, c column) float64 {
	all := b[measure][c]
	if len(all) == 0 {
		return math.NaN()
	}
	return all[len(all)-1]
}

// ratios adds, for every column of this round, measure divided by what base
// has there. Dividing within a round and taking the median afterwards keeps
// what changed between rounds out of the ratio.
func (b book) ratios(name, measure string, base column, columns []column) {
	for _, c := range columns {
		b.add(name, c, b.last(measure, c)/b.last(measure, base))
	}
}
