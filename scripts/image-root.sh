#!/bin/sh
# Puts what goes into the image of deploy/Containerfile into a folder:
#
#   scripts/image-root.sh PROGRAM FOLDER
#
# PROGRAM has to be static, as `make build` makes it. The certificate authorities are
# those of this machine (Debian: ca-certificates).
set -eu
program=$1 folder=$2
authorities=/etc/ssl/certs/ca-certificates.crt
[ -e "$authorities" ] || { echo "image-root: no $authorities; install ca-certificates" >&2; exit 1; }
rm -rf "$folder"
mkdir -p "$folder/root/usr/bin" "$folder/root/etc/ssl/certs" "$folder/root/tmp" "$folder/data"
cp "$program" "$folder/root/usr/bin/restauth"
cp "$authorities" "$folder/root/etc/ssl/certs/"
echo 'restauth:x:65532:65532::/var/lib/restauth:/nonexistent' >"$folder/root/etc/passwd"
echo 'restauth:x:65532:' >"$folder/root/etc/group"
find "$folder" -type d -exec chmod 755 {} +
find "$folder" -type f -exec chmod 644 {} +
chmod 755 "$folder/root/usr/bin/restauth"
chmod 1777 "$folder/root/tmp"
chmod 700 "$folder/data"
