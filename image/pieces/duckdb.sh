# DuckDB for Node, with its library: what lab/fleet/parquet.mjs writes Parquet with. 70 MB; only for make parquet and test-parquet.
# sources: node-api node-bindings node-bindings-linux-x64

mkdir -p "$OUT/node_modules/@duckdb"
for name in node-api node-bindings node-bindings-linux-x64; do
	unpack $name
	mv $name "$OUT/node_modules/@duckdb"
done
