package pbkdf2

import (
	"bytes"
	stdlib "crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
)

// reference is the standard library's answer.
func reference(t testing.TB, password, salt []byte, iterations int) [32]byte {
	t.Helper()
	key, err := stdlib.Key(sha256.New, string(password), salt, iterations, 32)
	if err != nil {
		t.Fatalf("crypto/pbkdf2: %v", err)
	}
	return [32]byte(key)
}

// TestKnown holds the two vectors of RFC 7914 §11 and the widely published
// SHA-256 counterparts of RFC 6070, all cut to one block.
func TestKnown(t *testing.T) {
	tests := []struct {
		password, salt string
		iterations     int
		want           string
	}{
		{"passwd", "salt", 1, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"},
		{"Password", "NaCl", 80000, "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"},
		{"password", "salt", 1, "120fb6cffcf8b32c43e7225256c4f837a86548c92ccc35480805987cb70be17b"},
		{"password", "salt", 2, "ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43"},
		{"password", "salt", 4096, "c5e478d59288c841aa530db6845c4c8d962893a001ce4e11a4963873aa98134a"},
		{
			"passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt", 4096,
			"348c89dbcbd32b2f32d814b8116e84cf2b17347ebc1800181c4e2a1fb8dd53e1",
		},
		{"pass\x00word", "sa\x00lt", 4096, "89b69d0516f829893c696226650a86878c029ac13ee276509d5ae58b6466a724"},
	}
	for _, tt := range tests {
		got := Key([]byte(tt.password), []byte(tt.salt), tt.iterations)
		if hex.EncodeToString(got[:]) != tt.want {
			t.Errorf("Key(%q, %q, %d) = %x, want %s", tt.password, tt.salt, tt.iterations, got, tt.want)
		}
	}
}

// TestWycheproof runs C2SP's vectors; keys longer than a block are cut to one.
func TestWycheproof(t *testing.T) {
	type octets string // hexadecimal
	var file struct {
		NumberOfTests int
		TestGroups    []struct {
			Tests []struct {
				TcID               int
				Password, Salt, DK octets
				IterationCount     int
				Result             string
			}
		}
	}
	data, err := os.ReadFile("testdata/pbkdf2_hmacsha256_test.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	decode := func(s octets) []byte {
		b, err := hex.DecodeString(string(s))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	ran := 0
	for _, group := range file.TestGroups {
		for _, tt := range group.Tests {
			ran++
			want := decode(tt.DK)
			want = want[:min(len(want), 32)]
			key := Key(decode(tt.Password), decode(tt.Salt), tt.IterationCount)
			if got := key[:len(want)]; bytes.Equal(got, want) != (tt.Result == "valid") {
				t.Errorf("test %d: got %x, want %x to be %s", tt.TcID, got, want, tt.Result)
			}
		}
	}
	if ran == 0 || ran != file.NumberOfTests {
		t.Errorf("ran %d tests of %d", ran, file.NumberOfTests)
	}
}

// derivation is a random job and the key it must give.
type derivation struct {
	password, salt []byte
	iterations     int
	want           [32]byte
}

func randomDerivation(t testing.TB, r *rand.Rand, most int) derivation {
	fill := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		return b
	}
	d := derivation{password: fill(r.IntN(201)), salt: fill(r.IntN(101)), iterations: 1 + r.IntN(most)}
	d.want = reference(t, d.password, d.salt, d.iterations)
	return d
}

// TestAdvance compares with crypto/pbkdf2: for every number of jobs up to more
// than fit, with unequal counts, in slices of any size, in assembly and out.
func TestAdvance(t *testing.T) {
	for _, accelerated := range []bool{Accelerated(), false} {
		r := rand.New(rand.NewPCG(1, 2))
		for count := 1; count <= MaxLanes+3; count++ {
			for range 8 {
				most := 1 + r.IntN(3*chunk)
				derivations := make([]derivation, count)
				jobs := make([]*Job, count)
				for i := range jobs {
					d := randomDerivation(t, r, most)
					derivations[i], jobs[i] = d, newJob(d.password, d.salt, d.iterations, accelerated)
				}
				for shortest(jobs) > 0 {
					Advance(jobs, 1+r.IntN(2*most))
				}
				for i, d := range derivations {
					if got := jobs[i].Sum(); got != d.want {
						t.Errorf("accelerated %v, job %d of %d: Sum() = %x, want %x", accelerated, i, count, got, d.want)
					}
				}
			}
		}
	}
}

// TestAdvanceKeepsToN checks that a slice is as long as asked for: the caller
// relies on it to share a core.
func TestAdvanceKeepsToN(t *testing.T) {
	long, short := NewJob([]byte("a"), []byte("salt"), 5000), NewJob([]byte("b"), []byte("salt"), 601)
	jobs := []*Job{long, short}
	steps := []struct{ n, long, short int }{
		{0, 4999, 600}, {-1, 4999, 600}, {1, 4998, 599}, {chunk + 1, 4741, 342}, {342, 4399, 0}, {399, 4000, 0}, {9999, 0, 0}, {1, 0, 0},
	}
	for _, s := range steps {
		Advance(jobs, s.n)
		if long.left != s.long || short.left != s.short {
			t.Errorf("after Advance(%d) %d and %d are left, want %d and %d", s.n, long.left, short.left, s.long, s.short)
		}
		if long.Done() != (s.long == 0) || short.Done() != (s.short == 0) {
			t.Errorf("after Advance(%d) Done() = %v, %v", s.n, long.Done(), short.Done())
		}
	}
	Advance(nil, 1)
}

// TestLateJob lets a job join others half way, as logins arrive.
func TestLateJob(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	early, late := randomDerivation(t, r, 2000), randomDerivation(t, r, 2000)
	a, b := NewJob(early.password, early.salt, early.iterations), NewJob(late.password, late.salt, late.iterations)
	Advance([]*Job{a}, early.iterations/2)
	Advance([]*Job{b, a}, 2000)
	if got := a.Sum(); got != early.want {
		t.Errorf("early: Sum() = %x, want %x", got, early.want)
	}
	if got := b.Sum(); got != late.want {
		t.Errorf("late: Sum() = %x, want %x", got, late.want)
	}
}

func TestConcurrentCallers(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var wg sync.WaitGroup
	for range 8 {
		d := randomDerivation(t, r, 3000)
		wg.Go(func() {
			if got := Key(d.password, d.salt, d.iterations); got != d.want {
				t.Errorf("Key() = %x, want %x", got, d.want)
			}
		})
	}
	wg.Wait()
}

// TestErase looks for what is left of a job after Sum and after Erase.
func TestErase(t *testing.T) {
	for _, accelerated := range []bool{Accelerated(), false} {
		for name, end := range map[string]func(*Job){"Sum": func(j *Job) { j.Sum() }, "Erase": (*Job).Erase} {
			job := newJob([]byte("secret"), []byte("salt"), 10, accelerated)
			slow := job.slow
			Advance([]*Job{job}, 10)
			end(job)
			if *job != (Job{}) || slow != nil && slow.u != [32]byte{} {
				t.Errorf("accelerated %v: %s leaves secrets behind", accelerated, name)
			}
			if !job.Done() {
				t.Errorf("accelerated %v: not done after %s", accelerated, name)
			}
		}
	}
}

// TestPanics holds the calls that would otherwise return a wrong key.
func TestPanics(t *testing.T) {
	tests := map[string]func(){
		"no iterations":       func() { Key(nil, nil, 0) },
		"negative iterations": func() { NewJob(nil, nil, -5) },
		"Sum too early":       func() { NewJob(nil, nil, 2).Sum() },
		"Sum twice": func() {
			job := NewJob(nil, nil, 1)
			job.Sum()
			job.Sum()
		},
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("did not panic")
				}
			}()
			call()
		})
	}
}

// forcedKernel names the environment variable in which scripts/kernel.sh says as on
// which processor the tests run.
const forcedKernel = "RESTAUTH_TEST_KERNEL"

// TestForced: it is so, for a forcing without effect would test one processor thrice.
func TestForced(t *testing.T) {
	name := os.Getenv(forcedKernel)
	if name == "" {
		return
	}
	lanes := map[string]int{"avx512": 16, "sha": 4, "none": 1}[name]
	if got := Lanes(); got != lanes || Accelerated() != (lanes > 1) {
		t.Errorf("Lanes() = %d, Accelerated() = %v with %s forced, want %d", got, Accelerated(), name, lanes)
	}
}

func TestLanes(t *testing.T) {
	if n := Lanes(); n < 1 || n > MaxLanes || Accelerated() != (n > 1) {
		t.Errorf("Lanes() = %d with Accelerated() = %v", n, Accelerated())
	}
}

// FuzzKey runs an arbitrary job among others, in and out of assembly, in two
// slices, against crypto/pbkdf2.
func FuzzKey(f *testing.F) {
	f.Add([]byte("password"), []byte("salt"), uint16(2), uint16(1), uint8(1))
	f.Fuzz(func(t *testing.T, password, salt []byte, iterations, slice uint16, others uint8) {
		count := int(iterations)%1000 + 1
		want := reference(t, password, salt, count)
		for _, accelerated := range []bool{Accelerated(), false} {
			job := newJob(password, salt, count, accelerated)
			jobs := make([]*Job, int(others)%MaxLanes, MaxLanes)
			for i := range jobs {
				jobs[i] = newJob([]byte{byte(i)}, salt, count+i, accelerated)
			}
			jobs = append(jobs, job)
			Advance(jobs, int(slice))
			Advance(jobs, count)
			if got := job.Sum(); got != want {
				t.Errorf("accelerated %v: Sum() = %x, want %x", accelerated, got, want)
			}
		}
	})
}
