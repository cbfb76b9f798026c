"""Puts lines of JSON together as one file, each vector a line."""
import json, sys

vectors = [json.loads(line) for line in sys.stdin if line.startswith("{")]
print('{\n "about": "Hashes by the named writers; testdata/writers has how. match is what the writer itself answers to the password.",\n "vectors": [')
print(",\n".join("  " + json.dumps(dict(v, match=bool(v["match"])), ensure_ascii=False) for v in vectors))
print(" ]\n}")
