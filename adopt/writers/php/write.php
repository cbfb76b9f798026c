<?php
// PHP's own password_hash, which Laravel, Symfony, Joomla and Nextcloud call, its crypt,
// and WordPress's functions from the WordPress that stands in the folder WORDPRESS.

$passwords = array_map(fn($line) => json_decode($line, true, 512, JSON_THROW_ON_ERROR), file('php://stdin', FILE_IGNORE_NEW_LINES));

function write(string $writer, string $form, callable $encode, callable $verify, array $passwords): void
{
    $wrote = 0;
    foreach ($passwords as $entry) {
        $password = $entry['password'];
        try {
            $hash = $encode($password);
        } catch (ValueError $refused) {
            continue;
        }
        // crypt says so of what it does not take, phpass by a star.
        if (!is_string($hash) || strlen($hash) < 13) {
            continue;
        }
        if (!$verify($password, $hash)) {
            fwrite(STDERR, "$writer does not verify its own $form: $hash of " . json_encode($password) . "\n");
            exit(1);
        }
        $line = ['writer' => $writer, 'form' => $form, 'hash' => $hash, 'password' => $password, 'wrong' => []];
        foreach ($entry['wrong'] as $wrong) {
            $line[$verify($wrong, $hash) ? 'loose' : 'wrong'][] = $wrong;
        }
        echo json_encode($line, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES), "\n";
        $wrote++;
    }
    if ($wrote < count($passwords) / 2) {
        fwrite(STDERR, "$writer hashed $wrote passwords as $form\n");
        exit(1);
    }
}

function php(array $passwords): void
{
    $writer = 'PHP ' . PHP_MAJOR_VERSION . '.' . PHP_MINOR_VERSION;
    $cheap = ['memory_cost' => 1024, 'time_cost' => 1, 'threads' => 1];
    foreach (['bcrypt' => [PASSWORD_BCRYPT, ['cost' => 4]], 'argon2i' => [PASSWORD_ARGON2I, $cheap], 'argon2id' => [PASSWORD_ARGON2ID, $cheap]] as $form => [$algorithm, $options]) {
        write($writer, $form, fn($password) => password_hash($password, $algorithm, $options), password_verify(...), $passwords);
        write($writer, "$form as it comes", fn($password) => password_hash($password, $algorithm), password_verify(...), array_slice($passwords, 0, 1));
    }
    $salts = ['$1$' => '', '$5$' => 'rounds=1000$', '$6$' => 'rounds=1000$'];
    foreach ($salts as $prefix => $rounds) {
        $encode = fn($password) => crypt($password, $prefix . $rounds . substr(strtr(base64_encode(random_bytes(12)), '+', '.'), 0, 8) . '$');
        write($writer, "crypt $prefix", $encode, fn($password, $hash) => hash_equals($hash, crypt($password, $hash)), $passwords);
    }
}

// WordPress's two ways. Its functions ask filters, of which there are none here.
function wordpress(string $folder, array $passwords): void
{
    define('ABSPATH', $folder . '/');
    define('WPINC', 'wp-includes');
    function apply_filters($name, $value) { return $value; }
    require "$folder/wp-includes/version.php";
    require "$folder/wp-includes/class-phpass.php";
    require "$folder/wp-includes/pluggable.php";
    $phpass = new PasswordHash(8, true);
    write("WordPress $wp_version", 'phpass', fn($password) => $phpass->HashPassword(trim($password)),
        fn($password, $hash) => $phpass->CheckPassword($password, $hash), trimmed($passwords));
    $encode = fn($password) => wp_hash_password($password);
    // wp_authenticate trims what is typed too. Each is of the usual cost, which cannot be
    // set without a filter.
    $verify = fn($password, $hash) => wp_check_password(trim($password), $hash);
    write("WordPress $wp_version", 'wp_hash_password', $encode, $verify, array_slice($passwords, 0, 8));
}

// WordPress trims a password before it hashes it, and what is typed. Of phpass's hashes
// restauth does not know that they are WordPress's.
function trimmed(array $passwords): array
{
    return array_values(array_filter($passwords, fn($entry) => trim($entry['password']) === $entry['password']));
}

php($passwords);
wordpress($argv[1], $passwords);
