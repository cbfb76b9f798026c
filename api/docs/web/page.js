"use strict";

// The contract's server is "/", the place it was loaded from. Behind a proxy that
// puts a path in front, that place is the folder of this page.
function servedFrom(spec) {
  const base = new URL(".", location.href).pathname.replace(/\/$/, "");
  const servers = (spec.servers || []).map((server) =>
    server.url === "/" && base !== "" ? { ...server, url: base } : server);
  return { ...spec, servers };
}

function RelativeServer() {
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
  plugins: [RelativeServer],

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
