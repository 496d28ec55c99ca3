// Latency distributions: the histograms that were kept, and the percentiles that stand beside every figure.

/* ---- histograms: a series of upper edges, and one of how many ---- */

function histogramsOf(step) {
	const counts = new Map(step.series.filter((one) => one.name.endsWith("_count")).map((one) => [`${one.name}|${placeKey(one.at)}`, one]));

	return step.series.filter((one) => /bucket$/.test(one.name) && counts.has(`${one.name}_count|${placeKey(one.at)}`)).map((edges) => {
		const count = counts.get(`${edges.name}_count|${placeKey(edges.at)}`).values;
		const pairs = edges.values.map((edge, index) => [edge, count[index] || 0]).sort((a, b) => a[0] - b[0]);
		return { name: `${edges.name.replace(/_?bucket$/, "") || "latency"}${edges.at.length ? `, ${placeText(edges.at)}` : ""}`, unit: edges.unit, pairs,
			total: pairs.reduce((sum, pair) => sum + pair[1], 0) };
	}).filter((histogram) => histogram.total > 0);
}

function percentileOf(histogram, percent) {
	let seen = 0;

	for (const [edge, count] of histogram.pairs) {
		seen += count;
		if (seen >= histogram.total * percent / 100)
			return edge;
	}
	return histogram.pairs[histogram.pairs.length - 1][0];
}

/* The way HdrHistogram plots it: each further nine takes the same room. */
function ninesLine(histogram) {
	const line = { x: [], y: [] };
	let seen = 0;

	for (const [edge, count] of histogram.pairs) {
		seen += count;
		line.x.push(seen < histogram.total ? 1 / (1 - seen / histogram.total) : histogram.total);
		line.y.push(edge);
	}
	return line;
}

const NINES = { tickvals: [1, 10, 100, 1000, 10000, 100000, 1000000], ticktext: ["0 %", "90 %", "99 %", "99.9 %", "99.99 %", "99.999 %", "99.9999 %"] };

function histogramParts(name) {
	const all = groups.flatMap((group, number) => group.runs.flatMap((run, boot) => run.steps.filter((step) => step.name === name)
		.flatMap((step) => histogramsOf(step).map((histogram) => ({ ...histogram, number, boot, who: `${group.name}${group.runs.length > 1 ? `, boot ${boot + 1}` : ""}` })))));

	return [...new Set(all.map((one) => one.name))].map((what) => {
		const these = all.filter((one) => one.name === what), unit = these[0].unit;
		const below = table(`${name}: ${what}, ${unit}`, ["Machine", "count", "p50", "p90", "p99", "p99.9", "p99.99", "max"], these.map((one) =>
			[one.who, one.total, ...[50, 90, 99, 99.9, 99.99, 100].map((percent) => percentileOf(one, percent))]));
		return chart(`${name}: ${what}, latency by percentile`, () => lineTraces(these.map((one) => ({ name: one.who, number: one.number, boot: one.boot, ...ninesLine(one), extra: { mode: "lines" } }))),
			() => ({ height: 320, xaxis: { type: "log", title: { text: "percentile" }, ...NINES }, yaxis: { type: "log", dtick: 1, title: { text: unit }, exponentformat: "none" } }), { below });
	});
}

/* ---- percentiles as figures: NAME_p50, NAME_p99, NAME_p99_9 ... ---- */

const PERCENTILE = /^(.*)_p(50|90|95|99|99_9|999|99_99|9999)$/;
const COLUMNS = ["50", "90", "95", "99", "99.9", "99.99"];
function columnOf(word) {
	return { 999: "99.9", 9999: "99.99" }[word] || word.replace("_", ".");
}

function percentileRows(name) {
	const rows = new Map();

	for (const group of groups)
		for (const step of group.runs.flatMap((run) => run.steps.filter((one) => one.name === name)))
			for (const one of step.measurements) {
				const found = PERCENTILE.exec(one.name);
				if (!found)
					continue;
				const place = at(one, "metadata.at"), key = `${group.name}|${found[1]}|${placeKey(place)}`;
				if (!rows.has(key))
					rows.set(key, { who: group.name, what: found[1], place: placeText(place), unit: one.unit, by: {} });
				rows.get(key).by[columnOf(found[2])] = metricOf(group, name, one.name, placeKey(place));
			}
	return [...rows.values()].sort((a, b) => a.what < b.what ? -1 : a.what > b.what ? 1 : 0);
}

function percentileTable(name) {
	const rows = percentileRows(name), used = COLUMNS.filter((column) => rows.some((row) => row.by[column]));

	if (!rows.length)
		return null;
	return table(`${name}: percentiles`, ["Operation", "At", "Machine", "unit", ...used.map((column) => `p${column}`)],
		rows.map((row) => [row.what, row.place, row.who, row.unit, ...used.map((column) => row.by[column] ? row.by[column].value : null)]));
}

function latencySection() {
	const names = [...new Set(runs.flatMap((run) => run.steps.map((step) => step.name)))];
	const parts = names.map((name) => [histogramParts(name), percentileTable(name)].flat().filter(Boolean)).filter((list) => list.length);

	return parts.length ? section("latency", "Latency", make("p", {}, "Histograms are those of the journal, at most 1.6 % wide a bucket; a percentile is its bucket's upper edge."), parts) : null;
}

function diskSection() {
	const parts = [["disk.latency", "Raw disk: latency, IOPS and bandwidth"], ["disk.steady", "Steady state"], ["disk.flush", "Flushes and forced writes"],
		["disk.hostcache", "A cache below"], ["file.verify", "Verified data"]].map(([bench, caption]) => plainTable(caption, bench)).filter(Boolean);

	return parts.length ? section("disk", "Disk and verification", parts) : null;
}
