"""Breaks a copy of openapi.yaml in each way the rules are about, and wants both
linters to say so: a rule that cannot fail guards nothing."""

import copy
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator

HERE = pathlib.Path(__file__).parent
CONTRACT = HERE.parent / "openapi.yaml"


def login(spec):
    return spec["paths"]["/auth"]["post"]


def guarded(spec):
    return spec["paths"]["/rest-auth"]["get"]


def schema(spec, name):
    return spec["components"]["schemas"][name]


def member(spec, name, property):
    return schema(spec, name)["properties"][property]


def message(spec):
    return guarded(spec)["responses"]["200"]["content"]["application/json"]["schema"]


def retry_after(spec):
    return spec["components"]["headers"]["RetryAfter"]["schema"]


def response(spec, name):
    return spec["components"]["responses"][name]


def problem(spec, name):
    return response(spec, name)["content"]["application/problem+json"]


def open_request_below(spec):
    schema(spec, "Credentials")["properties"]["more"] = {"type": "object", "properties": {"x": {"type": "integer"}}}


def error_of_its_own(spec):
    own = copy.deepcopy(response(spec, "ServiceUnavailable"))
    login(spec)["responses"]["503"] = own


def plain_error(spec):
    content = response(spec, "BadRequest")["content"]
    content["application/json"] = content.pop("application/problem+json")


def other_problem(spec):
    spec["components"]["schemas"]["Other"] = copy.deepcopy(schema(spec, "Problem"))
    problem(spec, "BadRequest")["schema"] = {"$ref": "#/components/schemas/Other"}


def problem_in_place(spec):
    problem(spec, "BadRequest")["schema"] = copy.deepcopy(schema(spec, "Problem"))


def success_elsewhere(spec):
    responses = guarded(spec)["responses"]
    spec["components"]["responses"]["Message"] = responses["200"]
    responses["200"] = {"$ref": "#/components/responses/Message"}


# What is broken, how, the rule of Redocly that must find it and Spectral's.
BROKEN = [
    ("version", lambda s: s["info"].update(version="1.0"), "rule/version", "house-version"),
    ("openapi-3.1", lambda s: s.update(openapi="3.1.0"), "rule/openapi-3.0.3", "house-openapi-3.0.3"),
    ("no-operation-id", lambda s: login(s).pop("operationId"), "operation-operationId", "operation-operationId"),
    ("same-operation-id", lambda s: login(s).update(operationId="live"), "operation-operationId-unique", "operation-operationId-unique"),
    ("operation-id-case", lambda s: login(s).update(operationId="Log_in"), "rule/operation-id", "house-operation-id"),
    ("no-tag", lambda s: login(s).update(tags=[]), "rule/tagged", "operation-tags"),
    ("two-tags", lambda s: login(s).update(tags=["auth", "health"]), "operation-singular-tag", "operation-singular-tag"),
    ("undeclared-tag", lambda s: login(s).update(tags=["other"]), "operation-tag-defined", "operation-tag-defined"),
    ("no-summary", lambda s: login(s).pop("summary"), "operation-summary", "house-summary"),
    ("long-summary", lambda s: login(s).update(summary="x" * 81), "rule/summary", "house-summary"),
    ("no-security", lambda s: login(s).pop("security"), "rule/explicit-security", "house-explicit-security"),
    ("undeclared-security", lambda s: guarded(s).update(security=[{"other": []}]), "security-defined", "oas3-operation-security-defined"),
    ("open-request", lambda s: schema(s, "Credentials").pop("additionalProperties"), "house/closed-request", "house-closed-request"),
    ("open-request-below", open_request_below, "house/closed-request", "house-closed-request"),
    ("no-max-length", lambda s: schema(s, "Credentials")["properties"]["username"].pop("maxLength"), "house/bounded", "house-bounded-strings"),
    ("no-max-items", lambda s: schema(s, "Problem")["properties"]["errors"].pop("maxItems"), "house/bounded", "house-bounded-arrays"),
    ("error-of-its-own", error_of_its_own, "house/shared-problem", "house-shared-error"),
    ("plain-error", plain_error, "house/shared-problem", "house-problem-only"),
    ("other-problem", other_problem, "house/shared-problem", "house-shared-problem"),
    ("success-elsewhere", success_elsewhere, "house/success-in-place", "house-success-in-place"),
    ("problem-in-place", problem_in_place, "house/shared-problem", "house-shared-problem"),
    ("no-challenge", lambda s: response(s, "Unauthorized")["headers"].pop("WWW-Authenticate"), "response-contains-header", "house-challenge"),
    ("no-wait", lambda s: response(s, "ServiceUnavailable")["headers"].pop("Retry-After"), "response-contains-header", "house-retry-after"),
    ("no-request-id", lambda s: guarded(s)["responses"]["200"]["headers"].pop("X-Request-Id"), "response-contains-header", "house-request-id"),
    ("no-fault", lambda s: guarded(s)["responses"].pop("500"), "house/declared-refusals", "house-fault"),
    ("no-default", lambda s: guarded(s)["responses"].pop("default"), "house/declared-refusals", "house-default"),
    ("default-of-its-own", lambda s: guarded(s)["responses"].update(default=copy.deepcopy(response(s, "OtherProblem"))), "house/shared-problem", "house-shared-error"),
    ("no-401", lambda s: guarded(s)["responses"].pop("401"), "house/declared-refusals", "house-guarded-401"),
    ("no-415", lambda s: login(s)["responses"].pop("415"), "house/declared-refusals", "house-body-refusals"),
    ("no-example", lambda s: problem(s, "BadRequest").pop("examples"), "rule/examples", "house-examples"),
    ("wrong-example", lambda s: problem(s, "BadRequest")["examples"]["missing"]["value"].update(status="400"), "no-invalid-media-type-examples", "oas3-valid-media-example"),
    ("no-server", lambda s: s.pop("servers"), "house/addressed", "house-addressed"),
    ("relative-server", lambda s: s["servers"][0].update(url="/"), "house/addressed", "house-absolute"),
    ("integer-of-any-size", lambda s: member(s, "User", "id").pop("format"), "house/numbered", "house-numbered"),
    ("integer-of-another-size", lambda s: member(s, "User", "id").update(format="int8"), "house/numbered", "house-numbered"),
    ("integer-without-end", lambda s: member(s, "Problem", "status").pop("maximum"), "house/numbered", "house-numbered"),
    ("integer-without-start", lambda s: retry_after(s).pop("minimum"), "house/numbered", "house-numbered"),
    ("schema-undescribed", lambda s: schema(s, "Health").pop("description"), "house/told", "house-described"),
    ("member-undescribed", lambda s: member(s, "Token", "token_type").pop("description"), "house/told", "house-described"),
    ("answer-undescribed", lambda s: message(s).pop("description"), "house/told", "house-described"),
    ("member-without-example", lambda s: member(s, "Credentials", "password").pop("example"), "house/told", "house-property-example"),
    ("nullable", lambda s: member(s, "User", "username").update(nullable=True), "house/plain", "house-no-null"),
    ("extension", lambda s: member(s, "Token", "token_type").update({"x-enum-varnames": ["TokenTypeBearer"]}), "house/plain", "house-no-extension"),
    ("pattern-of-ecmascript", lambda s: member(s, "Credentials", "username").update(pattern=r"^[^\u0000]*$"), "house/portable", "house-portable-pattern"),
    ("pattern-of-other-digits", lambda s: member(s, "User", "subject").update(pattern=r"^\d+$"), "house/portable", "house-portable-pattern"),
    ("pattern-with-lookahead", lambda s: member(s, "Credentials", "username").update(pattern=r"^(?=r)[a-z]*$"), "house/portable", "house-portable-pattern"),
    ("unused", lambda s: s["components"]["schemas"].update(Idle={"type": "integer"}), "no-unused-components", "oas3-unused-component"),
]


class RulesCanFail(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        folder = pathlib.Path(cls.folder.name)
        original = yaml.safe_load(CONTRACT.read_text())
        cls.write(folder / "whole.yaml", original)
        for name, breaks, _, _ in BROKEN:
            spec = copy.deepcopy(original)
            breaks(spec)
            assert spec != original, name
            cls.write(folder / f"{name}.yaml", spec)
        files = sorted(str(p) for p in folder.iterdir())
        cls.redocly, cls.spectral = redocly(files), spectral(files)

    @staticmethod
    def write(path, spec):
        # Without aliases: they are another way to write a file, not a mistake.
        dumper = type("Plain", (yaml.SafeDumper,), {"ignore_aliases": lambda self, data: True})
        path.write_text(yaml.dump(spec, Dumper=dumper, sort_keys=False, allow_unicode=True))

    def test_the_unbroken_copy_passes(self):
        self.assertEqual((self.redocly.get("whole"), self.spectral.get("whole")), (None, None))

    def test_every_broken_copy_fails(self):
        for name, _, by_redocly, by_spectral in BROKEN:
            with self.subTest(name):
                self.assertIn(by_redocly, self.redocly.get(name, set()), "Redocly")
                self.assertIn(by_spectral, self.spectral.get(name, set()), "Spectral")

    def test_the_validator_can_fail(self):
        spec = yaml.safe_load(CONTRACT.read_text())
        self.assertEqual(list(OpenAPIV30SpecValidator(spec).iter_errors()), [])
        login(spec)["responses"] = {}
        self.assertNotEqual(list(OpenAPIV30SpecValidator(spec).iter_errors()), [])


def redocly(files):
    """The rules each file breaks, by the file's name."""
    command = ["lint", "--config", "redocly.yaml", "--format", "json", "--max-problems", "10000", *files]
    found = {}
    for report in documents(run(os.environ["REDOCLY"], command)):
        for item in report["problems"]:
            found.setdefault(pathlib.Path(item["location"][0]["source"]["ref"]).stem, set()).add(item["ruleId"])
    return found


def spectral(files):
    """The rules each file breaks, by the file's name."""
    command = ["lint", "--ruleset", ".spectral.yaml", "--quiet", "--format", "json", *files]
    found = {}
    for report in documents(run(os.environ["SPECTRAL"], command)):
        for item in report:
            found.setdefault(pathlib.Path(item["source"]).stem, set()).add(item["code"])
    return found


def run(program, arguments):
    done = subprocess.run([program, *arguments], cwd=HERE, capture_output=True, text=True, timeout=300)
    if done.returncode == 0:
        raise AssertionError(f"{program} passed all the broken copies")
    return done.stdout


def documents(text):
    """Every JSON document of a text: Redocly prints one for each file."""
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        document, at = decoder.raw_decode(text, at)
        while at < len(text) and text[at].isspace():
            at += 1
        yield document


if __name__ == "__main__":
    unittest.main()
