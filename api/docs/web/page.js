"use strict";

// The contract names the server's public address. This page calls the server that
// it came from: the policy allows no other, and behind a proxy, under another name
// or path, the two differ. That place is the folder of this page.
function servedFrom(spec) {
  const folder = new URL(".", location.href);
  const url = folder.origin + folder.pathname.replace(/\/$/, "");
  return { ...spec, servers: [{ url, description: "This server." }] };
}

function OwnServer() {
  return {
    statePlugins: {
      spec: {
        wrapActions: {
          updateJsonSpec: (next) => (spec) => next(servedFrom(spec)),
        },
      },
    },
  };
}

SwaggerUIBundle({
  dom_id: "#swagger-ui",
  url: new URL("openapi.json", location.href).href,
  plugins: [OwnServer, Wording],

  // The token lives in this page's memory and nowhere else.
  persistAuthorization: false,
  // No ?url= or ?config= of a crafted link may point the page elsewhere, and no
  // badge may send the contract to a validator on the internet.
  queryConfigEnabled: false,
  validatorUrl: null,

  deepLinking: true,
  defaultModelsExpandDepth: 0,
  displayRequestDuration: true,
  supportedSubmitMethods: ["get", "put", "post", "delete", "options", "head", "patch"],
  tryItOutEnabled: true,
});
