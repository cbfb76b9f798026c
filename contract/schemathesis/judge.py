"""Judges a run by its report and by the server's own log.

    judge.py CALLER REPORT LOG LEAST

A run that tested nothing would pass all checks, so it also has to have sent
LEAST requests, to every operation, with the answers that its caller deserves.
"""

import collections
import json
import sys

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


def complaints(caller, report, counts, errors, least):
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
    if any(status >= 500 for _, status in counts):
        yield "the server answered with 5xx"
    if errors:
        yield "the server logged errors:\n" + "\n".join(errors[:10])
    if caller == "user" and not GUARDED <= ok:
        yield "the token did not open every guarded operation"
    if caller != "user" and GUARDED & ok:
        yield f"{GUARDED & ok} answered without a good token"


def main(caller, report, log, least):
    with open(report, encoding="utf-8") as file:
        report = json.load(file)
    with open(log, encoding="utf-8") as file:
        counts, errors = answers(file)
    table = collections.defaultdict(list)
    for (operation, status), count in sorted(counts.items()):
        table[operation].append(f"{status} × {count}")
    for operation, row in table.items():
        print(f"  {operation:15} {', '.join(row)}")
    found = list(complaints(caller, report, counts, errors, int(least)))
    for complaint in found:
        print(f"contract: as {caller}: {complaint}", file=sys.stderr)
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
