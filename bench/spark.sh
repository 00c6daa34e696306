#!/usr/bin/env bash
# Builds a small synthetic network on DuckDB and on Apache Spark and compares every mart, value by value.
set -euo pipefail
cd "$(dirname "$0")/.."
export DO_NOT_TRACK=1
work=${MYELOMART_SPARK_WORK:-target/spark_comparison}
rm -rf "$work"
mkdir -p "$work"
work=$(cd "$work" && pwd)

if [ ! -e .venv-spark/.installed ]; then
    python3 -m venv .venv-spark
    .venv-spark/bin/python -m pip install --quiet --disable-pip-version-check \
        "dbt-core==1.11.16" "dbt-spark[session]==1.11.0" "pyspark==4.1.4"
    touch .venv-spark/.installed
fi

.venv/bin/myelomart synth --patients "${MYELOMART_SPARK_PERSONS:-150}" --myeloma-share 0.7 --sites 3 --seed 7 --out "$work/cdm"
.venv/bin/myelomart build --source "$work/cdm" --db "$work/duckdb.duckdb" --accept-quality

export MYELOMART_LANDING MYELOMART_SPARK_DIR="$work/spark"
MYELOMART_LANDING=$(echo "$work"/duckdb.duckdb.landing.*) # the one that the build just made
mkdir -p "$MYELOMART_SPARK_DIR"
.venv-spark/bin/dbt build --target spark --exclude-resource-type unit_test --exclude-resource-type test \
    --target-path "$work/target" --log-path "$work/logs" --no-partial-parse
.venv/bin/python bench/compare_marts.py "$work/duckdb.duckdb" "$MYELOMART_SPARK_DIR/warehouse"
