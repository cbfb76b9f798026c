package restauth_test

import (
	"os"
	"testing"

	"github.com/restauth/restauth/clients/go/restauthtest"
)

var servers restauthtest.Builder

func TestMain(m *testing.M) { os.Exit(servers.Main(m)) }
