#!/usr/bin/env bash
# Starts Goshawk and an OpenSearch on free ports, measures them beside each other, and stops them: run.sh GOSHAWK JARS [bench.py's arguments]
# HEAP is what OpenSearch's Java may take (1g).
set -euo pipefail

goshawk=$(realpath "$1") jars=$(realpath "$2"); shift 2
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pids=()
stop() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done; wait 2>/dev/null || true; rm -rf "$work"; }
trap stop EXIT

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
ours=$(port) theirs=$(port) transport=$(port)

mkdir -p "$work/goshawk" "$work/store/config"
(cd "$work/goshawk" && exec "$goshawk" run --log disk:log --roles search,serve --listen "127.0.0.1:$ours") >"$work/goshawk.out" 2>&1 &
pids+=($!)
cat >"$work/store/config/opensearch.yml" <<CONF
cluster.name: bench
node.name: store
network.host: 127.0.0.1
http.port: $theirs
transport.port: $transport
path.data: $work/store/data
path.logs: $work/store/logs
discovery.type: single-node
cluster.routing.allocation.disk.threshold_enabled: false
CONF
printf '%s\n' 'status=error' 'appender.c.type=Console' 'appender.c.name=c' 'appender.c.layout.type=PatternLayout' \
    'appender.c.layout.pattern=%p %m%n' 'rootLogger.level=warn' 'rootLogger.appenderRef.c.ref=c' >"$work/store/log4j2.properties"
java "-Xms${HEAP:-1g}" "-Xmx${HEAP:-1g}" -Djava.net.preferIPv4Stack=true -Dlog4j2.disable.jmx=true \
    "-Dlog4j2.configurationFile=$work/store/log4j2.properties" -cp "$jars/*:$jars" Store "$work/store" >"$work/store.out" 2>&1 &
pids+=($!)
for url in "http://127.0.0.1:$ours/es/" "http://127.0.0.1:$theirs/_cluster/health?wait_for_status=yellow"; do
    for _ in $(seq 300); do curl -sf -m 5 "$url" >/dev/null && continue 2; sleep 0.3; done
    echo "$url does not answer" >&2; cat "$work"/*.out >&2; exit 1
done
python3 "$here/bench.py" "$@" \
    "goshawk=http://127.0.0.1:$ours/es,${pids[0]},$work/goshawk" "opensearch=http://127.0.0.1:$theirs,${pids[1]},$work/store/data"
