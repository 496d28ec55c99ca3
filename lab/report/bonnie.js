// bonnie++ as the page of 2011 has it: two tables, a line for each run, then each machine's average.

const THROUGHPUT = [["putc", "Per Chr"], ["put_block", "Block"], ["rewrite", "Rewrite"], ["getc", "Per Chr"], ["get_block", "Block"], ["seeks", "Seeks"]];
const CREATION = [["seq_create", "Create"], ["seq_stat", "Read"], ["seq_del", "Delete"], ["ran_create", "Create"], ["ran_stat", "Read"], ["ran_del", "Delete"]];
const THROUGHPUT_HEADS = [
	[{ text: "" }, { text: "" }, { text: "Sequential Output", span: 6 }, { text: "Sequential Input", span: 4 }, { text: "Random", span: 2 }],
];
const CREATION_HEADS = [
	[{ text: "" }, { text: "" }, { text: "Sequential Create", span: 6 }, { text: "Random Create", span: 6 }],
];

/* The runs of one step: its series where there are several, else the one figure. */
function repeatsOf(step) {
	const first = step.series.find((series) => series.name === "put_block") || step.series.find((series) => series.name === "seq_create");

	return first && first.values.length > 1 ? first.values.length : 1;
}
function repeatValue(step, metric, repeat, repeats) {
	const series = step.series.find((one) => one.name === metric);

	if (repeats > 1 && series)
		return series.values[repeat];
	const found = step.measurements.find((one) => one.name === metric);
	return found ? found.value : undefined;
}

function bonnieCells(metrics, value) {
	return metrics.flatMap(([metric]) => {
		const rate = value(metric), busy = value(`${metric}_cpu`);
		return [typeof rate === "number" ? (rate >= 1000 ? Math.round(rate) : Number(rate.toPrecision(4))) : null,
			typeof busy === "number" ? Math.round(busy) : null];
	});
}

function bonnieRows(group, name, metrics, size) {
	const rows = [];

	for (const run of group.runs)
		for (const step of run.steps.filter((one) => one.name === name)) {
			const repeats = repeatsOf(step);
			for (let repeat = 0; repeat < repeats; repeat++)
				rows.push([group.name, `${size(step)}${group.runs.length > 1 ? `, boot ${group.runs.indexOf(run) + 1}` : ""} run ${repeat + 1}`,
					...bonnieCells(metrics, (metric) => repeatValue(step, metric, repeat, repeats))]);
		}
	if (rows.length < 2)
		return rows;
	const mean = (column) => {
		const known = rows.map((row) => row[column]).filter((one) => typeof one === "number");
		return known.length ? known.reduce((sum, one) => sum + one, 0) / known.length : null;
	};
	return [...rows, rows[0].map((cell, column) => column === 0 ? { cell, class: "average" } : column === 1 ? { cell: "average", class: "average" }
		: { cell: mean(column) === null ? "–" : figure(column % 2 ? Math.round(mean(column)) : mean(column)), class: "number average" })];
}

function bonnieTable(name, title, metrics, headRows, unit, size) {
	const names = [{ text: "" }, { text: "" }, ...metrics.map(([, word]) => ({ text: word, span: 2 }))];
	const units = ["Machine", title, ...metrics.flatMap(([metric]) => [metric === "seeks" ? "/sec" : unit, "%CP"])];
	const rows = groups.flatMap((group) => bonnieRows(group, name, metrics, size)).filter((row) => row.slice(2).some((cell) => cell !== null));

	return rows.length ? table(`${name}: ${title === "Size" ? "throughput and seeks" : "files created, read, deleted"}`, units, rows,
		{ headRows: [...headRows, names], class: "bonnie" }) : null;
}

function bonnieRemarks(name) {
	const said = new Set(groups.flatMap((group) => stepsOf(group, "file.bonnie").filter((step) => step.name === name))
		.flatMap((step) => step.remarks.map((remark) => remark.message)).filter(Boolean));

	return said.size ? make("ul", { class: "remarks" }, [...said].map((message) => make("li", {}, message))) : null;
}

function bonnieChart(name) {
	const rows = [...THROUGHPUT.slice(0, 5)].reverse().map(([metric]) => ({ name: metric, cells: groups.map((group) => metricOf(group, name, metric)) }));

	if (!rows.some((row) => row.cells.some(Boolean)))
		return null;
	return chart(`${name}: KiB/s of each phase, a dot for each machine with its spread; the scale is logarithmic`,
		() => dotTraces(rows), () => ({ height: 320, xaxis: { type: "log", dtick: "D2", exponentformat: "none", title: { text: "KiB/s" } }, yaxis: { type: "category" } }));
}

function bonnieSection() {
	const names = stepNames("file.bonnie");
	const parameter = (step, key) => at(step.content, `parameters.${key}`);

	if (!names.length)
		return null;
	return section("bonnie", "bonnie++", names.map((name) => [make("h3", {}, name), make("p", {}, at(stepNamed(name), "content.definition") || ""),
		bonnieTable(name, "Size", THROUGHPUT, THROUGHPUT_HEADS, "K/sec", (step) => sizeText(parameter(step, "size"))),
		bonnieTable(name, "Files", CREATION, CREATION_HEADS, "/sec", (step) => parameter(step, "files") || ""),
		bonnieRemarks(name), bonnieChart(name)]));
}

function stepNamed(name) {
	return runs.flatMap((run) => run.steps).find((step) => step.name === name);
}
function sizeText(bytes) {
	return bytes && Number(bytes) > 0 ? bytesText(Number(bytes)) : bytes === "0" ? "2 × memory" : bytes || "";
}
