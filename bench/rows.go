package main

import (
	"fmt"
	"time"
)

// argon2MiB is what one argon2id check of restauth's own hashes takes (m=19456).
const argon2MiB = 19

// group is a heading of the table and what stands below it.
type group struct {
	title string
	rows  []row
}

// rows are the lines of the table in its order. Those that nothing was measured
// for are left out when it is written.
func rows(m machine, o options) []group {
	return []group{
		{fmt.Sprintf("Guarded GET, %d connections", manyConnections), []row{
			{words: "answers", measure: "guarded rate", write: rate},
			{"… of bare", "guarded rate ratio", times, "≥ 0.85×", atLeast(0.85)},
			{words: "p50", measure: "guarded p50", write: latency},
			{words: "p99", measure: "guarded p99", write: latency},
			{"… of bare", "guarded p99 ratio", times, "≤ 1.3×", atMost(1.3)},
			{words: fmt.Sprintf("answers, the tokens of %s users in turn", thousands(float64(o.users))), measure: "all users rate", write: rate},
			{words: "… of bare", measure: "all users rate ratio", write: times},
		}},
		{"Login, pbkdf2:sha256:150000", []row{
			{words: fmt.Sprintf("logins, %d connections", loginConnections), measure: "login rate", write: rate},
			{"… of gin-jwt", "login rate ratio", times, "≥ 4×", atLeast(4)},
			{words: "p50 of one at a time", measure: "login alone", write: latency},
			{"… of gin-jwt", "login alone ratio", times, "≤ 0.5×", atMost(0.5)},
		}},
		storm(),
		crowd(),
		oneAddress(),
		oneAccount(),
		unequalRows(),
		inContainers(),
		{"Memory", []row{
			{"idle", "memory idle", mebi, "≤ 40 MiB", atMost(40)},
			{"in the storm", "storm memory", mebi, "≤ 96 MiB", atMost(96)},
			{words: "… what processes share once", measure: "storm memory once", write: mebi},
			{
				"in a storm of argon2id logins", "argon2id memory", mebi,
				fmt.Sprintf("≤ %d MiB", 96+argon2MiB*m.cores), atMost(float64(96 + argon2MiB*m.cores)),
			},
			{words: "… what processes share once", measure: "argon2id memory once", write: mebi},
			{words: "… logins", measure: "argon2id logins", write: rate},
			{fmt.Sprintf("%s idle connections", thousands(float64(o.idle))), "memory connections", mebi, "≤ 250 MiB", atMost(250)},
		}},
		{fmt.Sprintf("Scale, %s users against %s", thousands(float64(o.manyUsers)), thousands(float64(o.users))), []row{
			{words: "guarded GET p50, few users", measure: "guarded p50 small", write: latency},
			{words: "guarded GET p50, many users", measure: "guarded p50 large", write: latency},
			{"change of the guarded GET", "guarded p50 change", change, "< 10 %", atMost(0.1)},
			{words: "login p50, few users", measure: "login p50 small", write: latency},
			{words: "login p50, many users", measure: "login p50 large", write: latency},
			{"change of the login", "login p50 change", change, "< 10 %", atMost(0.1)},
		}},
		inTurns(o),
		besideDoctor(o),
		{"Allocations of a guarded GET", []row{
			{words: "handlers alone", measure: "allocations", write: count},
			{"… above bare", "allocations added", count, "≤ 30", atMost(30)},
		}},
	}
}

func inTurns(o options) group {
	g := group{title: fmt.Sprintf("Guarded GET of many users in turn, of %s, %d connections", thousands(float64(o.manyUsers)), manyConnections)}
	for _, mark := range []string{"", remembered} {
		for _, n := range turns() {
			if n == 1 {
				g.rows = append(g.rows, row{words: "answers, one user" + mark, measure: inTurn(n) + mark, write: rate})
				continue
			}
			users := fmt.Sprintf("%s users in turn", thousands(float64(n)))
			g.rows = append(
				g.rows,
				row{words: "answers, " + users + mark, measure: inTurn(n) + mark, write: rate},
				row{"… of one user's", inTurn(n) + mark + " ratio", times, "≥ 0.95×", atLeast(0.95)},
			)
		}
	}
	return g
}

func besideDoctor(o options) group {
	g := group{fmt.Sprintf("The old application beside doctor: %d guarded GETs and %d logins a second, %s users", oldClients*int(time.Second/oldEvery), int(time.Second/loginEvery), thousands(float64(o.manyUsers))), []row{
		{"doctor takes", "doctor time", seconds, "≤ 30 s", atMost(30)},
	}}
	for _, of := range []struct{ words, measure string }{{"guarded GET", "doctor guarded"}, {"login", "doctor login"}} {
		for _, quantile := range []string{"p50", "p99"} {
			measure := of.measure + " " + quantile
			beside := row{words: "… beside doctor", measure: measure + " ratio", write: times}
			if quantile == "p99" {
				beside.target, beside.reached = "≤ 1.05×", atMost(1.05)
			}
			g.rows = append(
				g.rows,
				row{words: of.words + " " + quantile + ", before and after", measure: measure + " alone", write: latency},
				beside,
				row{words: "… beside nobody, for as long", measure: measure + " ratio of nobody", write: times},
			)
		}
	}
	return g
}

func storm() group {
	return group{fmt.Sprintf("Storm: %d login connections, guarded GET on %d", stormConnections, fewConnections), []row{
		{words: "guarded answers, no logins", measure: "storm guarded idle", write: rate},
		{words: "guarded answers in the storm", measure: "storm guarded", write: rate},
		{"… kept", "storm guarded kept", percent, "≥ 60 %", atLeast(0.6)},
		{words: "p99, no logins", measure: "storm p99 idle", write: latency},
		{words: "p99 in the storm", measure: "storm p99", write: latency},
		{"… of no logins", "storm p99 ratio", times, "≤ 3×", atMost(3)},
		{words: "logins, no guarded requests", measure: "storm logins alone", write: rate},
		{words: "logins in the storm", measure: "storm logins", write: rate},
		{"… of what the hashing process's share of the cores gives", "storm logins efficiency", percent, "≥ 90 %", atLeast(0.9)},
		{"… of what the share gives that guarded answers should leave", "storm logins kept", percent, "≥ 90 %", atLeast(0.9)},
		{words: "processor time around a guarded GET, no logins", measure: "storm guarded cost idle", write: latency},
		{words: "… in the storm", measure: "storm guarded cost", write: latency},
		{words: "login p99", measure: "storm login p99", write: latency},
		{words: "refused with 503", measure: "storm 503", write: rate},
		{words: "refused with 429", measure: "storm 429", write: rate},
		{"p99 of a refusal", "storm refusal p99", latency, "≤ 100 ms", atMost(100)},
		{words: "never answered", measure: "storm unanswered", write: count},
	}}
}

func crowd() group {
	return group{fmt.Sprintf("The storm with %d login connections", crowdConnections), []row{
		{words: "guarded answers kept", measure: "crowd guarded kept", write: percent},
		{words: "p99 of guarded answers", measure: "crowd p99", write: latency},
		{words: "logins", measure: "crowd logins", write: rate},
		{words: "… p99", measure: "crowd login p99", write: latency},
		{words: "refused with 503", measure: "crowd 503", write: rate},
		{words: "refused with 429", measure: "crowd 429", write: rate},
		{"p99 of a refusal", "crowd refusal p99", latency, "≤ 100 ms", atMost(100)},
		{words: "never answered", measure: "crowd unanswered", write: count},
	}}
}

func oneAddress() group { return greed("one address", "of one address") }

func oneAccount() group { return greed("one account", "of one address and account") }

func greed(name, words string) group {
	return group{fmt.Sprintf("%d login connections %s, beside %d of other addresses", crowdConnections, words, fewConnections), []row{
		{words: "guarded answers kept", measure: name + " guarded kept", write: percent},
		{words: "p99 of guarded answers", measure: name + " p99", write: latency},
		{words: "logins of the one", measure: name + " logins", write: rate},
		{words: "… refused with 429", measure: name + " 429", write: rate},
		{words: "… refused with 503", measure: name + " 503", write: rate},
		{"… p99 of a refusal", name + " refusal p99", latency, "≤ 100 ms", atMost(100)},
		{words: "logins of the others", measure: name + " others logins", write: rate},
		{words: "… refused", measure: name + " others refused", write: rate},
		{words: "… p99", measure: name + " others p99", write: latency},
	}}
}

func inContainers() group {
	g := group{title: fmt.Sprintf("In a container with a limit: %d login connections, one guarded GET every %v", stormConnections, guardedEvery)}
	for _, cores := range quotas() {
		name := fmt.Sprintf("quota %g", cores)
		of := fmt.Sprintf("%g cores: ", cores)
		g.rows = append(
			g.rows,
			row{words: of + "p99, no logins", measure: name + " p99 idle", write: latency},
			row{words: "… beside logins", measure: name + " p99", write: latency},
			row{"… of no logins", name + " p99 ratio", times, "≤ 3×", atMost(3)},
			row{words: "logins", measure: name + " logins", write: rate},
			row{"… of what the rest of the limit can hash", name + " logins kept", percent, "≥ 85 %", atLeast(0.85)},
			row{words: "periods in which the kernel stopped it", measure: name + " throttled", write: percent},
		)
	}
	return g
}
