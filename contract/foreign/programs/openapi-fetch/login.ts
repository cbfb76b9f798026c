// Says what openapi-fetch sees with the types of openapi-typescript.
import createClient from "openapi-fetch";
import type { components, paths } from "./client/schema.js";

type Problem = components["schemas"]["Problem"];

// Prints an error's status, the pause it asks for, and its words.
function report(name: string, answer: { response: Response; error?: Problem }): void {
  const problem = answer.error;
  if (!problem) throw new Error(`${name}: no error`);
  const pause = answer.response.headers.get("Retry-After") ?? "";
  console.log(name, answer.response.status, problem.status, `[${pause}]`, problem.detail);
}

function good<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) throw new Error(answer.error?.detail);
  return answer.data;
}

function bearer(token: string) {
  return { headers: { Authorization: `Bearer ${token}` } };
}

const api = createClient<paths>({ baseUrl: process.env["RESTAUTH_URL"]! });
console.log("live", good(await api.GET("/livez")).status);

const token = good(await api.POST("/auth", { body: { username: "roy", password: "roy" } })).access_token;
console.log("message", good(await api.GET("/rest-auth", bearer(token))));
const user = good(await api.GET("/auth/me", bearer(token)));
console.log("user", user.id, user.subject, user.username);

report("login-401", await api.POST("/auth", { body: { username: "roy", password: "wrong" } }));
report("token-401", await api.GET("/rest-auth", bearer("forged")));

const outage = createClient<paths>({ baseUrl: process.env["OUTAGE_URL"]! });
report("login-503", await outage.POST("/auth", { body: { username: "roy", password: "roy" } }));
report("token-503", await outage.GET("/rest-auth", bearer(process.env["OUTAGE_TOKEN"]!)));
