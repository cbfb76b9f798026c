#!/bin/sh
# Makes the secrets of compose.yaml that are not there yet. To go over from Flask, put its
# SECRET_KEY into secrets/secret-key before.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 711 secrets # Nobody lists it; a container's user opens what it was given.
for name in db-root-password users-password state-password secret-key; do
	[ -e "secrets/$name" ] || (umask 077 && od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"secrets/$name")
done
# The container's users read these.
chmod 444 secrets/users-password secrets/state-password secrets/secret-key
