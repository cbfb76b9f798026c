# Hashes by crypt(3).
use strict; use warnings; use utf8; use JSON::PP; use Encode;
my $json = JSON::PP->new->canonical->ascii;
my %settings = (
    'md5-crypt' => '$1$abcd$', 'sha256-crypt' => '$5$rounds=1000$sixteenlettersss$', 'sha512-crypt' => '$6$rounds=1999$s$',
    'yescrypt j75' => '$y$j75$LdJMENpBABJJ3hIHjB1Bi.$', 'yescrypt j85' => '$y$j85$QdG.b4.$', 'yescrypt j9T' => '$y$j9T$iuVFEUxh7rVpGkLYl9pOC1$',
    'bcrypt' => '$2b$04$abcdefghijklmnopqrstuu',
);
for my $form (sort keys %settings) {
    for my $password ("correct horse", "pässwörd-密码", "q", "long " x 12) {
        my $stored = crypt(encode('UTF-8', $password), $settings{$form});
        for my $typed ($password, $password . "x", "") {
            print $json->encode({writer => 'libxcrypt', form => $form, password => $typed, hash => $stored,
                match => crypt(encode('UTF-8', $typed), $stored) eq $stored ? JSON::PP::true : JSON::PP::false}), "\n";
        }
    }
}
