package docstest

import (
	_ "embed"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axe is axe-core 4.14.1 as npm has it (MPL-2.0, its licence is beside it). It
// goes into the page by the debugger, so the page's policy stays as it is.
//
//go:embed axe/axe.min.js
var axe string

// Finding is a rule of axe-core that the page breaks.
type Finding struct {
	ID, Impact, Help string
	Nodes            []string // the elements, as HTML
}

// String is one line for each element.
func (f Finding) String() string {
	return fmt.Sprintf("%s %s: %s\n\t%s", f.Impact, f.ID, f.Help, strings.Join(f.Nodes, "\n\t"))
}

// Accessibility returns what axe-core finds on the page as it stands.
func (p *Page) Accessibility() []Finding {
	p.t.Helper()
	p.do("load axe-core", chromedp.Evaluate[chromedp.Void](axe+";0"))
	return ask(p, "run axe-core", chromedp.Evaluate[[]Finding](`
		axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations.map(
			({ id, impact, help, nodes }) => ({ ID: id, Impact: impact, Help: help, Nodes: nodes.map((n) => n.html) })))`,
		chromedp.EvalAwaitPromise))
}

// Prefer makes the system prefer a colour scheme, dark or light.
func (p *Page) Prefer(scheme string) {
	p.t.Helper()
	_, err := chromedp.Call(p.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	if err != nil {
		p.t.Fatalf("prefer %s: %v", scheme, err)
	}
}

// Size makes the window this large, in CSS pixels.
func (p *Page) Size(width, height int64) {
	p.t.Helper()
	p.do("size the window", chromedp.EmulateViewport(width, height))
}

// OpenAuthorize opens the dialog behind the Authorize button and returns what
// it says.
func (p *Page) OpenAuthorize() string {
	p.t.Helper()
	p.do("open the dialog", click(".auth-wrapper .btn.authorize"), chromedp.WaitVisible(chromedp.CSS(".modal-ux .auth-btn-wrapper")))
	return ask(p, "read the dialog", chromedp.Text(chromedp.CSS(".modal-ux")))
}

// Escape presses that key and waits until no dialog is open.
func (p *Page) Escape() {
	p.t.Helper()
	p.do("press Escape", chromedp.KeyEvent("\x1b"), chromedp.WaitNotPresent(chromedp.CSS(".modal-ux")))
}

// Unfold opens an operation's row without sending anything.
func (p *Page) Unfold(row string) {
	p.t.Helper()
	block := "#operations-" + row
	p.do("unfold "+row, click(block+" .opblock-summary-control"), chromedp.WaitVisible(chromedp.CSS(block+" .execute")))
}

// Ask evaluates an expression of a boolean on the page.
func (p *Page) Ask(expression string) bool {
	p.t.Helper()
	return ask(p, "ask "+expression, chromedp.Evaluate[bool](expression))
}
