# To be sourced: puts the Node that scripts/test-deps.sh installed, if it had to,
# in front of an older one.
node_bin=${RESTAUTH_TEST_CACHE:-/var/cache/restauth-test}/node/node_modules/node/bin
if [ -x "$node_bin/node" ]; then PATH=$node_bin:$PATH; fi
unset node_bin
export PATH
