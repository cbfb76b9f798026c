package token

import (
	"strconv"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/restauth/restauth/impl/userid"
)

// BenchmarkVerify is the cost of one guarded request's token.
func BenchmarkVerify(b *testing.B) {
	s := newService(b, Config{})
	compact := mint(b, s, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Verify(compact); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyParallel is the same from all cores at once: nothing in
// Verify may make them wait for each other.
func BenchmarkVerifyParallel(b *testing.B) {
	s := newService(b, Config{})
	compact := mint(b, s, 1)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := s.Verify(compact); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkVerifyInTurn is the same for the tokens of so many users in turn, who all
// have been here before.
func BenchmarkVerifyInTurn(b *testing.B) {
	for _, users := range []int{1, 1_000, 10_000} {
		b.Run(strconv.Itoa(users), func(b *testing.B) {
			s := newService(b, Config{})
			compact := make([]string, users)
			for i := range compact {
				compact[i] = mint(b, s, int64(i))
				if _, err := s.Verify(compact[i]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i = (i + 1) % users {
					if _, err := s.Verify(compact[i]); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}

// BenchmarkVerifyForged is the cost of a token with a wrong signature, which
// anyone can send as often as they like.
func BenchmarkVerifyForged(b *testing.B) {
	s := newService(b, Config{})
	compact := mint(b, newService(b, Config{Keys: single(b, "another secret")}), 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Verify(compact); err == nil {
			b.Fatal("a forged token was accepted")
		}
	}
}

// BenchmarkMint is the token's share of one login.
func BenchmarkMint(b *testing.B) {
	s := newService(b, Config{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Mint(userid.Number(1)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLibrary is plain golang-jwt on the same token.
func BenchmarkLibrary(b *testing.B) {
	compact := mint(b, newService(b, Config{}), 1)
	parse := libraryParser()
	b.ReportAllocs()
	for b.Loop() {
		if err := parse(compact); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRatio times Verify and plain golang-jwt in turns, so that a busy
// machine disturbs both alike, and reports the first over the second.
func BenchmarkRatio(b *testing.B) {
	s := newService(b, Config{})
	compact := mint(b, s, 1)
	parse := libraryParser()
	var ours, library time.Duration
	for b.Loop() {
		const turn = 100
		start := time.Now()
		for range turn {
			if _, err := s.Verify(compact); err != nil {
				b.Fatal(err)
			}
		}
		middle := time.Now()
		for range turn {
			if err := parse(compact); err != nil {
				b.Fatal(err)
			}
		}
		ours += middle.Sub(start)
		library += time.Since(middle)
	}
	b.ReportMetric(float64(ours)/float64(library), "verify/golang-jwt")
}

// libraryParser is golang-jwt as its documentation recommends it, with the
// options that ask of a token what Verify asks.
func libraryParser() func(compact string) error {
	parser := jwt.NewParser(libraryOptions()...)
	return func(compact string) error {
		_, err := parser.ParseWithClaims(compact, jwt.MapClaims{}, libraryKey)
		return err
	}
}
