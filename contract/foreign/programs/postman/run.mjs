// Says what newman sees with the collection that openapi-to-postmanv2 made: as
// it is, then with another password and token typed into it, then with the
// address of a server without its database.
import { readFileSync } from "node:fs";
import newman from "newman";

const LOGIN = "Log in with a user name and a password";
const ME = "Who the token belongs to";
const GUARDED = "A message only authenticated callers see";
const LIVE = "Whether the process runs";

// What a person types into the login request's script.
const TAKE_TOKEN = 'if (pm.response.code === 200) pm.collectionVariables.set("bearerToken", pm.response.json().access_token);';

function collection() {
  return JSON.parse(readFileSync("collection.json", "utf8"));
}

// find returns the request of that name, in whatever folder it is.
function find(items, name) {
  for (const item of items) {
    const found = item.item ? find(item.item, name) : undefined;
    if (item.name === name && item.request) return item;
    if (found) return found;
  }
  return undefined;
}

// run sends every request of the collection, and returns the answers by name.
function run(collection, variables = {}) {
  find(collection.item, LOGIN).event = [{ listen: "test", script: { exec: [TAKE_TOKEN] } }];
  const values = Object.entries(variables).map(([key, value]) => ({ key, value }));
  const answers = {};
  return new Promise((resolve, reject) => {
    newman
      .run({ collection, environment: { values } })
      .on("request", (error, { item, response }) => {
        if (error) return reject(error);
        answers[item.name] = response;
      })
      .on("done", (error, summary) => {
        const failure = error ?? summary.run.failures[0]?.error;
        if (failure) reject(failure);
        else resolve(answers);
      });
  });
}

// Prints an error's status, the pause it asks for, and its words.
function report(name, response) {
  const problem = response.json();
  console.log(name, response.code, problem.status, `[${response.headers.get("Retry-After") ?? ""}]`, problem.detail);
}

const good = await run(collection());
console.log("live", good[LIVE].json().status);
console.log("message", good[GUARDED].json());
const user = good[ME].json();
console.log("user", user.id, user.subject, user.username);

const other = collection();
const body = find(other.item, LOGIN).request.body;
body.raw = JSON.stringify({ ...JSON.parse(body.raw), password: "wrong" });
const refused = await run(other, { bearerToken: "forged" });
report("login-401", refused[LOGIN]);
report("token-401", refused[GUARDED]);

const outage = await run(collection(), { baseUrl: process.env.OUTAGE_URL, bearerToken: process.env.OUTAGE_TOKEN });
report("login-503", outage[LOGIN]);
report("token-503", outage[GUARDED]);
