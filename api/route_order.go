package api

import (
	"fmt"
	"slices"
	"strings"
)

// order puts the paths with parameters in the order in which they are asked, the more
// specific of two first, as net/http's mux would choose. Where none of two is, it is an
// error: a request would reach one or the other by chance, and the two may let in
// different callers.
func order(paths []*pathRoutes) error {
	slices.SortFunc(paths, func(a, b *pathRoutes) int { return strings.Compare(a.template, b.template) })
	for i, a := range paths {
		for _, segment := range a.segments {
			if strings.ContainsAny(segment, "{}") && !isParameter(segment) {
				return fmt.Errorf("#/paths/%s: a parameter has to be all there is between two slashes", escapePointer(a.template))
			}
		}
		for _, b := range paths[:i] {
			if overlap(a.segments, b.segments) && !covers(a.segments, b.segments) && !covers(b.segments, a.segments) {
				return fmt.Errorf("#/paths/%s: a path may be of this and of %s, and none of them says more of it", escapePointer(a.template), b.template)
			}
		}
	}
	slices.SortStableFunc(paths, func(a, b *pathRoutes) int {
		return slices.CompareFunc(a.segments, b.segments, func(x, y string) int {
			switch px, py := isParameter(x), isParameter(y); {
			case px && py:
				return 0
			case px:
				return 1
			case py:
				return -1
			default:
				return strings.Compare(x, y)
			}
		})
	})
	return nil
}

func isParameter(segment string) bool {
	return len(segment) > 2 && strings.IndexByte(segment, '{') == 0 && strings.IndexByte(segment, '}') == len(segment)-1
}

// overlap reports whether some path is of both templates.
func overlap(a, b []string) bool {
	return len(a) == len(b) && !slices.ContainsFunc(pairs(a, b), func(p [2]string) bool {
		return !isParameter(p[0]) && !isParameter(p[1]) && p[0] != p[1]
	})
}

// covers reports whether a takes more paths than b, of two that overlap.
func covers(a, b []string) bool {
	more := false
	for _, p := range pairs(a, b) {
		switch {
		case isParameter(p[0]) == isParameter(p[1]):
		case isParameter(p[1]):
			return false
		default:
			more = true
		}
	}
	return more
}

func pairs(a, b []string) [][2]string {
	both := make([][2]string, len(a))
	for i := range a {
		both[i] = [2]string{a[i], b[i]}
	}
	return both
}
