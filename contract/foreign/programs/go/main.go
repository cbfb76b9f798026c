// Command login says what the client of openapi-generator's Go sees.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"login/client"
)

func main() {
	ctx := context.Background()
	api := client.NewAPIClient(client.NewConfiguration())

	health, _, err := api.HealthAPI.Live(ctx).Execute()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("live", health.Status)

	token, _, err := api.AuthAPI.Login(ctx).Credentials(*client.NewCredentials("roy", "roy")).Execute()
	if err != nil {
		log.Fatal(err)
	}
	caller := context.WithValue(ctx, client.ContextAccessToken, token.AccessToken)
	message, _, err := api.GuardedAPI.GetRestAuth(caller).Execute()
	if err != nil {
		log.Fatal(err)
	}
	// An answer that is a JSON string and nothing else is left as it was sent.
	if err := json.Unmarshal([]byte(message), &message); err != nil {
		log.Fatal(err)
	}
	fmt.Println("message", message)
	user, _, err := api.AuthAPI.GetCurrentUser(caller).Execute()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("user", user.GetId(), user.Subject, user.GetUsername())

	_, response, err := api.AuthAPI.Login(ctx).Credentials(*client.NewCredentials("roy", "wrong")).Execute()
	report("login-401", response, err)
	forged := context.WithValue(ctx, client.ContextAccessToken, "forged")
	_, response, err = api.GuardedAPI.GetRestAuth(forged).Execute()
	report("token-401", response, err)

	outage := client.NewConfiguration()
	outage.Servers = client.ServerConfigurations{{URL: os.Getenv("OUTAGE_URL")}}
	api = client.NewAPIClient(outage)
	_, response, err = api.AuthAPI.Login(ctx).Credentials(*client.NewCredentials("roy", "roy")).Execute()
	report("login-503", response, err)
	caller = context.WithValue(ctx, client.ContextAccessToken, os.Getenv("OUTAGE_TOKEN"))
	_, response, err = api.GuardedAPI.GetRestAuth(caller).Execute()
	report("token-503", response, err)
}

// report prints an error's status, the pause it asks for, and its words.
func report(name string, response *http.Response, err error) {
	var refused *client.GenericOpenAPIError
	if !errors.As(err, &refused) {
		log.Fatalf("%s: %v", name, err)
	}
	problem, ok := refused.Model().(client.Problem)
	if !ok {
		log.Fatalf("%s: no Problem: %s", name, refused.Body())
	}
	fmt.Println(name, response.StatusCode, problem.Status, "["+response.Header.Get("Retry-After")+"]", problem.Detail)
}
