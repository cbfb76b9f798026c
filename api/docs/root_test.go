package docs_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/api/docs"
)

const (
	firefox = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	chrome  = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7"
	axios   = "application/json, text/plain, */*"
)

// TestRoot: browsers are sent to the page, everything else is told where the
// contract is. Without the page nobody is sent anywhere.
func TestRoot(t *testing.T) {
	tests := []struct {
		name, accept string
		page         bool
	}{
		{"Firefox", firefox, true},
		{"Chrome", chrome, true},
		{"Lynx", "text/html, text/plain, text/sgml, */*;q=0.01", true},
		{"in capitals", "Text/HTML", true},
		{"the page rather than JSON", "application/json;q=0.5, text/html", true},
		{"curl", "*/*", false},
		{"axios", axios, false},
		{"nothing", "", false},
		{"JSON rather than the page", "text/html;q=0.5, application/json", false},
		{"both alike", "text/html, application/json", false},
		{"no page", "text/html;q=0", false},
		{"a weight that is none", "text/html;q=high", false},
		{"a weight beyond 1", "text/html;q=2", false},
		{"any text", "text/*", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				res := do(docs.NewRoot(true), method, docs.Root, "Accept", tt.accept)
				if sent := res.StatusCode == http.StatusSeeOther && res.Header.Get("Location") == "docs"; sent != tt.page {
					t.Errorf("%s = %d, Location %q; sent to the page %v, want %v", method, res.StatusCode, res.Header.Get("Location"), sent, tt.page)
				}
				if got := res.Header.Get("Vary"); got != "Accept" {
					t.Errorf("%s: Vary = %q, want Accept", method, got)
				}
				without := do(docs.NewRoot(false), method, docs.Root, "Accept", tt.accept)
				if without.StatusCode != http.StatusOK || without.Header.Get("Location") != "" {
					t.Errorf("%s without the page = %d, Location %q; want 200", method, without.StatusCode, without.Header.Get("Location"))
				}
			}
		})
	}
}

// TestRootLinks: what a program is told leads to what is served, in the body and
// in the header, also behind a proxy that puts a path in front.
func TestRootLinks(t *testing.T) {
	type target struct{ Href, Type string }
	for ui, want := range map[bool]string{
		true:  `<openapi.json>; rel="service-desc"; type="application/json", <openapi.yaml>; rel="service-desc"; type="application/yaml", <docs>; rel="service-doc"; type="text/html"`,
		false: `<openapi.json>; rel="service-desc"; type="application/json", <openapi.yaml>; rel="service-desc"; type="application/yaml"`,
	} {
		res := do(docs.NewRoot(ui), http.MethodGet, docs.Root, "Accept", "*/*")
		if got := res.Header.Get("Link"); got != want {
			t.Errorf("Link = %s, want %s", got, want)
		}
		if got := res.Header.Get("Content-Type"); got != "application/linkset+json" {
			t.Errorf("Content-Type = %q, want application/linkset+json", got)
		}
		var set struct {
			Linkset []struct {
				Anchor string
				Desc   []target `json:"service-desc"`
				Doc    []target `json:"service-doc"`
			}
		}
		if err := json.Unmarshal(body(t, res), &set); err != nil || len(set.Linkset) != 1 {
			t.Fatalf("the body is no set of one: %v, %v", set, err)
		}
		var doc []target
		if ui {
			doc = []target{{"docs", "text/html"}}
		}
		if diff := cmp.Diff([]target{{"openapi.json", "application/json"}, {"openapi.yaml", "application/yaml"}}, set.Linkset[0].Desc); diff != "" {
			t.Errorf("service-desc (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(doc, set.Linkset[0].Doc); diff != "" {
			t.Errorf("service-doc (-want +got):\n%s", diff)
		}
		for base, prefix := range map[string]string{"http://x/": "", "http://x/shop/login/": "/shop/login"} {
			from, err := url.Parse(base)
			if err != nil {
				t.Fatal(err)
			}
			for _, to := range append(set.Linkset[0].Desc, doc...) {
				found, err := from.Parse(to.Href)
				if err != nil || !slices.Contains(docs.Paths(), found.Path[len(prefix):]) {
					t.Errorf("%s from %s leads to %v, %v, which nobody serves", to.Href, base, found, err)
				}
			}
			if anchor, err := from.Parse(set.Linkset[0].Anchor); err != nil || anchor.Path != prefix+"/" {
				t.Errorf("the anchor from %s is %v, %v", base, anchor, err)
			}
		}
	}
}
