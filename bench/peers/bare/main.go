// Command bare is what every other server is measured against: net/http with
// one handler that knows its answer. It checks nothing, logs nothing and has no
// time-outs, so no server on net/http can be faster with the same answer.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	body := flag.String("body", "", "the answer")
	header := http.Header{}
	flag.Func("header", "a `Name: value` of the answer; may be repeated", func(line string) error {
		name, value, ok := strings.Cut(line, ": ")
		if !ok {
			return fmt.Errorf("%q has no ': '", line)
		}
		header.Add(name, value)
		return nil
	})
	flag.Parse()

	http.HandleFunc("GET /rest-auth", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		for name, values := range header {
			h[name] = values
		}
		_, _ = w.Write([]byte(*body)) // the client has gone
	})
	fmt.Fprintln(os.Stderr, http.ListenAndServe(*listen, nil))
	os.Exit(1)
}
