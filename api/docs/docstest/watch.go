package docstest

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// watch notes what a good page never does: complain in the console, run into its
// Content-Security-Policy, miss a file, or call another host.
type watch struct {
	host string

	mu     sync.Mutex
	faults []string
}

// Faults returns what went wrong on the page since it was opened. An error
// status of an operation is not a fault: the page shows it.
func (p *Page) Faults() []string {
	p.watch.mu.Lock()
	defer p.watch.mu.Unlock()
	return slices.Clone(p.watch.faults)
}

// start opens the browser and asks for the events that it does not send unasked.
func (w *watch) start(ctx context.Context) error {
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		return err
	}
	_, err := chromedp.Call(ctx, audits.Enable, cdp.Empty{})
	return err
}

func (w *watch) event(event any) {
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			w.note("console %s: %s", e.Type, describe(e.Args...))
		}
	case *runtime.EventExceptionThrown:
		w.note("exception: %s %s", e.ExceptionDetails.Text, describe(e.ExceptionDetails.Exception))
	case *log.EventEntryAdded:
		// Error statuses come by here too; those are looked at below.
		loud := e.Entry.Level == log.EntryLevelWarning || e.Entry.Level == log.EntryLevelError
		if loud && e.Entry.Source != log.EntrySourceNetwork {
			w.note("log %s, %s: %s", e.Entry.Source, e.Entry.Level, e.Entry.Text)
		}
	case *audits.EventIssueAdded:
		if d := e.Issue.Details.ContentSecurityPolicyIssueDetails; d != nil {
			w.note("policy: %s blocks %s", d.ViolatedDirective, d.BlockedURL)
		}
	case *network.EventRequestWillBeSent:
		w.request(e.Request.URL)
	case *network.EventWebSocketCreated:
		w.note("web socket to %s", e.URL)
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 && e.Type != network.ResourceTypeFetch {
			w.note("%s answers %d", e.Response.URL, e.Response.Status)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled {
			w.note("a load of type %s failed: %s", e.Type, e.ErrorText)
		}
	}
}

func (w *watch) request(address string) {
	u, err := url.Parse(address)
	if err != nil {
		w.note("request to an address that cannot be read: %v", err)
		return
	}
	if u.Scheme != "data" && u.Scheme != "blob" && u.Host != w.host {
		w.note("request to another host: %s", address)
	}
}

func (w *watch) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

// describe puts what a page logged or threw into words.
func describe(objects ...*runtime.RemoteObject) string {
	var words []string
	for _, object := range objects {
		switch {
		case object == nil:
		case object.Description != "":
			words = append(words, object.Description)
		default:
			words = append(words, string(object.Value))
		}
	}
	return strings.Join(words, " ")
}
