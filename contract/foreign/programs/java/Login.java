import java.util.List;
import java.util.Map;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.AuthApi;
import org.openapitools.client.api.GuardedApi;
import org.openapitools.client.api.HealthApi;
import org.openapitools.client.model.Credentials;
import org.openapitools.client.model.Problem;
import org.openapitools.client.model.User;

/** Says what the client of openapi-generator's Java sees. */
public class Login {
    interface Call {
        void run() throws ApiException;
    }

    public static void main(String[] args) throws ApiException {
        System.out.println("live " + new HealthApi(new ApiClient()).live().getStatus());

        AuthApi auth = new AuthApi(new ApiClient());
        String token = auth.login(credentials("roy", "roy")).getAccessToken();
        System.out.println("message " + new GuardedApi(caller(token)).getRestAuth());
        User user = new AuthApi(caller(token)).getCurrentUser();
        System.out.println("user " + user.getId() + " " + user.getSubject() + " " + user.getUsername());

        report("login-401", () -> auth.login(credentials("roy", "wrong")));
        report("token-401", () -> new GuardedApi(caller("forged")).getRestAuth());

        ApiClient outage = caller(System.getenv("OUTAGE_TOKEN")).setBasePath(System.getenv("OUTAGE_URL"));
        report("login-503", () -> new AuthApi(outage).login(credentials("roy", "roy")));
        report("token-503", () -> new GuardedApi(outage).getRestAuth());
    }

    static Credentials credentials(String username, String password) {
        return new Credentials().username(username).password(password);
    }

    static ApiClient caller(String token) {
        ApiClient client = new ApiClient();
        client.setBearerToken(token);
        return client;
    }

    /** Prints an error's status, the pause it asks for, and its words. */
    static void report(String name, Call call) {
        try {
            call.run();
        } catch (ApiException error) {
            Problem problem = error.getErrorObject();
            String pause = header(error.getResponseHeaders(), "Retry-After");
            System.out.println(name + " " + error.getCode() + " " + problem.getStatus() + " [" + pause + "] " + problem.getDetail());
            return;
        }
        throw new IllegalStateException(name + ": no error");
    }

    static String header(Map<String, List<String>> headers, String name) {
        return headers.entrySet().stream()
            .filter(entry -> entry.getKey().equalsIgnoreCase(name))
            .map(entry -> entry.getValue().get(0))
            .findFirst().orElse("");
    }
}
