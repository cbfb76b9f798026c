package database_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/restauth/restauth/impl/database"
)

func TestSeveralHosts(t *testing.T) {
	for url, want := range map[string][]string{
		"mysql://roy:pw@db1/shop":                           {"db1:3306"},
		"mysql://roy:pw@db1:3306,db2,db3/shop":              {"db1:3306", "db2:3306", "db3:3306"},
		"mysql://roy:pw@db1,db2:3307/shop?tls=true":         {"db1:3306", "db2:3307"},
		"mysql://roy:pw@[::1]:3306,[2001:db8::2],db3/shop":  {"[::1]:3306", "[2001:db8::2]:3306", "db3:3306"},
		"mysql://roy:p,w@db1,db2/shop":                      {"db1:3306", "db2:3306"},
		"mysql://roy:p%40w@192.0.2.1,192.0.2.2/shop":        {"192.0.2.1:3306", "192.0.2.2:3306"},
		"MySQL://roy@db1:3307,db1:3308/shop?max-open=3":     {"db1:3307", "db1:3308"},
		"mysql://roy:pw@localhost/shop?socket=/run/mysql,d": {"/run/mysql,d"},
		"mysql://roy:pw@db1.example.,db2/my%2Fshop":         {"db1.example.:3306", "db2:3306"},
	} {
		addresses, _, err := database.Hosts(database.Config{URL: url})
		if diff := cmp.Diff(want, addresses); err != nil || diff != "" {
			t.Errorf("hosts of %s: %v (-want +got):\n%s", url, err, diff)
		}
	}
}

// TestCertificateOfEachHost: each has to show one of its own name.
func TestCertificateOfEachHost(t *testing.T) {
	for options, want := range map[string][]string{
		"":          {"", "", ""},
		"?tls=true": {"db1", "db2", "2001:db8::3"},
		"?tls=true&tls-server-name=mysql.example": {"mysql.example", "mysql.example", "mysql.example"},
	} {
		_, names, err := database.Hosts(database.Config{URL: "mysql://roy:pw@db1,db2:3307,[2001:db8::3]/shop" + options})
		if diff := cmp.Diff(want, names); err != nil || diff != "" {
			t.Errorf("with %s: %v (-want +got):\n%s", options, err, diff)
		}
	}
}

// TestSeveralHostsRefused: each mistake has a sentence, which names the host by its
// place and repeats nothing: it may be a part of the password s3cret.
func TestSeveralHostsRefused(t *testing.T) {
	for hosts, want := range map[string]string{
		"db1,":                        "host 2 of the users URL is empty; write hosts as db1:3306,db2",
		",db2":                        "host 1 of the users URL is empty",
		"db1,,db3":                    "host 2 of the users URL is empty",
		",":                           "host 1 of the users URL is empty",
		"db1,db2:port":                "host 2 of the users URL is malformed",
		"db1:port,db2":                "host 1 of the users URL is malformed",
		"db1, db2":                    "host 2 of the users URL is malformed",
		"db1;db2,db3":                 "host 1 of the users URL is malformed",
		"db1,db2:0":                   "host 2 of the users URL has a port that is not a number between 1 and 65535",
		"db1:65536,db2":               "host 1 of the users URL has a port that is not a number between 1 and 65535",
		"db1,:3306":                   "host 2 of the users URL has a port and no name",
		"db1,::1":                     "host 2 of the users URL is an IPv6 address without brackets",
		"db1,2001:db8::2":             "host 2 of the users URL is an IPv6 address without brackets",
		"db1,[::1":                    "host 2 of the users URL is malformed",
		"db1,[db2]":                   "host 2 of the users URL is malformed",
		"db1,db2,db1:3306":            "hosts 1 and 3 of the users URL are the same; leave one out",
		"[::1],[::1]:3306":            "hosts 1 and 2 of the users URL are the same",
		"DB1,db1":                     "hosts 1 and 2 of the users URL are the same",
		"db1,db2/shop?socket=/run/my": "both a host and the option socket",
	} {
		url := "mysql://roy:s3cret@" + hosts
		if !strings.Contains(hosts, "/shop") {
			url += "/shop"
		}
		_, err := database.OpenMySQL(t.Context(), database.Config{URL: url})
		if !errors.Is(err, database.ErrConfig) || !strings.Contains(err.Error(), want) {
			t.Errorf("with hosts %s: %v, want %q", hosts, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cret") {
			t.Errorf("with hosts %s the password is repeated: %v", hosts, err)
		}
		if err, ok := database.OpenMySQL(t.Context(), database.Config{URL: url, Setting: "state"}); ok == nil || strings.Contains(ok.Error(), "users") {
			t.Errorf("of the state with hosts %s: %v, %v, want words of the state", hosts, err, ok)
		}
	}
	// A password that is not percent-encoded may look like hosts.
	for _, url := range []string{"mysql://roy:x@s3cret,s3cret/y@db1/shop", "mysql://roy:x@s3cret:s3cret,s/y@db1/shop", "mysql://roy@s3cret, s3cret@,/shop"} {
		if _, err := database.OpenMySQL(t.Context(), database.Config{URL: url}); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want an error without the password", url, err)
		}
	}
}

// TestForeignHosts: several hosts as other programs write them.
func TestForeignHosts(t *testing.T) {
	for url, want := range map[string]string{
		"jdbc:mysql://db1:3306,db2:3307/shop?user=roy&password=s3cret": "write mysql://roy:PASSWORD@db1:3306,db2:3307/shop in",
		"jdbc:mariadb://db1,[::1]:3307/shop?user=roy":                  "write mysql://roy:PASSWORD@db1,[::1]:3307/shop in",
		"mysql+pymysql://roy:s3cret@db1,db2/shop":                      "write mysql://roy:PASSWORD@db1,db2/shop in",
	} {
		if _, err := (database.Config{URL: url}).Kind(); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want %q", url, err, want)
		}
	}
}
