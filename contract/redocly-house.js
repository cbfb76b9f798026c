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
        const wanted = new Set(["500", "default"]);
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

// numbered: an integer has a format and both bounds. Languages that know no size
// take the smallest they have.
function numbered() {
  return {
    Schema: {
      enter(schema, { report }) {
        if (schema.type !== "integer") return;
        if (!["int32", "int64"].includes(schema.format) || schema.minimum === undefined || schema.maximum === undefined) {
          report({ message: "an integer has format int32 or int64, minimum and maximum" });
        }
      },
    },
  };
}

// success-in-place: some generators leave the body of a success out that is a
// reference to components/responses.
function successInPlace() {
  return {
    Responses: {
      enter(responses, { report }) {
        for (const [status, response] of Object.entries(responses)) {
          if (/^[23]/.test(status) && response.$ref) report({ message: `${status} stands where it is answered` });
        }
      },
    },
  };
}

// told: a schema and each of its properties have a description, and a property of
// one value an example, which some generators send as it is.
function told() {
  const described = (schema, where, { report }) => {
    if (schema && !schema.description) report({ message: `${where} has a description` });
  };
  return {
    NamedSchemas: {
      enter(schemas, context) {
        for (const [name, schema] of Object.entries(schemas)) described(schema, name, context);
      },
    },
    MediaType: {
      enter({ schema }, context) {
        if (!schema?.$ref) described(schema, "the schema of a body", context);
      },
    },
    Schema: {
      enter(schema, context) {
        for (const [name, property] of Object.entries(schema.properties ?? {})) {
          if (property.$ref) continue;
          described(property, name, context);
          if (!["object", "array"].includes(property.type) && property.example === undefined) {
            context.report({ message: `${name} has an example` });
          }
        }
      },
    },
  };
}

// What ECMAScript, PCRE, RE2, Python, Java, .NET and Rust all read, and alike:
// anchored at both ends, of the escapes \x with two digits and those of what would
// else have a meaning, no options, lazy or possessive quantifiers, nested sets.
const patternWords = /^\^(\\x[0-7][0-9A-Fa-f]|\\[.\\^$*+?()[\]{}|]|[ -[\]-~])*\$$/;
const patternTraps = /\(\?|[*+?}][+?]|\[\[|\[:|&&|--|~~/;

function readable(pattern) {
  try {
    new RegExp(pattern, "u");
  } catch {
    return false;
  }
  return patternWords.test(pattern) && !patternTraps.test(pattern);
}

// portable: a pattern is one in every language.
function portable() {
  return {
    Schema: {
      enter(schema, { report }) {
        if (schema.pattern !== undefined && !readable(schema.pattern)) {
          report({ message: `not every language reads the pattern ${schema.pattern}, or reads it alike` });
        }
      },
    },
  };
}

// plain: nothing is nullable, where absence says it, and no member is one tool's
// own, which the others obey in their way.
function plain() {
  return {
    Schema: {
      enter(schema, { report }) {
        if (schema.nullable) report({ message: "leave a member away where there is no value" });
      },
    },
    any: {
      enter(node, { report }) {
        if (typeof node !== "object" || node === null || Array.isArray(node)) return;
        for (const name of Object.keys(node)) {
          if (name.startsWith("x-")) report({ message: `${name} is one tool's own` });
        }
      },
    },
  };
}

// addressed: a client made of the document has somewhere to go.
function addressed() {
  return {
    Root: {
      enter({ servers }, { report }) {
        if (!servers?.length) report({ message: "the document names a server" });
        for (const { url } of servers ?? []) {
          if (!/^https?:\/\/[^/]+(\/[^/]+)*$/.test(url)) report({ message: `the server ${url} is absolute, without a slash at its end` });
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
        addressed,
        bounded,
        "closed-request": closedRequest,
        "declared-refusals": declaredRefusals,
        numbered,
        plain,
        portable,
        "shared-problem": sharedProblem,
        "success-in-place": successInPlace,
        told,
      },
    },
  };
}
