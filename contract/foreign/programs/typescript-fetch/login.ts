// Says what the client of openapi-generator's typescript-fetch sees.
import { AuthApi, Configuration, GuardedApi, HealthApi, ProblemFromJSON, ResponseError, type Problem } from "./client/index.js";

// Prints an error's status, the pause it asks for, and its words.
async function report(name: string, call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    const problem: Problem = ProblemFromJSON(await error.response.json());
    const pause = error.response.headers.get("Retry-After") ?? "";
    console.log(name, error.response.status, problem.status, `[${pause}]`, problem.detail);
    return;
  }
  throw new Error(`${name}: no error`);
}

function caller(token: string, basePath?: string): Configuration {
  return new Configuration({ accessToken: token, ...(basePath && { basePath }) });
}

console.log("live", (await new HealthApi().live()).status);

const auth = new AuthApi();
const token = (await auth.login({ credentials: { username: "roy", password: "roy" } })).accessToken;
console.log("message", await new GuardedApi(caller(token)).getRestAuth());
const user = await new AuthApi(caller(token)).getCurrentUser();
console.log("user", user.id, user.subject, user.username);

await report("login-401", auth.login({ credentials: { username: "roy", password: "wrong" } }));
await report("token-401", new GuardedApi(caller("forged")).getRestAuth());

const outage = caller(process.env["OUTAGE_TOKEN"]!, process.env["OUTAGE_URL"]);
await report("login-503", new AuthApi(outage).login({ credentials: { username: "roy", password: "roy" } }));
await report("token-503", new GuardedApi(outage).getRestAuth());
