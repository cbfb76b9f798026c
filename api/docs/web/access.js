"use strict";

// What Swagger UI leaves out for those who do not see the page, or use no mouse.

const NAMES = [
  [".schemes-server-container select, .servers select", "Server"],
  ["textarea.body-param__text", "Request body"],
  [".body-param textarea", "Request body"],
  [".copy-to-clipboard button, .copy-to-clipboard", "Copy"],
  [".modal-ux .close-modal", "Close"],
  [".opblock-body select.content-type, .opblock-section-request-body select", "Media type"],
  [".examples-select select, .examples-select-element", "Example"],
  [".parameters select", "Value"],
];

function nameControls() {
  for (const [selector, name] of NAMES) {
    for (const control of document.querySelectorAll(selector)) {
      if (!control.matches("button, select, textarea, input")) continue;
      // A label around a select has its options for a text, and names nothing.
      if (!control.hasAttribute("aria-label")) control.setAttribute("aria-label", name);
    }
  }
  for (const select of document.querySelectorAll(".swagger-ui select:not([aria-label])")) {
    select.setAttribute("aria-label", "Choice");
  }
  // What is read out has to be what is seen, or it cannot be said to a computer.
  document.querySelector('.modal-ux [aria-label="Apply credentials"]')?.setAttribute("aria-label", "Authorize with these credentials");
  document.querySelector('.modal-ux [aria-label="Remove authorization"]')?.setAttribute("aria-label", "Logout and forget these credentials");
  const dialog = document.querySelector(".modal-ux:not([role])");
  if (!dialog) return;
  dialog.setAttribute("role", "dialog");
  dialog.setAttribute("aria-modal", "true");
  dialog.setAttribute("aria-label", "Authorize");
}

new MutationObserver(nameControls).observe(document, { childList: true, subtree: true });

document.addEventListener("keydown", (event) => {
  const close = document.querySelector(".modal-ux .close-modal");
  if (event.key !== "Escape" || !close) return;
  close.click();
  document.querySelector(".auth-wrapper .btn.authorize")?.focus();
});

// The token's field says what belongs in it, and documented responses are folded:
// whoever tries an operation looks for the answer.
function Wording({ React }) {
  const h = React.createElement;
  return {
    wrapComponents: {
      HttpAuth: (Original) => (props) => h("div", null,
        h("p", { className: "docs-hint", id: "docs-token-hint" },
          "Paste the token alone: neither the word Bearer nor quotes. It is forgotten when this page is closed."),
        h(Original, props)),
      responses: (Original) => (props) => {
        const [shown, show] = React.useState(false);
        return h("div", { className: shown ? "docs-responses" : "docs-responses docs-folded" },
          h("button", { type: "button", className: "docs-fold", "aria-expanded": shown, onClick: () => show(!shown) },
            shown ? "Hide the documented responses" : "Show the documented responses"),
          h(Original, props));
      },
    },
  };
}
