package password

import "crypto/pbkdf2"

// derivePBKDF2 returns one block of PBKDF2-HMAC, as long as the digest: the
// only length Werkzeug asks for. It returns nil, which equals no digest, where
// the process runs in a FIPS mode that forbids alg.
//
// It is the one place that derives such a key.
func derivePBKDF2(alg algorithm, password string, salt []byte, iterations int) []byte {
	key, err := pbkdf2.Key(alg.new, password, salt, iterations, alg.size)
	if err != nil {
		return nil
	}
	return key
}
