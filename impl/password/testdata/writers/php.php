<?php
// Hashes by PHP's crypt and password_hash, and by WordPress 6.8's line over the latter.
$passwords = ["correct horse", "pässwörd-密码", "  blanks around  ", "q", str_repeat("x", 72)];
function both($form, $password, $stored, $check) {
    foreach ([$password, $password . "x", "", trim($password)] as $typed) {
        echo json_encode(["writer" => "PHP " . PHP_VERSION, "form" => $form, "password" => $typed, "hash" => $stored,
            "match" => $check($typed, $stored)], JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), "\n";
    }
}
$crypt = fn($typed, $stored) => hash_equals($stored, crypt($typed, $stored));
// wp_hash_password and wp_check_password; wp_authenticate trims what is typed.
$signed = fn($password) => base64_encode(hash_hmac("sha384", trim($password), "wp-sha384", true));
foreach ($passwords as $password) {
    both("md5-crypt", $password, crypt($password, '$1$saltsalt$'), $crypt);
    both("sha256-crypt", $password, crypt($password, '$5$rounds=1234$salt.and/more$'), $crypt);
    both("sha512-crypt", $password, crypt($password, '$6$salt$'), $crypt);
    if (strlen($password) < 72) {
        both("bcrypt", $password, password_hash($password, PASSWORD_BCRYPT, ["cost" => 4]), "password_verify");
    }
    foreach ([PASSWORD_ARGON2I => "argon2i", PASSWORD_ARGON2ID => "argon2id"] as $algorithm => $form) {
        both($form, $password, password_hash($password, $algorithm, ["memory_cost" => 64, "time_cost" => 2, "threads" => 1]), "password_verify");
    }
}
foreach (array_merge($passwords, [str_repeat("long ", 30)]) as $password) {
    both("wordpress", $password, '$wp' . password_hash($signed($password), PASSWORD_BCRYPT, ["cost" => 4]),
        fn($typed, $stored) => password_verify($signed($typed), substr($stored, 3)));
}
