package docs

import (
	"net/http"
	"strconv"
	"strings"
)

// acceptsGzip reports whether Accept-Encoding takes gzip (RFC 9110, section
// 12.5.3): named, or covered by *, and not with a weight of zero. A header that
// cannot be read takes only the plain form, which every client understands.
func acceptsGzip(header http.Header) bool {
	star := false
	for element := range elements(header.Values("Accept-Encoding")) {
		coding, parameters, _ := strings.Cut(element, ";")
		switch strings.ToLower(strings.TrimSpace(coding)) {
		case "gzip", "x-gzip":
			return weighs(parameters) // beats *, wherever that stands
		case "*":
			star = weighs(parameters)
		}
	}
	return star
}

// weighs reports whether the parameters of a list element leave it a weight
// above zero; no parameter means one (RFC 9110, section 12.4.2).
func weighs(parameters string) bool {
	parameters = strings.ToLower(strings.TrimSpace(parameters))
	if parameters == "" {
		return true
	}
	value, ok := strings.CutPrefix(parameters, "q=")
	if !ok {
		return false
	}
	weight, err := strconv.ParseFloat(value, 64)
	return err == nil && weight > 0 && weight <= 1
}

// prefersPage reports whether Accept names text/html above JSON (RFC 9110, section
// 12.5.1), as browsers do. A client that takes anything is a program.
func prefersPage(header http.Header) bool {
	var page, data float64
	for element := range elements(header.Values("Accept")) {
		mediaType, parameters, _ := strings.Cut(element, ";")
		switch strings.ToLower(strings.TrimSpace(mediaType)) {
		case "text/html", "application/xhtml+xml":
			page = max(page, weight(parameters))
		case "application/json", "application/linkset+json":
			data = max(data, weight(parameters))
		}
	}
	return page > data
}

// weight is the weight among a media type's parameters, 1 without one, 0 where
// it cannot be read.
func weight(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if !strings.EqualFold(name, "q") {
			continue
		}
		w, err := strconv.ParseFloat(value, 64)
		if err != nil || !(w >= 0 && w <= 1) {
			return 0
		}
		return w
	}
	return 1
}

// matches reports whether If-None-Match holds the entity tag or *, by the weak
// comparison (RFC 9110, section 13.1.2). Our tags have no comma, so cutting at
// commas inside another server's tag cannot make one of ours.
func matches(header http.Header, etag string) bool {
	for element := range elements(header.Values("If-None-Match")) {
		if element == "*" || strings.TrimPrefix(element, "W/") == etag {
			return true
		}
	}
	return false
}

// elements yields the trimmed elements of a list header that may be sent in
// several lines (RFC 9110, section 5.6.1).
func elements(lines []string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, line := range lines {
			for element := range strings.SplitSeq(line, ",") {
				if !yield(strings.TrimSpace(element)) {
					return
				}
			}
		}
	}
}
