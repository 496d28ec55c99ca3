// What could have disturbed the figures, what `assay verify` says of each requirement, and every remark of the runs.

const KIND_CLASS = { FAIL: "bad", ERROR: "bad", FATAL: "bad", WARNING: "warn", UNKNOWN: "warn", PASS: "good" };

function marked(word) {
	return { cell: make("span", { class: `mark ${KIND_CLASS[word] || ""}` }, word) };
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

/* One word where all boots have the same, else how many have which. */
function verdictCell(group, id) {
	const counts = new Map();

	for (const run of group.runs) {
		const found = run.raw.verify.find((one) => one.id === id);
		const word = found ? found.verdict : "–";
		counts.set(word, (counts.get(word) || 0) + 1);
	}
	const words = [...counts].map(([word, count]) => counts.size > 1 ? `${count} ${word}` : word).join(", ");
	const worst = ["fail", "missing", "informative only", "pass"].find((word) => counts.has(word));
	return { cell: make("span", { class: `mark ${VERDICT_CLASS[worst] || ""}` }, words) };
}
const VERDICT_CLASS = { fail: "bad", missing: "warn", "informative only": "warn", pass: "good" };

/* What `assay verify` says: is the run what it claims, requirement by requirement. */
function verifyTable() {
	const known = new Map(runs.flatMap((run) => run.raw.verify.map((one) => [one.id, one.requirement])));
	const reasons = (verdict, most) => runs.flatMap((run) => run.raw.verify.filter((one) => one.verdict === verdict)
		.flatMap((one) => one.notes.slice(0, most).map((note) => `${runName(run)}, ${one.id}: ${note}`)));
	const list = (notes) => make("ul", { class: "remarks" }, notes.map((note) => make("li", {}, note)));
	const failed = reasons("fail", 5), missing = reasons("missing", 2), informative = reasons("informative only", 2);

	return [table("What assay verify says, by requirement", ["", "Requirement", ...groups.map((group) => group.name)], [...known].map(([id, title]) => [id, title,
		...groups.map((group) => verdictCell(group, id))])),
	failed.length ? list(failed) : null,
	missing.length ? details(`What the runs do not say (${missing.length})`, list(missing)) : null,
	informative.length ? details(`Too little for a claim (${informative.length})`, list(informative)) : null];
}

/* A run of which something is not so. */
function isBroken(run) {
	return run.raw.verify.some((one) => one.verdict === "fail");
}

function remarksTable() {
	const heavy = (remark) => !["INFO", "DEBUG"].includes(remark.kind);
	const rows = runs.flatMap((run) => [...run.remarks, ...run.steps.flatMap((step) => step.remarks)].filter(heavy)
		.map((remark) => [runName(run), marked(remark.kind), remark.where, [remark.what, remark.message].filter(Boolean).join(": ")]));

	return rows.length ? table("Warnings, errors and judgements", ["Run", "", "Step", "What was said"], rows) : make("p", {}, "No run has a warning, an error or a judgement.");
}

function validitySection() {
	return section("validity", "Noise and validity", noiseTable(), loadTable(), remarksTable(), verifyTable());
}

function runName(run) {
	return `${run.number + 1}: ${run.machine}`;
}
