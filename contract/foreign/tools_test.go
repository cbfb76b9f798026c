//go:build foreign

package foreign

// tool is a generator, and how its user goes on from there. Commands are as
// docs/clients.md has them, run in a folder of their own that has the tool's
// program in it.
type tool struct {
	name     string
	version  string // "" for openapi-generator's
	program  string // the folder in programs; "" when only a client is made
	generate string // for the server at address
	compile  []string
	run      string
	typed    string
	remark   string
}

// address is where docs/clients.md has its server.
const address = "http://127.0.0.1:5000"

// openapiGenerator is the command of all its languages.
const openapiGenerator = "java -jar openapi-generator-cli.jar generate -i " + address + "/openapi.yaml "

// typescript compiles a program and its client.
var typescript = []string{"tsc -p ."}

func tools() []tool {
	return []tool{
		{
			name: "openapi-generator, Go", program: "go",
			generate: openapiGenerator + "-g go --package-name client --additional-properties withGoMod=false --global-property apiTests=false,modelTests=false -o client",
			compile:  []string{"go vet ./...", "go build -o login ."},
			run:      "./login",
			typed:    "`Model().(Problem)` of a `GenericOpenAPIError`",
			remark:   "`withGoMod=false` and no tests make a package of your own module; the token goes into the context as `ContextAccessToken`; /rest-auth's answer, a bare JSON string, comes with its quotes: `json.Unmarshal` it",
		},
		{
			name: "openapi-generator, PHP", program: "php",
			generate: openapiGenerator + "-g php -o client",
			compile:  []string{"find client/lib login.php -name *.php -exec php -l {} +"},
			run:      "php login.php",
			typed:    "`$error->getResponseObject()` is a `Problem`",
			remark:   "wants `guzzlehttp/guzzle` 7, from Composer or Debian's `php-guzzlehttp-guzzle`; /rest-auth's answer, a bare JSON string, comes with its quotes: `json_decode` it",
		},
		{
			name: "openapi-generator, Java", program: "java",
			generate: openapiGenerator + "-g java --additional-properties errorObjectType=org.openapitools.client.model.Problem -o client",
			compile: []string{
				"mvn -q -B -f client -DskipTests compile dependency:build-classpath -Dmdep.outputFile=classpath -Dmdep.regenerateFile",
				"javac -cp @classpath -d . Login.java",
			},
			run:    "java -cp @classpath Login",
			typed:  "`error.getErrorObject()`",
			remark: "without `errorObjectType` the body is a string; `Problem.fromJson` reads it",
		},
		{
			name: "swagger-typescript-api", version: "13.13.0", program: "swagger-typescript-api",
			generate: "npx swagger-typescript-api@13.13.0 generate -p " + address + "/openapi.yaml -o client -n api.ts",
			compile:  typescript,
			run:      "node build/login.js",
			typed:    "rejects with `HttpResponse<…, Problem>`, whose `error` it is",
			remark:   "the token goes through `setSecurityData` and a `securityWorker`",
		},
		{
			name: "Postman (openapi-to-postmanv2, newman)", version: "6.3.3, 6.2.2", program: "postman",
			generate: "npx --package openapi-to-postmanv2@6.3.3 openapi2postmanv2 -s openapi.json -o collection.json -O parametersResolution=Example",
			run:      "node run.mjs",
			typed:    "JSON: `pm.response.json()`",
			remark:   "without `parametersResolution=Example` the bodies are random; a line in the login's script keeps the token",
		},
		{
			name: "openapi-generator, Python", program: "python",
			generate: openapiGenerator + "-g python -o client",
			compile:  []string{"python -m compileall -q client"},
			run:      "python login.py",
			typed:    "`error.data` is a `Problem`",
			remark:   "`UnauthorizedException` and `ServiceException` are 401 and 503",
		},
		{
			name: "openapi-generator, typescript-fetch", program: "typescript-fetch",
			generate: openapiGenerator + "-g typescript-fetch --additional-properties importFileExtension=.js -o client",
			compile:  typescript,
			run:      "node build/login.js",
			typed:    "`ProblemFromJSON(await error.response.json())`",
			remark:   "`importFileExtension=.js` is for Node's modules; a bundler needs none",
		},
		{
			name: "openapi-typescript, openapi-fetch", version: "7.13.0, 0.17.0", program: "openapi-fetch",
			generate: "npx openapi-typescript@7.13.0 " + address + "/openapi.yaml -o client/schema.d.ts",
			compile:  typescript,
			run:      "node build/login.js",
			typed:    "`error` is a `Problem`",
			remark:   "types only, so the program names the address",
		},
		{
			name: "openapi-python-client", version: "0.29.1", program: "openapi-python-client",
			generate: "openapi-python-client generate --url " + address + "/openapi.json",
			compile:  []string{"python -m compileall -q restauth-client"},
			run:      "python login.py",
			typed:    "`parsed` is a `Problem`",
			remark:   "its clients have no address of their own, so the program names it; `restauth-client` in this repository is made so",
		},
		{
			name:     "openapi-generator, Rust",
			generate: openapiGenerator + "-g rust -o client",
			remark:   "looked at only for the order of `Credentials::new(username, password)`",
		},
		{
			name:     "openapi-generator, C#",
			generate: openapiGenerator + "-g csharp -o client",
			remark:   "looked at only for the order of `new Credentials(username, password)`",
		},
		{
			name:     "openapi-generator, Kotlin",
			generate: openapiGenerator + "-g kotlin -o client",
			remark:   "looked at only for the order of `Credentials(username, password)`",
		},
	}
}
