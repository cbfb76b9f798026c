// Package adopt holds restauth to what others have stored: `make adopt`. It has tests
// only.
//
// Programs in writers/ call the real frameworks: Werkzeug, Django, passlib, Flask-Security,
// Flask-Bcrypt, argon2-cffi, PHP and WordPress, Devise, Spring Security, bcrypt, bcryptjs
// and argon2 of npm, crypt(3), htpasswd, OpenSSL, slappasswd, and MariaDB itself.
// Each hashes a list of passwords that have gone wrong somewhere (writers/passwords.py),
// verifies its own hash, asks itself about passwords that are nearly right, and prints a
// line of JSON for each:
//
//	{"writer": "Werkzeug 3.1.3", "form": "scrypt", "hash": "scrypt:1024:8:1$…",
//	 "password": "roy", "wrong": ["Roy"], "loose": [], "settings": {}, "salt": "…"}
//
// "loose" are other passwords that the writer lets in too, such as what begins with the
// same 72 bytes; restauth may refuse them. "settings" are flags of serve, where the form
// needs one. Two writers are no originals: .NET does not run here, so ASP.NET Identity's
// hashes are written by a second implementation, and Drupal 7's by a package of npm,
// beside recorded ones of the original (testdata/drupal7.jsonl).
//
// The tests behind the build tag adopt check all of these pairs with package password,
// a sample of each form by logging in to real servers on MariaDB and MySQL, and hashes
// of each form that were tampered with. What needs none of the frameworks runs in
// `make test`: a few pairs of each form are kept in testdata/pairs.jsonl, by
// `make adopt` with KEEP=1.
package adopt
