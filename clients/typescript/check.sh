#!/usr/bin/env bash
# Everything about this package: install, generated code, types, build, tests.
# Needs Node 20, Go and Chromium.
set -euo pipefail
cd "$(dirname "$0")"
source ../../scripts/node.sh

# The package's version is the contract's.
contract=$(sed -n 's/^  version: *//p' ../../openapi.yaml)
for file in package.json package-lock.json; do
  version=$(node -p "JSON.parse(fs.readFileSync('$file')).version")
  if [ "$version" != "$contract" ]; then
    echo "$file has version $version, openapi.yaml $contract: run npm version --no-git-tag-version $contract" >&2
    exit 1
  fi
done

npm ci --ignore-scripts
npm run clean

# Into a folder of its own, so that a difference is found and not repaired.
npm run generate -- --output build/gen
if ! diff -r src/gen build/gen; then
  echo "src/gen is not what openapi.yaml says: run npm run generate and commit it" >&2
  exit 1
fi

npm test
