# crypt(3) of the machine's C library.
use strict;
use warnings;
use JSON::PP;
use Encode qw(encode_utf8);

my @passwords = map { decode_json($_) } <STDIN>;
my $json = JSON::PP->new->ascii->canonical;
my @letters = ('.', '/', 0 .. 9, 'A' .. 'Z', 'a' .. 'z');
sub salt { return join '', map { $letters[rand 64] } 1 .. shift }

# 22 letters are 132 bits, and salts of bcrypt and yescrypt 128: the last letter has zeros.
# yescrypt's parameters are j and a letter of 4^N blocks: j75 is 2 MiB, and j9T is usual.
my %settings = (
	'$1$' => sub { '$1$' . salt(8) . '$' },
	'$5$' => sub { '$5$rounds=1000$' . salt(16) . '$' },
	'$6$' => sub { '$6$rounds=1000$' . salt(16) . '$' },
	'$6$ of 5000 rounds' => sub { '$6$' . salt(16) . '$' },
	'$2b$' => sub { '$2b$04$' . salt(21) . '.' },
	'$y$' => sub { '$y$j75$' . salt(21) . '.' },
	'$y$ as it comes' => sub { '$y$j9T$' . salt(21) . '.' },
);
for my $form (sort keys %settings) {
	my $wrote = 0;
	for my $entry (@passwords) {
		last if $wrote >= 40 || ($form =~ /comes/ && $wrote >= 4);
		my $password = encode_utf8($entry->{password});
		my $hash = crypt($password, $settings{$form}->());
		next if !defined $hash || $hash =~ /^\*/;
		my (@wrong, @loose);
		for my $other (@{ $entry->{wrong} }) {
			my $got = crypt(encode_utf8($other), $hash);
			if (defined $got && $got eq $hash) { push @loose, $other } else { push @wrong, $other }
		}
		my %line = (writer => 'crypt(3)', form => $form, hash => $hash, password => $entry->{password}, wrong => \@wrong);
		$line{loose} = \@loose if @loose;
		print $json->encode(\%line), "\n";
		$wrote++;
	}
	die "crypt(3) hashed $wrote passwords as $form\n" if $wrote < 4;
}
