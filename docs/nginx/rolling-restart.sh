#!/bin/sh
# Restarts streaming server nodes one after the other: sh rolling-restart.sh 9991 9992 9993
# A node is let be once /readyz says that it takes pages and relays again; one that does not come back stops the rollout.
#
# RESTART   the command that ends a node in order (SIGTERM) and starts it again; the port is added to it
# HOST      where the nodes' ports are; default 127.0.0.1
# WITHIN    seconds for a node to be ready; default 60
# SETTLE    seconds until the next one, in which pages find their places; default 5
set -eu
RESTART=${RESTART:-systemctl restart actionlog-node@}
HOST=${HOST:-127.0.0.1}
WITHIN=${WITHIN:-60}
SETTLE=${SETTLE:-5}

ready() { curl --silent --fail --max-time 2 --output /dev/null "http://$HOST:$1/readyz"; }

for port in "$@"; do
  ready "$port" || { echo "node $port is not ready before its restart: nothing is restarted while one is away" >&2; exit 1; }
done
for port in "$@"; do
  sh -c "$RESTART$port"
  deadline=$(($(date +%s) + WITHIN))
  until ready "$port"; do
    [ "$(date +%s)" -lt "$deadline" ] || { echo "node $port is not ready after $WITHIN s: the rollout stops" >&2; exit 1; }
    sleep 0.2
  done
  echo "node $port is ready"
  sleep "$SETTLE"
done
