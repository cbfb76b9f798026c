package custody

import (
	"os"
	"strconv"
	"testing"
)

// TestLookAtStandardInput: a secret may come through a pipe, which has no path.
func TestLookAtStandardInput(t *testing.T) {
	r, pipe, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer pipe.Close()
	name := "/proc/self/fd/" + strconv.Itoa(int(r.Fd()))
	if held, err := Look(name); err != nil || held.Planted != "" || held.Shared != "" {
		t.Errorf("Look(%s) = %+v, %v", name, held, err)
	}
}
