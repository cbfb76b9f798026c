// The house's rules that need to see more than one place of openapi.yaml at a
// time. Each export of `rules` is one rule of redocly.yaml.

// bounded: a string has maxLength or an enum, an array has maxItems.
function bounded() {
  return {
    Schema: {
      enter(schema, { report }) {
        if (schema.type === "string" && schema.maxLength === undefined && !schema.enum) {
          report({ message: "a string has maxLength or an enum" });
        }
        if (schema.type === "array" && schema.maxItems === undefined) {
          report({ message: "an array has maxItems" });
        }
      },
    },
  };
}

// openObjects lists the objects of a schema that take members nobody named.
function openObjects(schema, resolve, path, seen = new Set()) {
  const node = schema?.$ref ? resolve(schema).node : schema;
  if (!node || seen.has(node)) return [];
  seen.add(node);
  const below = [];
  for (const [name, property] of Object.entries(node.properties ?? {})) {
    below.push(...openObjects(property, resolve, `${path}/${name}`, seen));
  }
  if (node.items) below.push(...openObjects(node.items, resolve, `${path}/items`, seen));
  for (const word of ["allOf", "anyOf", "oneOf"]) {
    for (const part of node[word] ?? []) below.push(...openObjects(part, resolve, path, seen));
  }
  const isObject = node.type === "object" || node.properties;
  return isObject && node.additionalProperties !== false ? [path || "/", ...below] : below;
}

// closed-request: an object in a request says additionalProperties: false.
function closedRequest() {
  return {
    RequestBody: {
      enter(body, { report, resolve }) {
        for (const [media, content] of Object.entries(body.content ?? {})) {
          for (const path of openObjects(content.schema, resolve, "")) {
            report({ message: `${media} ${path}: an object in a request says additionalProperties: false` });
          }
        }
      },
    },
  };
}

// declared-refusals: what can go wrong with every operation of a kind is
// declared by each of them.
function declaredRefusals() {
  return {
    Operation: {
      enter(operation, { report }) {
        const wanted = new Set(["500"]);
        if (operation.security?.length > 0) ["400", "401"].forEach((s) => wanted.add(s));
        if (operation.requestBody) ["400", "413", "415"].forEach((s) => wanted.add(s));
        for (const status of wanted) {
          if (!operation.responses?.[status]) report({ message: `the operation declares ${status}` });
        }
      },
    },
  };
}

// shared-problem: an error is one of components/responses, and its body is the
// shared Problem and nothing else.
function sharedProblem() {
  return {
    Responses: {
      enter(responses, { report, resolve }) {
        for (const [status, ref] of Object.entries(responses)) {
          if (!/^([45]|default)/.test(status)) continue;
          if (!ref.$ref?.startsWith("#/components/responses/")) {
            report({ message: `${status} is one of components/responses` });
          }
          const content = (ref.$ref ? resolve(ref).node : ref)?.content ?? {};
          const schema = content["application/problem+json"]?.schema;
          if (Object.keys(content).length !== 1 || schema?.$ref !== "#/components/schemas/Problem") {
            report({ message: `the body of ${status} is the shared Problem and nothing else` });
          }
        }
      },
    },
  };
}

export default function house() {
  return {
    id: "house",
    rules: {
      oas3: {
        bounded,
        "closed-request": closedRequest,
        "declared-refusals": declaredRefusals,
        "shared-problem": sharedProblem,
      },
    },
  };
}
