// Command gin is a login server as its library's documentation writes one: gin
// and gin-jwt, users in SQL, Werkzeug's pbkdf2-sha256 hashes checked with Go's
// crypto/pbkdf2. With -lookup each guarded request asks the table whether the
// token's user still exists, as restauth does and Flask-JWT's identity function
// did. It keeps no log.
package main

import (
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	jwt "github.com/appleboy/gin-jwt/v2"
	"github.com/gin-gonic/gin"
	_ "github.com/go-sql-driver/mysql"
	_ "modernc.org/sqlite"
)

// greeting is the guarded endpoint's answer, the same from every server.
const greeting = "You are an authenticate person to see this message"

type user struct {
	id   int64
	name string
}

type credentials struct {
	Username string `json:"username" binding:"required"`
	Password string `json:"password" binding:"required"`
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address to listen on")
	driver := flag.String("driver", "sqlite", "mysql or sqlite")
	source := flag.String("dsn", "", "data source name")
	lookup := flag.Bool("lookup", false, "ask the table for the token's user")
	flag.Parse()
	if err := run(*listen, *driver, *source, *lookup); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(listen, driver, source string, lookup bool) error {
	db, err := sql.Open(driver, source)
	if err != nil {
		return fmt.Errorf("open the database: %w", err)
	}
	defer db.Close()
	// As many as restauth keeps: the default of two idle connections makes a
	// busy server open a new one for most queries.
	db.SetMaxOpenConns(20)
	db.SetMaxIdleConns(20)
	ctx := context.Background()
	byName, err := db.PrepareContext(ctx, "SELECT id, username, password FROM user WHERE username = ?")
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	byID, err := db.PrepareContext(ctx, "SELECT id, username FROM user WHERE id = ?")
	if err != nil {
		return fmt.Errorf("prepare: %w", err)
	}
	middleware := &jwt.GinJWTMiddleware{
		Realm:         "Login Required",
		Key:           []byte(os.Getenv("PEER_SECRET")),
		Timeout:       5 * time.Minute,
		IdentityKey:   "identity",
		TokenHeadName: "JWT", // what Flask-JWT's clients send
		Authenticator: authenticator(byName),
		PayloadFunc: func(data any) jwt.MapClaims {
			return jwt.MapClaims{"identity": data.(*user).id}
		},
	}
	if lookup {
		middleware.Authorizator = authorizator(byID)
	}
	auth, err := jwt.New(middleware)
	if err != nil {
		return fmt.Errorf("set up gin-jwt: %w", err)
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(gin.Recovery())
	engine.POST("/auth", auth.LoginHandler)
	engine.GET("/rest-auth", auth.MiddlewareFunc(), func(c *gin.Context) { c.JSON(http.StatusOK, greeting) })
	return engine.Run(listen)
}

func authenticator(byName *sql.Stmt) func(*gin.Context) (any, error) {
	return func(c *gin.Context) (any, error) {
		var login credentials
		if err := c.ShouldBindJSON(&login); err != nil {
			return nil, jwt.ErrMissingLoginValues
		}
		var (
			u    user
			hash string
		)
		err := byName.QueryRowContext(c.Request.Context(), login.Username).Scan(&u.id, &u.name, &hash)
		if err != nil || !matches(hash, login.Password) {
			return nil, jwt.ErrFailedAuthentication
		}
		return &u, nil
	}
}

func authorizator(byID *sql.Stmt) func(any, *gin.Context) bool {
	return func(identity any, c *gin.Context) bool {
		id, ok := identity.(float64)
		if !ok {
			return false
		}
		var u user
		return byID.QueryRowContext(c.Request.Context(), int64(id)).Scan(&u.id, &u.name) == nil
	}
}

// matches checks pbkdf2:sha256:N$salt$hex.
func matches(hash, password string) bool {
	count, salt, want, err := split(hash)
	if err != nil {
		return false
	}
	got, err := pbkdf2.Key(sha256.New, password, []byte(salt), count, sha256.Size)
	return err == nil && subtle.ConstantTimeCompare([]byte(hex.EncodeToString(got)), []byte(want)) == 1
}

func split(hash string) (count int, salt, digest string, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 3 {
		return 0, "", "", errors.New("not a Werkzeug hash")
	}
	rounds, ok := strings.CutPrefix(parts[0], "pbkdf2:sha256:")
	if !ok {
		return 0, "", "", errors.New("not pbkdf2:sha256")
	}
	count, err = strconv.Atoi(rounds)
	return count, parts[1], parts[2], err
}
