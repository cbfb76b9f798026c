package contracttest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/api/contracttest"
	"github.com/restauth/restauth/gen"
)

// recorder stands for the test that would fail.
type recorder struct {
	testing.TB
	said []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

// TestAnswersAreHeldToTheContract, though each operation declares an answer for
// every status that it does not name.
func TestAnswersAreHeldToTheContract(t *testing.T) {
	refusal := func(status int) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			body := (&api.Problem{Status: status, Detail: "detail"}).Body("id")
			w.Header().Set("Content-Type", "application/problem+json")
			if status == http.StatusMethodNotAllowed {
				w.Header().Set("Allow", "POST")
			}
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"type":%q,"title":%q,"status":%d,"detail":%q,"request_id":"id","status_code":%d,"error":%q,"description":%q}`,
				body.Type, body.Title, status, body.Detail, status, body.Error, body.Description)
		}
	}
	for name, c := range map[string]struct {
		path   string
		answer func(http.ResponseWriter, *http.Request)
		want   string
	}{
		"a named status":                    {"/livez", refusal(500), ""},
		"a path that is not there":          {"/nothing", refusal(404), ""},
		"a method that is not there":        {"/auth", refusal(405), ""},
		"a status that only default has":    {"/livez", refusal(418), "status 418 is not one that operation live names"},
		"one of another operation":          {"/rest-auth", refusal(429), "status 429 is not one that operation getRestAuth names"},
		"a named status without its header": {"/readyz", refusal(503), "Retry-After"},
		"another body": {"/livez", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"status":"well"}`)
		}, "live"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(c.answer))
			t.Cleanup(server.Close)
			r := &recorder{TB: t}
			response, err := (&http.Client{Transport: contracttest.New(r, gen.Document)}).Get(server.URL + c.path)
			if err != nil {
				t.Fatal(err)
			}
			_ = response.Body.Close()
			said := strings.Join(r.said, "\n")
			if (said == "") != (c.want == "") || !strings.Contains(said, c.want) {
				t.Errorf("said %q, want %q", said, c.want)
			}
		})
	}
}
