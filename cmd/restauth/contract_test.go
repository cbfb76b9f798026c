package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// served fetches a form of the contract as a client behind a lying proxy would.
func (s *testServer) served(path string) []byte {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, s.URL+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	request.Host = "evil.example"
	for _, name := range []string{"X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "Forwarded", "Origin", "Referer"} {
		request.Header.Set(name, "https://evil.example/evil")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("GET %s = %d, %v", path, response.StatusCode, err)
	}
	return body
}

// lines writes a document as one line for each value, in its order:
// "paths /auth post operationId = login". What is left of servers is their place.
func lines(t *testing.T, source []byte) (out []string, server string) {
	t.Helper()
	var file yaml.Node
	if err := yaml.Unmarshal(source, &file); err != nil {
		t.Fatal(err)
	}
	var walk func(at string, node *yaml.Node)
	walk = func(at string, node *yaml.Node) {
		switch node.Kind {
		case yaml.MappingNode:
			for i := 0; i+1 < len(node.Content); i += 2 {
				walk(at+" "+node.Content[i].Value, node.Content[i+1])
			}
		case yaml.SequenceNode:
			if at == " servers" {
				if len(node.Content) != 1 {
					t.Fatalf("%d servers, want one", len(node.Content))
				}
				server, out = node.Content[0].Content[1].Value, append(out, at)
				return
			}
			for i, item := range node.Content {
				walk(fmt.Sprintf("%s %d", at, i), item)
			}
		default:
			out = append(out, fmt.Sprintf("%s = %s %q", at, node.ShortTag(), node.Value))
		}
	}
	walk("", file.Content[0])
	return out, server
}

func contractFile(t *testing.T) []byte {
	t.Helper()
	file, err := os.ReadFile("../../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// TestServedContractIsTheFile, member for member and in its order, but for the
// address: generators make positional parameters of that order.
func TestServedContractIsTheFile(t *testing.T) {
	t.Parallel()
	want, address := lines(t, contractFile(t))
	if address != "http://127.0.0.1:5000" {
		t.Errorf("openapi.yaml's server is %q, want where serve listens by default", address)
	}
	s := startServer(t, "--demo")
	for _, path := range []string{"/openapi.yaml", "/openapi.json"} {
		got, server := lines(t, s.served(path))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s is not the file (-file +served):\n%s", path, diff)
		}
		if server != s.URL {
			t.Errorf("the server in %s is %q, want %q", path, server, s.URL)
		}
	}
	if !strings.Contains(s.stdout.String(), s.URL) {
		t.Errorf("the address %s is not the one that was printed:\n%s", s.URL, s.stdout)
	}
}

// TestContractNamesThePublicURL, and never what a request says.
func TestContractNamesThePublicURL(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"https://login.example.com":      "https://login.example.com",
		"https://login.example.com/app/": "https://login.example.com/app",
		"http://[::1]:8080/a/b":          "http://[::1]:8080/a/b",
	} {
		s := startServer(t, "RESTAUTH_PUBLIC_URL="+setting, "--demo")
		for _, path := range []string{"/openapi.yaml", "/openapi.json"} {
			body := s.served(path)
			if _, server := lines(t, body); server != want {
				t.Errorf("with --public-url %s the server in %s is %q, want %q", setting, path, server, want)
			}
			if strings.Contains(string(body), "evil") {
				t.Errorf("%s repeats what the request says", path)
			}
		}
	}
}

// TestGeneratorsMakeTheSameOfBoth: of the repository's file and of what a server
// gives away, a client and a server of one generator are the same, byte for byte.
func TestGeneratorsMakeTheSameOfBoth(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--demo")
	dir := t.TempDir()
	generate := func(name string, document []byte) string {
		t.Helper()
		source, made := filepath.Join(dir, name), filepath.Join(dir, name+".go")
		if err := os.WriteFile(source, document, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.CommandContext(t.Context(), "go", "tool", "oapi-codegen", "-package", "made",
			"-generate", "types,client,std-http,strict-server,skip-prune", "-o", made, source).CombinedOutput()
		if err != nil {
			t.Fatalf("oapi-codegen %s: %v\n%s", name, err, out)
		}
		code, err := os.ReadFile(made)
		if err != nil {
			t.Fatal(err)
		}
		return string(code)
	}
	want := generate("file.yaml", contractFile(t))
	if !strings.Contains(want, "LoginWithResponse") {
		t.Fatal("oapi-codegen made no client")
	}
	for _, path := range []string{"/openapi.yaml", "/openapi.json"} {
		if diff := cmp.Diff(want, generate(filepath.Base(path), s.served(path))); diff != "" {
			t.Errorf("of %s another client is made (-file +served):\n%s", path, diff)
		}
	}
}
