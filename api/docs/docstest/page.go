// Package docstest drives the docs page as a person would: in a real headless
// Chromium, by its buttons and fields. It is for tests only.
//
// The browser resolves no name but login.localhost, which is this machine, and
// leaves it by no way, so a page that needs the internet fails. go test -short
// (make test-quick) leaves out what wants a browser; in CI that is refused.
package docstest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// patience bounds one whole test; a browser starts slowly on a busy machine.
const patience = 5 * time.Minute

// Page is the docs page of one server in a browser of its own, which ends with
// the test. Its methods fail the test when the page does not do what they ask.
type Page struct {
	t     *testing.T
	ctx   context.Context
	watch *watch
}

// Answer is what the page shows as the server's response.
type Answer struct {
	Status int
	Body   string
}

// Open starts Chromium and loads the docs page of the server at base, such as
// http://127.0.0.1:5000 or http://127.0.0.1:5000/prefix.
func Open(t *testing.T, base string) *Page {
	t.Helper()
	if testing.Short() {
		if os.Getenv("CI") != "" {
			t.Fatal("-short leaves out what needs a browser; with CI set nothing may be left out")
		}
		t.Skip("-short: needs a browser")
	}
	home, err := url.Parse(base)
	if err != nil {
		t.Fatalf("parse base address: %v", err)
	}
	w := &watch{host: home.Host}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options(t)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithListener(w.event))
	t.Cleanup(cancel)
	// The first call owns the browser: a time limit on it would cut the end short.
	if err := w.start(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	ctx, cancel = context.WithTimeout(ctx, patience)
	t.Cleanup(cancel)

	p := &Page{t: t, ctx: ctx, watch: w}
	p.do("open the docs", chromedp.Navigate(base+"/docs"), operationsShown())
	return p
}

// options are the browser's flags. Root, as in containers, has no sandbox.
func options(t *testing.T) []chromedp.ExecAllocatorOption {
	t.Helper()
	return []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(find(t)),
		chromedp.Headless,
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true), // 64 MiB in many containers
		chromedp.Flag("disable-sync", true),
		chromedp.Flag("host-resolver-rules", "MAP login.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"),
		chromedp.Flag("password-store", "basic"),
		chromedp.WindowSize(1280, 1200),
	}
}

func find(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("no Chromium on the PATH; run scripts/test-deps.sh")
	return ""
}

// operationsShown waits until Swagger UI has drawn the contract.
func operationsShown() step { return chromedp.WaitVisible(chromedp.CSS(".opblock")) }

// step is an action of the browser that has no result.
type step = chromedp.Action[chromedp.Void]

// do takes the steps and fails the test with what they were about.
func (p *Page) do(what string, steps ...step) {
	p.t.Helper()
	ask(p, what, chromedp.Steps(steps...))
}

// ask is do for an action with a result.
func ask[T any](p *Page, what string, action chromedp.Action[T]) T {
	p.t.Helper()
	result, err := chromedp.Run(p.ctx, action)
	if err != nil {
		p.t.Fatalf("%s: %v; faults so far: %q", what, err, p.Faults())
	}
	return result
}

// click presses what the selector finds once it can be seen and has come to rest.
// The mouse goes to a place on the screen, and Swagger UI still draws and scrolls
// after a row unfolds: a press on the way would hit something else.
func click(selector string) step {
	target := chromedp.CSS(selector)
	return chromedp.Steps(chromedp.WaitVisible(target), rest(selector), chromedp.Click(target))
}

// rest waits until the element was in one place for ten frames.
func rest(selector string) step {
	return chromedp.PollFunction[chromedp.Void](`(selector) => {
		const { x, y, width, height } = document.querySelector(selector).getBoundingClientRect();
		const place = [selector, x, y, width, height].join();
		const seen = globalThis.docstestRest;
		const frames = seen?.place === place ? seen.frames + 1 : 0;
		globalThis.docstestRest = { place, frames };
		return frames >= 10;
	}`, chromedp.WithPollingArgs(selector))
}

// Operations lists the operations on the page as "POST /auth", in page order.
func (p *Page) Operations() []string {
	p.t.Helper()
	return ask(p, "list the operations", chromedp.Evaluate[[]string](`
		[...document.querySelectorAll(".opblock-summary")].map((row) =>
			row.querySelector(".opblock-summary-method").innerText.trim() + " " +
			row.querySelector(".opblock-summary-path").dataset.path)`))
}

// Execute sends the request of a row as the page has it filled in, and returns
// the answer. A row is named by tag and operationId, such as "auth-login".
func (p *Page) Execute(row string) Answer {
	p.t.Helper()
	block := "#operations-" + row
	live := block + " .live-responses-table .response"
	if ask(p, "look at "+row, chromedp.Evaluate[bool](
		fmt.Sprintf("document.querySelector(%q).classList.contains('is-open')", block))) {
		// The last answer must not pass for the next one.
		p.do("clear "+row, click(block+" .btn-clear"), chromedp.WaitNotPresent(chromedp.CSS(live)))
	} else {
		p.do("unfold "+row, click(block+" .opblock-summary-control"))
	}
	p.do("execute "+row, click(block+" .execute"), chromedp.WaitVisible(chromedp.CSS(live)))
	return Answer{
		Status: p.status(row, live+" .response-col_status"),
		Body: ask(p, "read the answer of "+row, chromedp.Text(
			chromedp.CSS(live+" .response-col_description .highlight-code > pre"))),
	}
}

// status reads a cell that may say more below the number.
func (p *Page) status(row, cell string) int {
	p.t.Helper()
	shown := ask(p, "read the status of "+row, chromedp.Text(chromedp.CSS(cell)))
	number, _, _ := strings.Cut(strings.TrimSpace(shown), "\n")
	status, err := strconv.Atoi(number)
	if err != nil {
		p.t.Fatalf("%s shows the status %q", row, shown)
	}
	return status
}

// Authorize puts the token into the dialog behind the Authorize button.
func (p *Page) Authorize(token string) {
	p.t.Helper()
	p.do("authorize",
		click(".auth-wrapper .btn.authorize"),
		chromedp.SendKeys(chromedp.CSS(".modal-ux input"), token),
		click(".modal-ux .btn.modal-btn.authorize"),
		click(".modal-ux .btn-done"),
		chromedp.WaitNotPresent(chromedp.CSS(".modal-ux")),
	)
}

// Reload loads the page anew.
func (p *Page) Reload() {
	p.t.Helper()
	p.do("reload", chromedp.Reload(), operationsShown())
}

// Kept returns what the page left in this browser: the names in both storages,
// and cookies.
func (p *Page) Kept() []string {
	p.t.Helper()
	return ask(p, "look into the storage", chromedp.Evaluate[[]string](`
		[...Object.keys(localStorage), ...Object.keys(sessionStorage),
			...document.cookie.split("; ").filter(Boolean)]`))
}

// Screenshot writes what the window shows, once nothing moves any more, to a PNG
// file, making its folder.
func (p *Page) Screenshot(file string) {
	p.t.Helper()
	p.do("come to rest", chromedp.Evaluate[chromedp.Void](
		"Promise.allSettled(document.getAnimations().map((a) => a.finished))", chromedp.EvalAwaitPromise))
	png := ask(p, "take a screenshot", chromedp.CaptureScreenshot())
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		p.t.Fatalf("make the folder of screenshots: %v", err)
	}
	if err := os.WriteFile(file, png, 0o644); err != nil {
		p.t.Fatalf("write screenshot: %v", err)
	}
}

// AccessToken returns the token in the body of a login's answer.
func (a Answer) AccessToken() (string, error) {
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(a.Body), &token); err != nil {
		return "", fmt.Errorf("read the login's answer: %w", err)
	}
	if token.AccessToken == "" {
		return "", fmt.Errorf("the login's answer holds no access_token")
	}
	return token.AccessToken, nil
}
