package api_test

import (
	"encoding/json"
	"io"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/restauth/restauth/api"
	"github.com/restauth/restauth/gen"
)

// TestDocumentHasToDeclareTheProblems: what every error looks like is written
// here, so a document that says otherwise, or nothing, is not served.
func TestDocumentHasToDeclareTheProblems(t *testing.T) {
	type object = map[string]any
	schemas := func(document object) object { return document["components"].(object)["schemas"].(object) }
	for name, c := range map[string]struct {
		change func(object)
		want   string
	}{
		"as it is": {func(object) {}, ""},
		"another type": {func(d object) {
			schemas(d)["Problem"].(object)["properties"].(object)["status"] = object{"type": "string"}
		}, "refuses the problems"},
		"a closed one": {func(d object) {
			problem := schemas(d)["Problem"].(object)
			delete(problem["properties"].(object), "request_id")
			problem["required"] = []any{"type"}
			problem["additionalProperties"] = false
		}, "refuses the problems"},
		"none": {func(d object) {
			d["paths"] = object{}
			d["components"] = object{}
		}, "no schema Problem"},
	} {
		changed := func() ([]byte, error) {
			raw, err := gen.Document()
			if err != nil {
				return nil, err
			}
			var document object
			if err := yaml.Unmarshal(raw, &document); err != nil {
				return nil, err
			}
			c.change(document)
			return json.Marshal(document)
		}
		_, err := api.New(api.Config{
			Server:  api.Bind(changed, gen.NewStrictHandlerWithOptions, gen.HandlerWithOptions, gen.StrictServerInterface(operations{})),
			Schemes: anyone(),
			Logger:  slog.New(slog.NewJSONHandler(io.Discard, nil)),
		})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: New() = %v, want %q", name, err, c.want)
		}
	}
}
