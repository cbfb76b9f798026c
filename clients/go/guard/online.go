package guard

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	restauth "github.com/restauth/restauth/clients/go"
	"github.com/restauth/restauth/clients/go/guard/internal/problem"
)

const (
	// DefaultMaxAge is how long the server's answer about a token is kept.
	DefaultMaxAge = 5 * time.Second
	// DefaultTimeout bounds one question.
	DefaultTimeout = 2 * time.Second
	// maxAnswers bounds the memory that answers take, to about a megabyte.
	maxAnswers = 10_000
)

// Online says whom to ask whether a token's user still exists.
type Online struct {
	// URL is the server's base URL; GET /auth/me is asked below it.
	URL string
	// MaxAge is how long an answer holds, DefaultMaxAge when 0: a deleted user
	// is refused at most this (and the server's own --identity-max-age) later.
	// Negative asks for every request.
	MaxAge time.Duration
	// Timeout bounds one question, DefaultTimeout when 0. Without an answer the
	// request is refused with 503.
	Timeout time.Duration
	// Transport sends the questions, http.DefaultTransport when nil.
	Transport http.RoundTripper
}

// digest stands for a token, so that none is kept in memory.
type digest [sha256.Size]byte

// answer is what the server said: nil or a refusal.
type answer struct {
	refused *problem.Problem
	until   time.Time
}

// online asks, remembers, and lets those who ask the same at the same time
// share one question.
type online struct {
	client  *restauth.Client
	maxAge  time.Duration
	timeout time.Duration
	now     func() time.Time
	asking  singleflight.Group

	mu      sync.Mutex
	answers map[digest]answer
}

func newOnline(cfg Online, now func() time.Time) (*online, error) {
	if cfg.MaxAge == 0 {
		cfg.MaxAge = DefaultMaxAge
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = DefaultTimeout
	}
	var options []restauth.Option
	if cfg.Transport != nil {
		options = append(options, restauth.WithTransport(cfg.Transport))
	}
	client, err := restauth.New(cfg.URL, options...)
	if err != nil {
		return nil, err
	}
	return &online{client: client, maxAge: cfg.MaxAge, timeout: cfg.Timeout, now: now, answers: make(map[digest]answer)}, nil
}

// check returns nil when the server knows the token's user, a *problem.Problem
// when it does not or cannot be asked. Only tokens that verified come here, so
// the memory is not for strangers to fill.
func (o *online) check(ctx context.Context, compact, subject string) error {
	key := digest(sha256.Sum256([]byte(compact)))
	if kept, ok := o.recall(key); ok {
		return kept.err()
	}
	asked := o.asking.DoChan(string(key[:]), func() (any, error) {
		// The question is everyone's who waits, not only this caller's.
		shared, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.timeout)
		defer cancel()
		return o.ask(shared, key, compact, subject)
	})
	select {
	case result := <-asked:
		if result.Err != nil {
			return result.Err
		}
		said, ok := result.Val.(answer)
		if !ok {
			return errors.New("guard: an answer of another type")
		}
		return said.err()
	case <-ctx.Done():
		return unavailable(1, ctx.Err())
	}
}

func (a answer) err() error {
	if a.refused == nil {
		return nil // not a nil *Problem in an error
	}
	return a.refused
}

// ask puts the question and keeps an answer that is one.
func (o *online) ask(ctx context.Context, key digest, compact, subject string) (answer, error) {
	me, err := o.client.GetCurrentUserWithResponse(ctx, func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+compact)
		return nil
	})
	said := answer{until: o.now().Add(o.maxAge)}
	var refused *restauth.ProblemError
	var busy *restauth.UnavailableError
	switch {
	case err == nil && me.JSON200.Subject != subject:
		return answer{}, fmt.Errorf("the server at Online.URL reads user %q where this token names %q: is it the one that minted it?",
			me.JSON200.Subject, subject)
	case err == nil:
	case errors.Is(err, restauth.ErrUnauthorized) && errors.As(err, &refused):
		said.refused = problem.TokenRefused(refused.Problem.Error, refused.Detail)
	case errors.As(err, &busy):
		return answer{}, unavailable(int(busy.RetryAfter/time.Second), err)
	default:
		return answer{}, unavailable(1, err)
	}
	o.remember(key, said)
	return said, nil
}

func unavailable(retryAfterSeconds int, cause error) *problem.Problem {
	return problem.Unavailable("The login server cannot be reached. Try again shortly.", retryAfterSeconds, cause)
}

func (o *online) recall(key digest) (answer, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	kept, ok := o.answers[key]
	return kept, ok && o.now().Before(kept.until)
}

// remember keeps an answer. When there are too many, those that hold no longer
// go; when all hold, all go, which costs questions and never lets anyone in.
func (o *online) remember(key digest, said answer) {
	if o.maxAge < 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.answers) >= maxAnswers {
		now := o.now()
		for k, kept := range o.answers {
			if !now.Before(kept.until) {
				delete(o.answers, k)
			}
		}
		if len(o.answers) >= maxAnswers {
			clear(o.answers)
		}
	}
	o.answers[key] = said
}
