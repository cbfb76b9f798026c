package foreign

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTable(t *testing.T) {
	good := Result{
		Tool: "a tool", Version: "1.2", Generates: Yes, Compiles: NoSuch, LogsIn: Yes, Refused: Yes, Outage: Yes,
		Typed: "`Token | Problem`", Remark: "none",
	}
	bad := good
	bad.Tool, bad.Compiles, bad.LogsIn, bad.Refused, bad.Outage = "another", No, No, NotTried, No
	want := `| tool | version | generates | compiles | logs in | sees 401 | sees 503 | the error's type | remark |
|---|---|---|---|---|---|---|---|---|
| a tool | 1.2 | yes | – | yes | yes | yes | ` + "`Token \\| Problem`" + ` | none |
| another | 1.2 | yes | **no** | **no** | not tried | **no** | ` + "`Token \\| Problem`" + ` | none |
`
	if diff := cmp.Diff(want, Table([]Result{good, bad})); diff != "" {
		t.Errorf("Table() (-want +got)\n%s", diff)
	}
	if failed := good.Failed(); len(failed) != 0 {
		t.Errorf("Failed() = %q, want none", failed)
	}
	if diff := cmp.Diff([]string{"compiles", "logs in", "sees 503"}, bad.Failed()); diff != "" {
		t.Errorf("Failed() (-want +got)\n%s", diff)
	}
}

func TestReplace(t *testing.T) {
	for _, document := range []string{"", begin, end, end + begin} {
		if _, err := Replace([]byte(document), "table\n"); !errors.Is(err, ErrNoMarkers) {
			t.Errorf("Replace(%q) = %v, want ErrNoMarkers", document, err)
		}
	}
	got, err := Replace([]byte("a\n"+begin+"old\n"+end+"b\n"), "new\n")
	if want := "a\n" + begin + "new\n" + end + "b\n"; err != nil || string(got) != want {
		t.Errorf("Replace() = %q, %v, want %q", got, err, want)
	}
}
