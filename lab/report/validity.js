// What could have disturbed the figures, what the checks of `assay verify` say, and every remark of the runs.

const KIND_CLASS = { FAIL: "bad", ERROR: "bad", FATAL: "bad", WARNING: "warn", UNKNOWN: "warn", PASS: "good" };

function marked(word) {
	return { cell: make("span", { class: `mark ${KIND_CLASS[word] || KIND_CLASS[{ ok: "PASS", bad: "FAIL", skipped: "UNKNOWN" }[word]] || ""}` }, word) };
}

function noiseTable() {
	const names = [["stolen", "stolen %"], ["steal", "steal %"], ["longest", "longest us"], ["excess_p99", "p99 us"], ["interruptions", "interruptions /s"],
		["interrupts", "interrupts /s"], ["context_switches", "switches /s"]];
	const rows = [];

	for (const name of stepNames("self.noise"))
		for (const group of groups) {
			const cpus = [...new Set(stepsOf(group, "self.noise").flatMap((step) => step.measurements.map((one) => at(one, "metadata.at.0.value"))))];
			for (const cpu of cpus.filter((one) => one !== undefined))
				rows.push([group.name, `CPU ${cpu}`, ...names.map(([metric]) => spreadCell(metricOf(group, name, metric, `cpu=${cpu}`)))]);
		}
	return rows.length ? table("Noise: what took processor time from a fixed piece of work", ["Machine", "", ...names.map(([, head]) => head)], rows) : null;
}

function loadTable() {
	const names = ["cpu_busy", "cpu_softirq", "cpu_steal", "nic_dropped", "clock_drift"];
	const rows = [];

	for (const name of [...new Set(runs.flatMap((run) => run.steps.map((step) => step.name)))])
		for (const group of groups) {
			const cells = names.map((metric) => metricOf(group, name, metric));
			if (cells.some(Boolean))
				rows.push([name, group.name, ...cells.map(spreadCell)]);
		}
	return rows.length ? table("Beside the network's figures", ["Step", "Machine", "CPU busy %", "softirq %", "steal %", "NIC drops", "clock drift ppm"], rows) : null;
}

function checksTable() {
	const names = [...new Set(runs.flatMap((run) => run.raw.checks.map((one) => one.check)))];
	const notes = runs.flatMap((run) => run.raw.checks.filter((one) => one.how !== "ok")
		.flatMap((one) => one.notes.slice(0, 5).map((note) => `${runName(run)}, ${one.check}: ${note}`)));

	return [table("Checks of each run, as `assay verify` makes them", ["Run", ...names], runs.map((run) => [runName(run),
		...names.map((name) => marked((run.raw.checks.find((one) => one.check === name) || { how: "–" }).how))])),
	notes.length ? make("ul", { class: "remarks" }, notes.map((note) => make("li", {}, note))) : null];
}

function remarksTable() {
	const heavy = (remark) => !["INFO", "DEBUG"].includes(remark.kind);
	const rows = runs.flatMap((run) => [...run.remarks, ...run.steps.flatMap((step) => step.remarks)].filter(heavy)
		.map((remark) => [runName(run), marked(remark.kind), remark.where, [remark.what, remark.message].filter(Boolean).join(": ")]));

	return rows.length ? table("Warnings, errors and judgements", ["Run", "", "Step", "What was said"], rows) : make("p", {}, "No run has a warning, an error or a judgement.");
}

function validitySection() {
	return section("validity", "Noise and validity", noiseTable(), loadTable(), remarksTable(), checksTable());
}

function runName(run) {
	return `${run.number + 1}: ${run.machine}`;
}
