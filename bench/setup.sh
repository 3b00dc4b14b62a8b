#!/usr/bin/env bash
# setup.sh WORK GROUP...   install peers under WORK; a group that is there and unchanged is left alone
# Groups: python (DuckDB, Polars, orjson, Bytewax), parse (cargo), flink-java (java 17, javac, mvn), flink-sql, spark (java 17)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { sed -n 2,3p "$0"; exit 2; }
mkdir -p "$1"
work=$(cd "$1" && pwd)
shift

need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null || { echo "setup.sh: $tool is missing (on Debian 12: $(package "$tool"))" >&2; exit 1; }
    done
}

package() {
    case $1 in
        java | javac) echo apt-get install openjdk-17-jdk-headless ;;
        mvn) echo apt-get install maven ;;
        cargo) echo 'rustup; the packaged one is too old' ;;
        *) echo "apt-get install $1" ;;
    esac
}

# each kind of Python peer has its own environment: their pins of pyarrow, protobuf and the like exclude each other
environment() {
    local name=$1
    shift
    [ -x "$work/venv-$name/bin/pip" ] || python3 -m venv "$work/venv-$name" \
        || { echo "setup.sh: python3 -m venv failed (on Debian 12: apt-get install python3-venv)" >&2; exit 1; }
    "$work/venv-$name/bin/pip" install --quiet --disable-pip-version-check "$@"
}

install_python() { environment python duckdb==2.0.0 polars==2.1.0 orjson==3.13.0 bytewax==0.21.1; }

install_parse() {
    need cargo
    CARGO_TARGET_DIR="$work/parse" cargo build --quiet --release --locked --manifest-path "$here/parse/Cargo.toml"
}

install_flink-java() {
    need java javac mvn
    mkdir -p "$work/flink/classes"
    cp "$here/peers/flink/pom.xml" "$work/flink/"
    (cd "$work/flink" && mvn -q -B dependency:copy-dependencies -DoutputDirectory=lib)
    javac -cp "$work/flink/lib/*" -d "$work/flink/classes" "$here/peers/flink/JobW.java"
}

install_flink-sql() { need java; environment flink apache-flink==2.3.0; }

install_spark() { need java; environment spark pyspark==4.3.0; }

for group in "$@"; do
    stamp=$work/.installed-$group
    # what was installed from: a changed pin, job or lock file installs again
    now=$(cat "$0" "$here"/peers/flink/* "$here"/parse/Cargo.* "$here"/parse/src/* | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && continue
    echo "setup: $group" >&2
    "install_$group"
    echo "$now" >"$stamp"
done
