package api_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/restauth/restauth/api"
)

const templates = `
openapi: 3.0.3
info: {title: t, version: 1.0.0}
paths:
  /a: {get: {security: [], responses: {'200': {description: ok}}}}
  /a/b: {get: {security: [], responses: {'200': {description: ok}}}}
  /a/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {security: [], responses: {'200': {description: ok}}}
  /a/{id}/c:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get: {security: [], responses: {'200': {description: ok}}}
`

// TestRoutesLikeTheReference compares with net/http's mux, which the generated
// code would use, on paths that both read alike, and states the ones read more
// strictly here.
func TestRoutesLikeTheReference(t *testing.T) {
	spec, err := openapi3.NewLoader().LoadFromData([]byte(templates))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		"/", "/a", "/A", "/a/b", "/a/b/c", "/a/x", "/a/x/c", "/a/x/d", "/a/x/c/d", "/b",
		"/a/%62", "/%61/b", "/a/x%20y", "/a/ü", "/a/%2e%2e", "/a/x%2Fc", "/a/100%25",
	} {
		got, params, err := api.FindTemplate(spec, httptest.NewRequest(http.MethodGet, path, nil))
		if err != nil {
			t.Fatal(err)
		}
		want, id := reference(spec, path)
		if got != want || params["id"] != id {
			t.Errorf("%s: %q %v, reference %q id=%q", path, got, params, want, id)
		}
	}
	for path, want := range map[string]string{
		"/a/":        "", // an empty parameter is no parameter
		"//a":        "",
		"/a//c":      "",
		"/a%2Fb":     "",
		"/a/x%2Fy":   "/a/{id}", // an escaped slash is part of the value
		"/a/x%2Fy/c": "/a/{id}/c",
	} {
		got, params, err := api.FindTemplate(spec, httptest.NewRequest(http.MethodGet, path, nil))
		if err != nil {
			t.Fatal(err)
		}
		if got != want || (want != "" && params["id"] != "x/y") {
			t.Errorf("%s: %q %v, want %q", path, got, params, want)
		}
	}
}

// TestOverlappingRoutes: of two templates that a path is of, the more specific one has
// it, as with net/http's mux; what that cannot decide is refused as it does.
func TestOverlappingRoutes(t *testing.T) {
	load := func(paths []string) *openapi3.T {
		document := "openapi: 3.0.3\ninfo: {title: t, version: 1.0.0}\npaths:\n"
		for _, path := range paths {
			document += "  " + path + ": {get: {security: [], responses: {'200': {description: ok}}}}\n"
		}
		spec, err := openapi3.NewLoader().LoadFromData([]byte(document))
		if err != nil {
			t.Fatal(err)
		}
		return spec
	}
	good := [][]string{
		{"/a/{id}/c", "/a/{id}/{z}"},
		{"/a/{id}/c", "/a/{other}/{z}", "/{x}/{y}/{z}", "/a/b/c"},
		{"/users/{id}", "/{a}/{b}", "/users/me"},
		{"/users/~me/{x}", "/users/{id}/{x}"},
		{"/users/ü/{x}", "/users/{id}/{x}"},
		{"/{a}/b/{c}", "/{a}/b/c"},
	}
	for _, paths := range good {
		spec := load(paths)
		for _, path := range []string{"/a/x/c", "/a/x/d", "/a/b/c", "/a/b/d", "/q/b/c", "/q/w/e", "/users/me", "/users/1", "/a/1", "/users/~me/1", "/users/2/1", "/users/%C3%BC/1", "/users/~m%65/1"} {
			got, _, err := api.FindTemplate(spec, httptest.NewRequest(http.MethodGet, path, nil))
			if err != nil {
				t.Fatalf("%q: %v", paths, err)
			}
			if want, _ := reference(spec, path); got != want {
				t.Errorf("%q: %s is %q, reference %q", paths, path, got, want)
			}
		}
	}
	for _, paths := range [][]string{
		{"/{a}/open", "/x/{b}"},
		{"/x/{a}", "/x/{b}"},
		{"/a/{b}/c/{d}", "/a/b/{c}/{d}"},
		{"/files/{name}.json"},
		{"/files/{a}{b}"},
		{"/files/{}"},
	} {
		if _, _, err := api.FindTemplate(load(paths), httptest.NewRequest(http.MethodGet, "/x/open", nil)); err == nil || !strings.Contains(err.Error(), "#/paths/~1") {
			t.Errorf("%q: %v, want it refused at its place", paths, err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q: the reference takes it", paths)
				}
			}()
			reference(load(paths), "/")
		}()
	}
}

// reference asks net/http's mux for the template and the parameter.
func reference(spec *openapi3.T, path string) (template, id string) {
	mux := http.NewServeMux()
	for pattern := range spec.Paths.Map() {
		mux.HandleFunc("GET "+pattern, func(_ http.ResponseWriter, r *http.Request) { template, id = pattern, r.PathValue("id") })
	}
	mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, path, nil))
	return template, id
}

// TestServedPathsAreTheContracts: every path of the document answers, and the
// only others are the fixed list.
func TestServedPathsAreTheContracts(t *testing.T) {
	server, _ := start(t, operations{})
	spec := contractFile(t)
	extra, err := api.ContractPaths()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(extra)
	want := []string{
		"/", "/docs", "/docs/LICENSE.txt", "/docs/access.js", "/docs/dark.css", "/docs/favicon-32x32.png", "/docs/page.css", "/docs/page.js",
		"/docs/swagger-ui-bundle.js", "/docs/swagger-ui-bundle.js.LICENSE.txt", "/docs/swagger-ui.css", "/openapi.json", "/openapi.yaml",
	}
	if !slices.Equal(extra, want) {
		t.Errorf("paths beside the document's = %q, want %q", extra, want)
	}
	for path, item := range spec.Paths.Map() {
		for method := range item.Operations() {
			if a := raw(t, server, request(method, path)); a.StatusCode == 404 || a.StatusCode == 405 {
				t.Errorf("%s %s = %d", method, path, a.StatusCode)
			}
		}
	}
	for _, path := range extra {
		if a := raw(t, server, get(path)); a.StatusCode != 200 {
			t.Errorf("%s = %d", path, a.StatusCode)
		}
	}
}

// TestServedContractIsTheFile in both forms.
func TestServedContractIsTheFile(t *testing.T) {
	server, _ := start(t, operations{})
	want := asAny(t, contractFile(t))
	for _, path := range []string{"/openapi.json", "/openapi.yaml"} {
		a := raw(t, server, get(path))
		served, err := openapi3.NewLoader().LoadFromData([]byte(a.body))
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if got := asAny(t, served); !equalJSON(t, got, want) {
			t.Errorf("%s is not openapi.yaml", path)
		}
	}
}

// TestUnenforceableContractIsRefused: what api cannot guard it does not serve.
func TestUnenforceableContractIsRefused(t *testing.T) {
	for name, mutate := range map[string]func(*openapi3.T){
		"security not stated": func(s *openapi3.T) { s.Paths.Value("/rest-auth").Get.Security = nil },
		"an unknown scheme": func(s *openapi3.T) {
			s.Paths.Value("/rest-auth").Get.Security = &openapi3.SecurityRequirements{{"basic": nil}}
		},
		"alternatives": func(s *openapi3.T) {
			s.Paths.Value("/rest-auth").Get.Security = &openapi3.SecurityRequirements{{"bearer": nil}, {}}
		},
		"an optional guard": func(s *openapi3.T) {
			s.Paths.Value("/rest-auth").Get.Security = &openapi3.SecurityRequirements{{}}
		},
	} {
		spec := contractFile(t)
		mutate(spec)
		if _, _, err := api.FindTemplate(spec, httptest.NewRequest(http.MethodGet, "/", nil)); err == nil {
			t.Errorf("%s: served", name)
		}
	}
}

// TestRootOfTheServer: served beside the contract, at that path alone.
func TestRootOfTheServer(t *testing.T) {
	browser := "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
	server, _ := start(t, operations{})
	for _, tt := range []struct {
		request string
		status  int
		header  string
		want    string
	}{
		{get("/", browser), 303, "Location", "docs"},
		{get("/?next=//evil.example.com", browser), 303, "Location", "docs"},
		{get("/", "Accept: */*"), 200, "Content-Type", "application/linkset+json"},
		{request("HEAD", "/"), 200, "Content-Type", "application/linkset+json"},
		{get("/"), 200, "Cache-Control", "no-store"},
		{request("POST", "/"), 405, "Allow", "GET, HEAD"},
		{request("DELETE", "/", browser), 405, "Allow", "GET, HEAD"},
		{get("//", browser), 404, "Location", ""},
		{get("/.", browser), 404, "Location", ""},
		{get("/%2F", browser), 404, "Location", ""},
		{get("/%2e/", browser), 404, "Location", ""},
	} {
		line, _, _ := strings.Cut(tt.request, "\r\n")
		if a := raw(t, server, tt.request); a.StatusCode != tt.status || a.Header.Get(tt.header) != tt.want {
			t.Errorf("%s = %d, %s %q; want %d, %q", line, a.StatusCode, tt.header, a.Header.Get(tt.header), tt.status, tt.want)
		}
	}
}
