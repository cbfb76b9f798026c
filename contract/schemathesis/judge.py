"""Judges a run by its report and by the server's own log.

    judge.py CALLER REPORT LOG LEAST CONTRACT

A run that tested nothing would pass all checks, so it also has to have sent
LEAST requests, to every operation, with the answers that its caller deserves.
Each operation of CONTRACT declares a default answer, which passes every check, so
what it answered has to be among the statuses that it names.
"""

import collections
import json
import sys

import yaml

GUARDED = {"getCurrentUser", "getRestAuth"}


def answers(lines):
    """How often each operation answered with each status, and what the server
    itself called an error."""
    counts, errors = collections.Counter(), []
    for line in lines:
        entry = json.loads(line)
        if entry.get("level") == "ERROR":
            errors.append(line.strip())
        if entry.get("msg") == "request":
            counts[entry.get("operation", "-"), entry["status"]] += 1
    return counts, errors


def named(contract):
    """The statuses that each operation names."""
    return {
        operation["operationId"]: set(operation["responses"]) - {"default"}
        for path in contract["paths"].values()
        for operation in path.values()
        if "operationId" in operation
    }


def complaints(caller, report, counts, errors, least, statuses):
    total = sum(counts.values())
    ok = {operation for operation, status in counts if status < 300}
    if not report["complete"] or report["exit_code"] != 0:
        yield "the run did not finish well"
    if report["failures"] or report["errors"]:
        yield f"{len(report['failures'])} failures, {len(report['errors'])} errors"
    if report["operations"]["tested"] != report["operations"]["total"]:
        yield "not every operation was tested"
    if total < least:
        yield f"{total} requests are fewer than {least}"
    for operation, status in sorted(counts):
        if operation in statuses and str(status) not in statuses[operation]:
            yield f"{operation} answered {status}, which it does not name"
    if any(status >= 500 for _, status in counts):
        yield "the server answered with 5xx"
    if errors:
        yield "the server logged errors:\n" + "\n".join(errors[:10])
    if caller == "user" and not GUARDED <= ok:
        yield "the token did not open every guarded operation"
    if caller != "user" and GUARDED & ok:
        yield f"{GUARDED & ok} answered without a good token"


def main(caller, report, log, least, contract):
    with open(report, encoding="utf-8") as file:
        report = json.load(file)
    with open(log, encoding="utf-8") as file:
        counts, errors = answers(file)
    with open(contract, encoding="utf-8") as file:
        statuses = named(yaml.safe_load(file))
    table = collections.defaultdict(list)
    for (operation, status), count in sorted(counts.items()):
        table[operation].append(f"{status} × {count}")
    for operation, row in table.items():
        print(f"  {operation:15} {', '.join(row)}")
    found = list(complaints(caller, report, counts, errors, int(least), statuses))
    for complaint in found:
        print(f"contract: as {caller}: {complaint}", file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
