// parquet-rows.mjs DUCKDB FILE.parquet OUT.csv - its rows as CSV again, in the order of the CSV that it was made of.
import { createRequire } from "node:module";
import { resolve } from "node:path";

const [place, file, out] = process.argv.slice(2);
const { DuckDBInstance } = createRequire(resolve(place) + "/")("@duckdb/node-api");
const connection = await (await DuckDBInstance.create(":memory:")).connect();
await connection.run(`COPY (SELECT * FROM '${file}') TO '${out}' (FORMAT csv, HEADER)`);
connection.closeSync();
