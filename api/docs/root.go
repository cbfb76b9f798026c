package docs

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
)

// Root is the path of [NewRoot].
const Root = "/"

// link is one of the targets of the root, as RFC 9264, section 4.2, has it.
type link struct {
	relation string
	Href     string `json:"href"`
	Type     string `json:"type"`
}

// NewRoot returns the handler of [Root], for who knows only where the server is.
// It sends a browser on to Swagger UI, if ui says that this is served. To a
// program it says where the contract is, in a set of links (RFC 9264) of the
// relations that RFC 8631 has for this. All links are relative, as in this whole
// package. Callers answer other methods than those of [Allow].
func NewRoot(ui bool) http.Handler {
	links := []link{
		{"service-desc", "openapi.json", "application/json"},
		{"service-desc", "openapi.yaml", "application/yaml"},
	}
	if ui {
		links = append(links, link{"service-doc", "docs", "text/html"})
	}
	body, header := linkset(links), linkHeader(links)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Add("Vary", "Accept") // beside what CORS says
		h.Set("Link", header)
		if ui && prefersPage(r.Header) {
			// Not http.Redirect, which would make it absolute: a proxy may put a
			// path in front.
			h.Set("Location", "docs")
			h.Set("Content-Length", "0")
			w.WriteHeader(http.StatusSeeOther)
			return
		}
		h.Set("Content-Type", "application/linkset+json")
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(http.StatusOK)
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // The client may have gone.
		}
	})
}

// linkset is the body: one context, this server, and its targets by relation.
func linkset(links []link) []byte {
	context := map[string]any{"anchor": "."}
	for _, l := range links {
		targets, _ := context[l.relation].([]link)
		context[l.relation] = append(targets, l)
	}
	body, err := json.Marshal(map[string]any{"linkset": []any{context}})
	if err != nil {
		panic("docs: links are no JSON: " + err.Error()) // They are constants.
	}
	return append(body, '\n')
}

// linkHeader writes the same for the header (RFC 8288).
func linkHeader(links []link) string {
	all := make([]string, len(links))
	for i, l := range links {
		all[i] = "<" + l.Href + `>; rel="` + l.relation + `"; type="` + l.Type + `"`
	}
	return strings.Join(all, ", ")
}
