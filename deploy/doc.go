// Package deploy tries what this folder has for running restauth: the image's parts, the
// compose file, the systemd unit, and proxies with TLS in front. It has tests only.
package deploy
