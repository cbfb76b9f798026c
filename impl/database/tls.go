package database

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"os"

	"github.com/restauth/restauth/impl/custody"
)

// applyTLS sets the driver's TLS from the options tls, tls-ca, tls-cert,
// tls-key and tls-server-name:
//
//	false       no TLS (the default, unless another tls- option is given)
//	true        TLS; the certificate must be trusted and name the host
//	verify-ca   TLS; the certificate must be signed by tls-ca, whatever its name,
//	            as for the one that MySQL makes for itself
//	skip-verify TLS with whoever answers: no protection against an active attacker
//	preferred   as skip-verify, and without TLS if the server has none
func (t *target) applyTLS(options map[string]string) error {
	mode, given := options["tls"]
	if !given {
		mode = "false"
		for _, name := range []string{"tls-ca", "tls-cert", "tls-key", "tls-server-name"} {
			if options[name] != "" {
				mode = "true"
			}
		}
	}
	t.serverName = options["tls-server-name"]
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.serverName}
	verified := mode == "true" || mode == "verify-ca"
	if !verified && (options["tls-ca"] != "" || options["tls-server-name"] != "") {
		return Sentence(ErrConfig, "tls-ca and tls-server-name have no effect with tls=%s in the users URL; write tls=true", mode)
	}
	if err := loadFiles(config, options); err != nil {
		return err
	}
	switch mode {
	case "false":
		if len(config.Certificates) > 0 {
			return Sentence(ErrConfig, "tls-cert has no effect with tls=false in the users URL; write tls=true")
		}
		return nil
	case "true":
	case "verify-ca":
		if config.RootCAs == nil {
			return Sentence(ErrConfig, "tls=verify-ca in the users URL needs tls-ca=FILE; a public authority vouches for names only")
		}
		// The library checks chain and name together or neither.
		config.InsecureSkipVerify = true // verifyChain replaces it
		config.VerifyConnection = verifyChain(config.RootCAs)
	case "skip-verify":
		config.InsecureSkipVerify = true // what the operator asked for
	case "preferred":
		config.InsecureSkipVerify = true // what the operator asked for
		t.driver.AllowFallbackToPlaintext = true
	default:
		return Sentence(ErrConfig, "option tls in the users URL is none of false, true, verify-ca, skip-verify, preferred")
	}
	t.driver.TLS, t.verified = config, verified
	return nil
}

func loadFiles(config *tls.Config, options map[string]string) error {
	for _, name := range []string{"tls-ca", "tls-cert", "tls-key"} {
		if err := ownFile(name, options[name]); err != nil {
			return err
		}
	}
	if file := options["tls-ca"]; file != "" {
		pem, err := os.ReadFile(file) //nolint:gosec // a path from the operator's own settings
		if err != nil {
			return Sentence(ErrConfig, "tls-ca in the users URL: %v", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return Sentence(ErrConfig, "tls-ca in the users URL: %s holds no PEM certificate", file)
		}
	}
	cert, key := options["tls-cert"], options["tls-key"]
	if cert == "" && key == "" {
		return nil
	}
	if cert == "" || key == "" {
		return Sentence(ErrConfig, "tls-cert and tls-key in the users URL go together; name both files")
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return Sentence(ErrConfig, "tls-cert and tls-key in the users URL: %v", err)
	}
	config.Certificates = []tls.Certificate{pair}
	return nil
}

// ownFile refuses a file that another user may have put where it is: an authority
// of his would vouch for any server.
func ownFile(option, file string) error {
	if file == "" {
		return nil
	}
	held, err := custody.Look(file)
	if err != nil {
		return Sentence(ErrConfig, "%s in the users URL: %v", option, err)
	}
	if why := cmp.Or(held.Planted, held.Shared); why != "" {
		return Sentence(ErrConfig, "%s in the users URL: cannot use %s: %s; keep it in a folder that only its owner can write", option, file, why)
	}
	return nil
}

// verifyChain checks that the server's certificate leads to one of the roots.
func verifyChain(roots *x509.CertPool) func(tls.ConnectionState) error {
	return func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return errors.New("the server showed no certificate")
		}
		intermediates := x509.NewCertPool()
		for _, certificate := range state.PeerCertificates[1:] {
			intermediates.AddCert(certificate)
		}
		_, err := state.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: intermediates})
		return err
	}
}
