<?php
// Says what the client of openapi-generator's PHP sees.
declare(strict_types=1);

use OpenAPI\Client\Api\AuthApi;
use OpenAPI\Client\Api\GuardedApi;
use OpenAPI\Client\Api\HealthApi;
use OpenAPI\Client\ApiException;
use OpenAPI\Client\Configuration;
use OpenAPI\Client\Model\Credentials;
use OpenAPI\Client\Model\Problem;

// With Composer it is vendor/autoload.php alone; here Guzzle is Debian's.
require 'GuzzleHttp/autoload.php';
spl_autoload_register(function (string $class): void {
    $file = __DIR__ . '/client/lib/' . str_replace(['OpenAPI\Client\\', '\\'], ['', '/'], $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
});
error_reporting(E_ALL);
set_error_handler(function (int $kind, string $text, string $file, int $line): never {
    throw new ErrorException($text, 0, $kind, $file, $line);
});

/** Prints an error's status, the pause it asks for, and its words. */
function report(string $name, callable $call): void
{
    try {
        $call();
    } catch (ApiException $error) {
        $problem = $error->getResponseObject();
        if (!$problem instanceof Problem) {
            throw $error;
        }
        $pause = $error->getResponseHeaders()['Retry-After'][0] ?? '';
        echo "$name {$error->getCode()} {$problem->getStatus()} [$pause] {$problem->getDetail()}\n";
        return;
    }
    throw new RuntimeException("$name: no error");
}

function credentials(string $username, string $password): Credentials
{
    $credentials = new Credentials(['username' => $username, 'password' => $password]);
    if (!$credentials->valid()) {
        throw new RuntimeException('the model refuses: ' . implode('; ', $credentials->listInvalidProperties()));
    }
    // The setters hold a value to the contract's pattern a second time.
    return $credentials->setUsername($username)->setPassword($password);
}

/** A configuration with a token, and of another server when one is named. */
function caller(string $token, ?string $url = null): Configuration
{
    $configuration = (new Configuration())->setAccessToken($token);
    return $url === null ? $configuration : $configuration->setHost($url);
}

echo 'live ', (new HealthApi())->live()->getStatus(), "\n";

$token = (new AuthApi())->login(credentials('roy', 'roy'))->getAccessToken();
// An answer that is a JSON string and nothing else is left as it was sent.
echo 'message ', json_decode((new GuardedApi(config: caller($token)))->getRestAuth()), "\n";
$user = (new AuthApi(config: caller($token)))->getCurrentUser();
echo "user {$user->getId()} {$user->getSubject()} {$user->getUsername()}\n";

report('login-401', fn() => (new AuthApi())->login(credentials('roy', 'wrong')));
report('token-401', fn() => (new GuardedApi(config: caller('forged')))->getRestAuth());

$outage = caller(getenv('OUTAGE_TOKEN'), getenv('OUTAGE_URL'));
report('login-503', fn() => (new AuthApi(config: $outage))->login(credentials('roy', 'roy')));
report('token-503', fn() => (new GuardedApi(config: $outage))->getRestAuth());
