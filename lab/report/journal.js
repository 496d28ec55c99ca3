// The data as runs, steps and machines: what lab/report/data.c left in the page, read once.

const data = JSON.parse(document.getElementById("data").textContent);

function at(object, path) {
	for (const key of path.split("."))
		object = object === undefined || object === null ? undefined : object[key];
	return object;
}

function newStep(id, name) {
	return { id, name, content: {}, outcome: {}, measurements: [], series: [], remarks: [], files: [], ended: false };
}

/* One journal line into its step; a record that a damaged journal cut short adds what is there. */
function takeStepRecord(step, artifact, run) {
	if (artifact.measurement)
		step.measurements.push(artifact.measurement);
	if (artifact.measurementSeriesStart) {
		const start = artifact.measurementSeriesStart;
		const kept = run.series[start.measurementSeriesId] || { values: [], total: 0 };
		step.series.push({ name: start.name, unit: start.unit || "", at: at(start, "metadata.at") || [], ...kept });
	}
	if (artifact.extension && artifact.extension.name === "step")
		step.content = artifact.extension.content || {};
	if (artifact.extension && artifact.extension.name === "outcome")
		step.outcome = artifact.extension.content || {};
	if (artifact.file)
		step.files.push(artifact.file);
	step.ended = step.ended || Boolean(artifact.testStepEnd);
}

function remarkOf(artifact, where) {
	const { log, error, diagnosis } = artifact;

	if (diagnosis)
		return { kind: diagnosis.type, where, what: diagnosis.verdict, message: diagnosis.message || "" };
	if (error)
		return { kind: "ERROR", where, what: error.symptom, message: error.message || "" };
	if (log)
		return { kind: log.severity, where, what: "", message: log.message };
	return null;
}

function takeArtifact(run, artifact) {
	const id = artifact.testStepId;

	if (artifact.testStepStart && id !== undefined) {
		run.byId.set(id, newStep(id, String(artifact.testStepStart.name)));
		run.steps.push(run.byId.get(id));
	}
	const step = run.byId.get(id);
	const remark = remarkOf(artifact, step ? step.name : "");
	if (remark)
		(step ? step.remarks : run.remarks).push(remark);
	if (step)
		takeStepRecord(step, artifact, run);
	run.start = artifact.testRunStart || run.start;
	run.end = artifact.testRunEnd || run.end;
}

function readRun(raw, number) {
	const run = { raw, number, series: raw.series || {}, steps: [], byId: new Map(), remarks: [], start: {}, end: null };

	for (const record of raw.records) {
		const artifact = record.testStepArtifact || record.testRunArtifact;
		if (artifact)
			takeArtifact(run, artifact);
	}
	const times = raw.records.map((record) => Date.parse(record.timestamp)).filter((time) => !isNaN(time));
	run.seconds = times.length ? (times[times.length - 1] - times[0]) / 1000 : NaN;
	run.when = times.length ? new Date(times[0]).toISOString().replace("T", " ").slice(0, 19) : "";
	run.id = at(run.start, "metadata.runId") || at(run.start, "dutInfo.metadata.runId") || raw.folder;
	run.plan = at(run.start, "metadata.plan") || "";
	run.accel = at(raw, "collect.accel") || "";
	run.machine = raw.machine;
	run.emulated = run.accel === "tcg" || /TCG/.test(at(run.start, "dutInfo.metadata.hypervisor") || "");
	return run;
}

const runs = data.runs.map(readRun);

/* ---- what stands beside each other: machines with their boots, or each run by itself ---- */

let groups = [];
function groupRuns(how) {
	const byName = new Map();

	for (const run of runs) {
		const name = how === "runs" ? `${run.machine}, run ${run.number + 1}` : run.machine;
		if (!byName.has(name))
			byName.set(name, { name, runs: [], number: byName.size });
		byName.get(name).runs.push(run);
	}
	groups = [...byName.values()];
}

function stepsOf(group, bench) {
	return group.runs.flatMap((run) => run.steps.filter((step) => isOf(step, bench)));
}
function isOf(step, bench) {
	return step.content.bench === bench || step.name === bench || step.name.startsWith(`${bench} `);
}
/* The names of all steps of a benchmark, in order, over all runs. */
function stepNames(bench) {
	return [...new Set(runs.flatMap((run) => run.steps.filter((step) => isOf(step, bench)).map((step) => step.name)))];
}

function placeKey(place) {
	return (place || []).map((axis) => `${axis.axis}=${axis.value}`).join(",");
}
function placeText(place) {
	return (place || []).map((axis) => /^(B|bytes)$/.test(axis.unit || "") ? bytesText(axis.value)
		: axis.unit === "KiB" ? bytesText(axis.value * 1024)
		: axis.unit ? `${axis.value} ${axis.unit}` : `${axis.axis} ${axis.value}`).join(" × ");
}

/* ---- one figure of a group: over its boots, with what is known of its spread ---- */

function median(values) {
	const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;

	return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/* { value, low, high, boots, n, unit, better, known }; null: not measured. `known`: low and high say
 * something: they are of several boots, of repeats in one, or of the benchmark's own interval. */
function cellOf(measurements, halfWidth) {
	const list = measurements.filter((one) => typeof one.value === "number");

	if (!list.length)
		return null;
	const values = list.map((one) => one.value), first = list[0], value = median(values);
	const cell = { value, low: Math.min(...values), high: Math.max(...values), boots: list.length,
		n: list.reduce((sum, one) => sum + (at(one, "metadata.n") || 1), 0),
		unit: first.unit || "", better: at(first, "metadata.better") || "neither", known: list.length > 1 };
	if (list.length === 1 && at(first, "metadata.n") > 1) {
		cell.low = at(first, "metadata.min");
		cell.high = at(first, "metadata.max");
		cell.known = true;
	} else if (list.length === 1 && halfWidth > 0) {
		cell.low = value * (1 - halfWidth / 100);
		cell.high = value * (1 + halfWidth / 100);
		cell.known = true;
	}
	return cell;
}

/* A step's measurements by name and place. */
function indexOf(step) {
	if (!step.index) {
		step.index = new Map();
		for (const one of step.measurements) {
			const key = `${one.name}|${placeKey(at(one, "metadata.at"))}`;
			step.index.set(key, [...(step.index.get(key) || []), one]);
		}
	}
	return step.index;
}
function measured(group, stepName, metric, key = "") {
	return group.runs.flatMap((run) => run.steps.filter((step) => step.name === stepName))
		.flatMap((step) => indexOf(step).get(`${metric}|${key}`) || []);
}
function metricOf(group, stepName, metric, key) {
	return cellOf(measured(group, stepName, metric, key));
}

/* ---- two figures: what may be said of their ratio ---- */

/* By `assay compare`, where it compared these two: name|metric|place -> its row. */
const compared = new Map(((data.compare || {}).metrics || []).map((row) =>
	[`${row.bench}${row.label ? ` ${row.label}` : ""}|${row.metric}|${placeKey(row.at)}`, row]));
const subjects = ((data.compare || {}).subjects || []).map((subject) => subject.name);

function comparedPair(first, second, key) {
	const number = subjects.indexOf(second.name), row = compared.get(key);

	return row && number > 0 && subjects[0] === first.name ? row.against[number] : null;
}

/* { ratio, low, high, verdict, clear }. verdict: same | better | worse | other | cannot tell | not comparable. */
function judge(a, b, first, second, key) {
	const found = comparedPair(first, second, key);

	if (!a || !b || !(a.value > 0) || !(b.value > 0))
		return null;
	if (found && found.effect === "ratio" && found.value > 0)
		return { ratio: found.value, low: found.low, high: found.high, verdict: found.verdict, reason: found.reason,
			clear: found.verdict === "better" || found.verdict === "worse" };
	return judgeBySpread(a, b);
}

/* Clear is what the two ranges do not share. */
function judgeBySpread(a, b) {
	const ratio = b.value / a.value;

	if (!a.known || !b.known)
		return { ratio, verdict: "cannot tell", clear: false };
	if (a.low <= b.high && b.low <= a.high)
		return { ratio, verdict: "same", clear: false };
	const word = a.better === "more" ? (ratio > 1 ? "better" : "worse")
		: a.better === "less" ? (ratio < 1 ? "better" : "worse") : "other";
	return { ratio, verdict: word, clear: true };
}
