package docs_test

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/restauth/restauth/api/docs/docstest"
)

// pictureFile is the picture of the page in the documentation.
const pictureFile = "../../docs/swagger-ui.png"

var writePicture = flag.Bool("picture", false, "write "+pictureFile)

// swaggerUIs are what axe-core finds in Swagger UI's own markup, which the page
// around it cannot mend.
var swaggerUIs = []string{
	"nested-interactive", // An operation's row is a button with a link in it.
}

// TestAccessibility: axe-core has no critical or serious finding but those, in
// either colour scheme, on the list, an operation that was tried, and the dialog,
// before and after a token is in it.
func TestAccessibility(t *testing.T) {
	t.Parallel()
	for _, scheme := range []string{"light", "dark"} {
		page := docstest.Open(t, contractServer(t, ""))
		page.Prefer(scheme)
		look := func(state string) {
			t.Helper()
			for _, finding := range page.Accessibility() {
				if finding.Impact == "critical" || finding.Impact == "serious" && !slices.Contains(swaggerUIs, finding.ID) {
					t.Errorf("%s, %s: %v", scheme, state, finding)
				} else {
					t.Logf("%s, %s: %v", scheme, state, finding)
				}
			}
		}
		look("the list")
		page.Execute("auth-login")
		look("an operation that was tried")
		page.OpenAuthorize()
		look("the dialog")
		page.Screenshot("../../artifacts/docs-dialog-" + scheme + ".png")
		page.Escape()
		page.Authorize("a.b.c")
		page.OpenAuthorize()
		look("the dialog with a token")
		if faults := page.Faults(); len(faults) != 0 {
			t.Errorf("%s: faults on the page:\n%s", scheme, strings.Join(faults, "\n"))
		}
	}
}

// TestDialog says what to paste, fits a telephone and closes by the keyboard.
func TestDialog(t *testing.T) {
	t.Parallel()
	page := docstest.Open(t, contractServer(t, ""))
	page.Size(360, 740)
	if said := page.OpenAuthorize(); !strings.Contains(said, "Paste the token alone") {
		t.Errorf("the dialog says %q", said)
	}
	const fits = `[...document.querySelectorAll(".modal-ux, .modal-ux input, .modal-ux button")].every((e) => {
		const { left, right, width } = e.getBoundingClientRect();
		return width > 0 && left >= 0 && right <= innerWidth;
	})`
	if !page.Ask(fits) {
		t.Error("at 360 pixels a part of the dialog is off the screen")
	}
	page.Screenshot("../../artifacts/docs-dialog-360.png")
	page.Escape()
	if !page.Ask(`document.activeElement.matches(".btn.authorize")`) {
		t.Error("Escape does not go back to the Authorize button")
	}
}

// TestResponsesAreFolded until asked for.
func TestResponsesAreFolded(t *testing.T) {
	t.Parallel()
	page := docstest.Open(t, contractServer(t, ""))
	page.Unfold("auth-login")
	const shown = `document.querySelector(".responses-inner > table.responses-table").checkVisibility()`
	if page.Ask(shown) {
		t.Error("the documented responses are shown unasked")
	}
	page.Ask(`document.querySelector(".docs-fold").click(), true`)
	if !page.Ask(shown) {
		t.Error("the documented responses do not unfold")
	}
}

// TestFollowsTheSystem: dark where the system is.
func TestFollowsTheSystem(t *testing.T) {
	t.Parallel()
	page := docstest.Open(t, contractServer(t, ""))
	const dark = `getComputedStyle(document.querySelector(".swagger-ui")).backgroundColor === "rgb(28, 32, 34)"`
	for scheme, want := range map[string]bool{"dark": true, "light": false} {
		if page.Prefer(scheme); page.Ask(dark) != want {
			t.Errorf("with a %s system the page is dark: %v", scheme, !want)
		}
	}
}

// TestPicture keeps the documentation's picture small; -picture makes it.
func TestPicture(t *testing.T) {
	t.Parallel()
	if *writePicture {
		page := docstest.Open(t, contractServer(t, ""))
		page.Size(1280, 800)
		page.Unfold("auth-login")
		page.Ask("scrollTo(0, 0), true")
		page.Screenshot(pictureFile)
	}
	content, err := os.ReadFile(pictureFile)
	if err != nil {
		t.Fatalf("%v; make docs-picture writes it", err)
	}
	config, err := png.DecodeConfig(bytes.NewReader(content))
	if err != nil || len(content) > 200_000 || config.Width != 1280 || config.Height != 800 {
		t.Errorf("%s: %d bytes, %+v, %v; want a PNG of 1280×800 in at most 200,000 bytes", pictureFile, len(content), config, err)
	}
}
