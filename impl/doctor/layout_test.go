package doctor

import (
	"slices"
	"testing"
)

// TestColumns: nothing is selected twice, what a column's own length bounds is not
// measured in each row, and weights are asked for only where names can be equal.
func TestColumns(t *testing.T) {
	t.Parallel()
	const weights = "WEIGHT_STRING(TRIM(TRAILING ' ' FROM `username`))"
	number := column{name: "id", base: "int"}
	text := func(name string, length int64) column {
		return column{name: name, base: "varchar", length: length, charset: "utf8mb4", collation: "utf8mb4_general_ci"}
	}
	for _, test := range []struct {
		name    string
		columns []column
		indexes []index
		choice  choice
		pager   string
		list    []string
		at      layout
	}{
		{
			"bounded", []column{number, text("username", 80), text("password", 255)},
			[]index{{columns: []string{"username"}}, {unique: true, columns: []string{"username", "id"}}, {unique: true, prefix: true, columns: []string{"username"}}},
			choice{id: "id", password: "password", names: []string{"username"}}, "id",
			[]string{"`id`", "`password`", "`username`", weights},
			layout{key: 0, hash: 1, salt: nowhere, names: []nameAt{{name: 2, size: nowhere, sortKey: 3}}},
		},
		{
			"a name that one row has", []column{number, text("username", 80), text("password", 255)},
			[]index{{unique: true, columns: []string{"username"}}},
			choice{id: "id", password: "password", names: []string{"username"}}, "id",
			[]string{"`id`", "`password`", "`username`"},
			layout{key: 0, hash: 1, salt: nowhere, names: []nameAt{{name: 2, size: nowhere, sortKey: nowhere}}},
		},
		{
			"without bounds", []column{number, text("username", 0), text("password", 5001)}, nil,
			choice{id: "id", password: "password", names: []string{"username"}}, "id",
			[]string{
				"`id`", "CASE WHEN OCTET_LENGTH(`password`) > 20000 THEN '*' ELSE `password` END", "OCTET_LENGTH(`username`)",
				"CASE WHEN OCTET_LENGTH(`username`) > 4096 THEN NULL ELSE `username` END",
				"CASE WHEN OCTET_LENGTH(`username`) > 4096 THEN NULL ELSE " + weights + " END",
			},
			layout{key: 0, hash: 1, salt: nowhere, names: []nameAt{{name: 3, size: 2, sortKey: 4}}},
		},
		{
			"the name is the key, with another pager, a salt and a filter",
			[]column{number, text("username", 80), text("password", 255), text("salt", 32), {name: "active", base: "tinyint"}}, nil,
			choice{id: "username", password: "password", names: []string{"username"}, salt: "salt", filters: []string{"active=1"}}, "id",
			[]string{"`id`", "`username`", "`password`", "`salt`", "CASE WHEN `active` = ? THEN 1 ELSE 0 END", weights},
			layout{key: 1, hash: 2, salt: 3, filters: []int{4}, names: []nameAt{{name: 1, size: nowhere, sortKey: 5}}},
		},
	} {
		x := &exam{engine: &myEngine{}}
		got, at := x.columns(&table{columns: test.columns, indexes: test.indexes}, &test.choice, test.pager)
		if !slices.Equal(got.list, test.list) {
			t.Errorf("%s: selected\n%q, want\n%q", test.name, got.list, test.list)
		}
		if at.key != test.at.key || at.hash != test.at.hash || at.salt != test.at.salt ||
			!slices.Equal(at.filters, test.at.filters) || !slices.Equal(at.names, test.at.names) {
			t.Errorf("%s: at %+v, want %+v", test.name, at, test.at)
		}
		if len(got.args) != len(test.choice.filters) {
			t.Errorf("%s: %d arguments, want %d", test.name, len(got.args), len(test.choice.filters))
		}
	}
}
