"""Each complaint of the judge can come up."""

import collections
import json
import unittest

import judge

GOOD = {"complete": True, "exit_code": 0, "failures": [], "errors": [], "operations": {"tested": 5, "total": 5}}
OPEN = {("getCurrentUser", 200): 5, ("getRestAuth", 200): 5}
NAMED = {"login": {"200", "401", "503"}, "getCurrentUser": {"200", "401"}, "getRestAuth": {"200", "401"}}
SHUT = {("getCurrentUser", 401): 5, ("getRestAuth", 401): 5}


def complaints(caller="user", counts=OPEN, errors=(), least=10, **report):
    return list(judge.complaints(caller, {**GOOD, **report}, collections.Counter(counts), list(errors), least, NAMED))


class Judge(unittest.TestCase):
    def test_a_good_run(self):
        self.assertEqual(complaints(), [])
        self.assertEqual(complaints("nobody", SHUT), [])

    def test_every_complaint(self):
        for name, found in {
            "cut short": complaints(complete=False),
            "exit code": complaints(exit_code=1),
            "failures": complaints(failures=[{}]),
            "errors": complaints(errors=["line"]),
            "operations": complaints(operations={"tested": 4, "total": 5}),
            "few": complaints(least=11),
            "5xx": complaints(counts={**OPEN, ("login", 503): 1}),
            "not named": complaints(counts={**OPEN, ("login", 418): 1}),
            "shut out": complaints(counts=SHUT),
            "let in": complaints("nobody", {**SHUT, ("getRestAuth", 200): 1}),
            "forged": complaints("forger", {**SHUT, ("getCurrentUser", 200): 1}),
        }.items():
            with self.subTest(name):
                self.assertEqual(len(found), 1, found)

    def test_reads_the_log(self):
        lines = [json.dumps(entry) for entry in (
            {"level": "INFO", "msg": "listening"},
            {"level": "INFO", "msg": "request", "operation": "login", "status": 401},
            {"level": "INFO", "msg": "request", "status": 404},
            {"level": "ERROR", "msg": "panic"},
        )]
        counts, errors = judge.answers(lines)
        self.assertEqual(counts, {("login", 401): 1, ("-", 404): 1})
        self.assertEqual(errors, [lines[3]])

    def test_reads_the_contract(self):
        operation = {"operationId": "login", "responses": {"200": {}, "401": {}, "default": {}}}
        self.assertEqual(judge.named({"paths": {"/auth": {"post": operation}}}), {"login": {"200", "401"}})


if __name__ == "__main__":
    unittest.main()
