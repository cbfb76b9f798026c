package account_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/restauth/restauth/impl/account"
)

func TestPasswordPolicy(t *testing.T) {
	tests := []struct {
		name, username, password string
		min                      int
		want                     string // part of the reason, "" for accepted
	}{
		{"a sentence", "roy", "correct horse battery", 0, ""},
		{"exactly 15", "roy", "correct battery", 0, ""},
		{"14", "roy", "orrect battery", 0, "14 characters, at least 15"},
		{"characters are counted, not bytes", "roy", "пароль-из-букв!", 0, ""},
		{"characters are counted, not bytes, below", "roy", "пароль-из-букв", 0, "14 characters"},
		{"a configured minimum", "roy", "zu9$kQp2", 8, ""},
		{"below a configured minimum", "roy", "zu9$kQp", 8, "7 characters, at least 8"},
		{"empty", "roy", "", 8, "empty"},
		{"1,024", "roy", strings.Repeat("correct horse battery staple 42 ", 32), 0, ""},
		{"1,025", "roy", strings.Repeat("correct horse battery staple 42 ", 32) + "x", 0, "longer than 1024"},
		{"1,024 of four bytes each", "roy", strings.Repeat("😀🐎🔋📎🚀🌍🌈🍀", 128), 0, ""},
		{"a megabyte", "roy", strings.Repeat("x", 1<<20), 0, "longer than 1024"},
		{"U+0000", "roy", "correct horse\x00battery", 0, "U+0000"},
		{"bad UTF-8", "roy", "correct horse battery\xff", 0, "UTF-8"},
		{"common", "roy", "iloveyou", 8, "most common"},
		{"common in capitals", "roy", "ILoveYou", 8, "most common"},
		{"common and long", "roy", "1qaz2wsx3edc4rfv", 0, "most common"},
		{"common twice", "roy", "passwordpassword", 0, "only repeats"},
		{"one character", "roy", strings.Repeat("a", 20), 0, "only repeats"},
		{"a short repeated", "roy", strings.Repeat("abc", 6), 0, "only repeats"},
		{"common with spaces around", "roy", "  \tiloveyou\u2003 ", 8, "most common"},
		{"one character with a space", "roy", "aaaaaaaaaaaaaaa ", 0, "only repeats"},
		{"the user name with a space", "christopher.robin", " Christopher.Robin ", 0, "is the user name"},
		{"spaces", "roy", strings.Repeat(" ", 15), 0, "only white space"},
		{"digits", "roy", "123456789012345", 0, "simple sequence"},
		{"digits from 0", "roy", "01234567890123456", 0, "simple sequence"},
		{"digits down", "roy", "987654321098765", 0, "simple sequence"},
		{"the alphabet", "roy", "abcdefghijklmno", 0, "simple sequence"},
		{"the alphabet in capitals, around its end", "roy", "STUVWXYZABCDEFGH", 0, "simple sequence"},
		{"the alphabet down", "roy", "ponmlkjihgfedcba", 0, "simple sequence"},
		{"another alphabet", "roy", "бвгдежзийклмноп", 0, "simple sequence"},
		{"along the keyboard", "roy", "qwertyuiopasdfg", 0, "simple sequence"},
		{"along the keyboard, back", "roy", "mnbvcxzlkjhgfdsa", 0, "simple sequence"},
		{"two sequences", "roy", "abcdefgh87654321", 0, ""},
		{"a sequence and more", "roy", "abcdefghijklmno!", 0, ""},
		{"the user name", "christopher.robin", "Christopher.Robin", 0, "is the user name"},
		{"the user name twice", "winnie-the-pooh", "winnie-the-poohwinnie-the-pooh", 0, "is the user name"},
		{"part of a listed line is not listed", "roy", "rcelona-fan-of-2024", 0, ""},
		{"two lines of the list", "roy", "iloveyou\niloveyou2", 8, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := account.PasswordPolicy{MinLength: tt.min}.Check(tt.username, tt.password)
			checkRefusal(t, err, tt.want)
			if err != nil && tt.password != "" && strings.Contains(err.Error(), tt.password) {
				t.Error("the reason holds the password")
			}
		})
	}
}

func TestCheckUsername(t *testing.T) {
	tests := []struct{ name, username, want string }{
		{"plain", "roy", ""},
		{"inner space", "roy batty", ""},
		{"letters of the world", "ユーザー", ""},
		{"255", strings.Repeat("ü", 255), ""},
		{"256", strings.Repeat("ü", 256), "longer than 255"},
		{"empty", "", "empty"},
		{"U+0000", "roy\x00", "control character"},
		{"newline", "roy\nadmin", "control character"},
		{"escape", "\x1b[2Jroy", "control character"},
		{"C1 control", "roy\u0085x", "control character"},
		{"zero-width space", "ro\u200by", "not seen"},
		{"zero-width joiner", "ro\u200dy", "not seen"},
		{"right-to-left override", "roy\u202enimda", "not seen"},
		{"isolate", "\u2066roy\u2069", "not seen"},
		{"byte order mark", "\ufeffroy", "not seen"},
		{"soft hyphen", "r\u00adoy", "not seen"},
		{"tag", "roy\U000e0041", "not seen"},
		{"line separator", "roy\u2028x", "not seen"},
		{"Hangul filler", "roy\u3164", "not seen"},
		{"variation selector", "roy\ufe0f", "not seen"},
		{"right-to-left letters", "رويאב", ""},
		{"trailing space", "roy ", "white space"},
		{"bad UTF-8", "roy\xff", "UTF-8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			checkRefusal(t, account.CheckUsername(tt.username), tt.want)
		})
	}
}

func checkRefusal(t *testing.T, err error, want string) {
	t.Helper()
	if want == "" {
		if err != nil {
			t.Errorf("refused: %v", err)
		}
		return
	}
	var refused *account.RefusedError
	if !errors.As(err, &refused) || !strings.Contains(refused.Reason, want) {
		t.Errorf("error = %v, want a RefusedError with %q", err, want)
	}
}
