// Says what the client of swagger-typescript-api sees.
import { Api, type HttpResponse, type Problem } from "./client/api.js";

// Prints an error's status, the pause it asks for, and its words. A refused
// call rejects with the same HttpResponse that a good one resolves to.
async function report(name: string, call: Promise<HttpResponse<unknown, Problem>>): Promise<void> {
  const response = await call.then(
    () => { throw new Error(`${name}: no error`); },
    (refused: HttpResponse<unknown, Problem>) => refused,
  );
  const problem = response.error;
  console.log(name, response.status, problem.status, `[${response.headers.get("Retry-After") ?? ""}]`, problem.detail);
}

function caller(token: string, baseUrl?: string): Api<string> {
  const api = new Api<string>({
    ...(baseUrl && { baseUrl }),
    securityWorker: (token) => ({ headers: { Authorization: `Bearer ${token}` } }),
  });
  api.setSecurityData(token);
  return api;
}

const anonymous = new Api();
console.log("live", (await anonymous.livez.live()).data.status);

const token = (await anonymous.auth.login({ username: "roy", password: "roy" })).data.access_token;
console.log("message", (await caller(token).restAuth.getRestAuth()).data);
const user = (await caller(token).auth.getCurrentUser()).data;
console.log("user", user.id, user.subject, user.username);

await report("login-401", anonymous.auth.login({ username: "roy", password: "wrong" }));
await report("token-401", caller("forged").restAuth.getRestAuth());

const outage = caller(process.env["OUTAGE_TOKEN"]!, process.env["OUTAGE_URL"]);
await report("login-503", outage.auth.login({ username: "roy", password: "roy" }));
await report("token-503", outage.restAuth.getRestAuth());
