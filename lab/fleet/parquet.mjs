// parquet.mjs DUCKDB CSV-FOLDER OUT.parquet - all measurements of `assay export format=csv`, one file a run, as one Parquet file.
// DUCKDB is the folder with node_modules/@duckdb (the piece duckdb). Columns as in the CSV; a value that is no number is in `word`.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [place, folder, out] = process.argv.slice(2);
if (!out) {
	console.error("parquet.mjs: DUCKDB CSV-FOLDER OUT.parquet expected");
	process.exit(2);
}
const { DuckDBInstance } = createRequire(resolve(place) + "/")("@duckdb/node-api");
const text = (value) => `'${value.replaceAll("'", "''")}'`;
const words = ["run", "machine", "plan", "step", "bench", "label", "target", "outcome", "metric", "at", "value", "unit", "better"];
const numbers = ["n", "min", "max", "mean", "sd", "median", "p95", "p99"];
const columns = [...words.map((name) => [name, "VARCHAR"]), ...numbers.map((name) => [name, "DOUBLE"]), ["time", "TIMESTAMP"]];
const struct = columns.map(([name, type]) => `${text(name)}: ${text(type)}`).join(", ");
const instance = await DuckDBInstance.create(":memory:");
const connection = await instance.connect();

await connection.run("SET TimeZone = 'UTC'");
await connection.run(`COPY (
	SELECT * REPLACE (TRY_CAST(value AS DOUBLE) AS value), CASE WHEN TRY_CAST(value AS DOUBLE) IS NULL THEN value END AS word
	FROM read_csv(${text(resolve(folder) + "/*.csv")}, header = true, quote = '"', escape = '"', delim = ',', new_line = '\\r\\n',
		auto_detect = false, allow_quoted_nulls = false, columns = {${struct}}))
	TO ${text(resolve(out))} (FORMAT parquet, COMPRESSION zstd)`);
const reader = await connection.runAndReadAll(`SELECT count(*)::INTEGER, count(DISTINCT run)::INTEGER FROM ${text(resolve(out))}`);
const [measurements, runs] = reader.getRows()[0];
console.log(`${out}: ${measurements} measurements of ${runs} runs`);
connection.closeSync();
