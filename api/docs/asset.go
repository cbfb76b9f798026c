package docs

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"path"
	"strconv"
	"sync"

	"github.com/swaggest/swgui/v5/static"
)

//go:embed web
var web embed.FS

// asset is one file in two encodings. One of them is at hand. The other is made when
// it is first asked for: the start is sooner, and the plain form of Swagger UI's files
// would be a megabyte that hardly any client wants.
type asset struct {
	contentType string
	tag         string // names the content; the start of its entity tags
	gzipped     func() []byte
	plain       func() []byte
}

// load reads the file behind one of [Paths].
func load(cfg Config, urlPath string) (*asset, error) {
	kind := contentType(urlPath)
	switch name := path.Base(urlPath); name {
	case "openapi.json":
		return plainAsset(kind, cfg.SpecJSON), nil
	case "openapi.yaml":
		return plainAsset(kind, cfg.SpecYAML), nil
	case "swagger-ui-bundle.js", "swagger-ui.css":
		return gzippedAsset(kind, name+".gz")
	case "favicon-32x32.png":
		plain, err := static.FS.ReadFile(name)
		if err != nil {
			return nil, err
		}
		return plainAsset(kind, plain), nil
	case "docs":
		plain, err := web.ReadFile("web/index.html")
		if err != nil {
			return nil, err
		}
		return plainAsset(kind, titled(plain, cfg.SpecJSON)), nil
	default:
		plain, err := web.ReadFile("web/" + name)
		if err != nil {
			return nil, err
		}
		return plainAsset(kind, plain), nil
	}
}

// titled puts the document's title where the page has TITLE.
func titled(page, specJSON []byte) []byte {
	var document struct {
		Info struct{ Title string }
	}
	// A document without a readable title leaves the page without one.
	_ = json.Unmarshal(specJSON, &document)
	return bytes.Replace(page, []byte("<title>TITLE"), []byte("<title>"+html.EscapeString(document.Info.Title)), 1)
}

// contentType is fixed here, since package mime also reads the machine's tables.
func contentType(urlPath string) string {
	switch path.Ext(urlPath) {
	case ".js":
		return "text/javascript; charset=utf-8" // RFC 9239
	case ".css":
		return "text/css; charset=utf-8"
	case ".png":
		return "image/png"
	case ".txt":
		return "text/plain; charset=utf-8"
	case ".json":
		return "application/json"
	case ".yaml":
		return "application/yaml" // RFC 9512
	default:
		return "text/html; charset=utf-8"
	}
}

// plainAsset is one of a file as it is.
func plainAsset(contentType string, plain []byte) *asset {
	return &asset{
		contentType: contentType,
		tag:         digest(plain),
		gzipped:     sync.OnceValue(func() []byte { return compress(plain) }),
		plain:       func() []byte { return plain },
	}
}

// gzippedAsset is one of a file of Swagger UI's that the binary holds in gzip form. It
// is copied out of the binary for each answer: kept, it would be half a megabyte on the
// heap of every server, and hardly any client asks.
func gzippedAsset(contentType, name string) (*asset, error) {
	gzipped, err := static.FS.ReadFile(name)
	if err != nil {
		return nil, err
	}
	tag := digest(gzipped)
	read := func() []byte {
		gzipped, err := static.FS.ReadFile(name)
		if err != nil {
			panic(fmt.Sprintf("docs: embedded file: %v", err)) // It was there above.
		}
		return gzipped
	}
	return &asset{
		contentType: contentType,
		tag:         tag,
		gzipped:     read,
		plain:       sync.OnceValue(func() []byte { return decompress(read()) }),
	}, nil
}

// compress panics when memory cannot be written to, which it always can.
func compress(plain []byte) []byte {
	var gzipped bytes.Buffer
	zw := gzip.NewWriter(&gzipped)
	_, err := zw.Write(plain)
	if err = errors.Join(err, zw.Close()); err != nil {
		panic(fmt.Sprintf("docs: compress: %v", err))
	}
	return gzipped.Bytes()
}

// decompress panics on damaged data. The data is part of the binary, and a test
// reads each file of it, so this is a broken build and no runtime condition.
func decompress(gzipped []byte) []byte {
	zr, err := gzip.NewReader(bytes.NewReader(gzipped))
	if err != nil {
		panic(fmt.Sprintf("docs: embedded file: %v", err))
	}
	plain, err := io.ReadAll(zr)
	if err != nil {
		panic(fmt.Sprintf("docs: embedded file: %v", err))
	}
	return plain
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:12])
}

// serve answers a GET or HEAD request in the encoding the client takes, or with
// 304 when it has this very content. Names carry no version, so clients must ask
// again each time (no-cache); an upgrade shows at once and costs a 304 otherwise.
// Ranges are ignored, as RFC 9110, section 14.2, allows.
func (a *asset) serve(w http.ResponseWriter, r *http.Request) {
	zipped := acceptsGzip(r.Header)
	etag := `"` + a.tag + `"`
	if zipped {
		etag = `"` + a.tag + `-gzip"`
	}
	header := w.Header()
	header.Set("Cache-Control", "no-cache")
	header.Set("ETag", etag)
	header.Add("Vary", "Accept-Encoding") // beside what CORS says
	if matches(r.Header, etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	encoded := a.plain
	if zipped {
		header.Set("Content-Encoding", "gzip")
		encoded = a.gzipped
	}
	body := encoded()
	header.Set("Content-Type", a.contentType)
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // fails only when the client has gone
	}
}
