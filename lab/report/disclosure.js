// In what the runs differ, and everything there is to know about each: words, plan, facts, stock reports, figures, records.

/* ---- facts as rows "path, value" ---- */

function flatten(value, path, into) {
	if (value !== null && typeof value === "object")
		for (const [key, inside] of Object.entries(value))
			flatten(inside, path ? `${path}.${Array.isArray(value) ? nameInList(inside, key) : key}` : key, into);
	else
		into.set(path, String(value));
	return into;
}
/* A disk or a link goes by its name, so that one more of them does not shift the others. */
function nameInList(inside, index) {
	const name = inside && (inside.name || inside.hardwareInfoId || inside.softwareInfoId);

	return name ? `[${name}]` : `[${index}]`;
}
function factsOf(run) {
	const { runId, ...metadata } = at(run.start, "metadata") || {};
	const facts = flatten(at(run.start, "dutInfo") || {}, "", new Map());

	flatten(metadata, "run", facts);
	flatten(at(run.start, "parameters") || {}, "setting", facts);
	facts.set("words", at(run.start, "commandLine") || "");
	facts.set("assay", at(run.start, "version") || "");
	for (const key of ["sha256", "kernelConfigSha256", "bytes"])
		if (at(run.raw, `payload.${key}`) !== undefined)
			facts.set(`image.${key}`, String(run.raw.payload[key]));
	facts.set("booted as", at(run.raw, "collect.machine") || "not said");
	facts.set("accelerator", run.accel || "not said");
	return facts;
}

/* Of no one's doing: they differ between any two boots. */
const LABELS = /^(wallClock|run\.network|metadata\.(wallClock|runId|rtcAtBoot)|metadata\.wallClock\..*|run\.network\..*lease.*)/;

function differencesSection() {
	if (runs.length < 2)
		return null;
	const facts = runs.map(factsOf), names = [...new Set(facts.flatMap((one) => [...one.keys()]))].filter((name) => !LABELS.test(name));
	const differ = names.filter((name) => new Set(facts.map((one) => one.get(name))).size > 1);

	return section("differences", "In what they differ", make("p", {}, `${names.length - differ.length} of ${names.length} recorded facts are the same in all ${runs.length} runs. `
		+ (differ.length ? "A comparison is of the factor you meant only when the rest of this list does not matter." : "")),
	differ.length ? table("Facts that differ", ["Fact", ...runs.map(runName)], differ.map((name) => [name, ...facts.map((one) => ({ cell: one.get(name) === undefined ? "–" : one.get(name), class: "text" }))])) : null);
}

/* ---- one run, whole ---- */

function planTable(run) {
	return table("Plan and outcome", ["Step", "Target", "Parameters", "Expected", "Took", "Outcome", "Reason"], run.steps.map((step) => [step.name, step.content.target || "",
		{ class: "text", cell: Object.entries(step.content.parameters || {}).map(([name, value]) => `${name}=${value}`).join(" ") },
		durationText(step.content.expectedSeconds), durationText(step.outcome.seconds), step.outcome.outcome || "none", { class: "text", cell: step.outcome.reason || "" }]));
}

function figuresTable(run) {
	const rows = run.steps.flatMap((step) => step.measurements.map((one) => [step.name, one.name, placeText(at(one, "metadata.at")), one.value, one.unit || "",
		at(one, "metadata.n"), at(one, "metadata.min"), at(one, "metadata.max"), at(one, "metadata.sd")]));

	return table("All figures", ["Step", "Metric", "At", "Value", "Unit", "n", "min", "max", "sd"], rows);
}

function seriesNote(run) {
	const cut = Object.entries(run.series).filter(([, one]) => one.total > one.values.length);

	return cut.length ? make("p", { class: "remark" }, `Of ${cut.length} series the first ${cut[0][1].values.length} values are here; the journal has all.`) : null;
}

function runDisclosure(run) {
	const facts = [...factsOf(run)].sort((a, b) => a[0] < b[0] ? -1 : 1);
	const pre = (text) => make("pre", { tabindex: "0" }, text);

	return make("article", { "aria-label": runName(run) }, make("h3", {}, runName(run)), make("p", { class: "text" }, `run ${run.id}, folder ${run.raw.folder}`),
		make("p", { class: "text" }, make("strong", {}, "Words: "), make("code", {}, at(run.start, "commandLine") || "(none)")),
		details("Plan: steps, parameters, outcomes", planTable(run)),
		details(`Facts (${facts.length})`, table("Facts", ["Fact", "Value"], facts.map(([name, value]) => [name, { cell: value, class: "text" }]))),
		lazyDetails("All figures", () => figuresTable(run)), seriesNote(run),
		Object.entries(run.raw.texts).map(([name, text]) => details(`File ${name}`, pre(text))),
		lazyDetails(`All records (${run.raw.records.length}), as OCP Test & Validation Output`, () => pre(run.raw.records.map((record) => JSON.stringify(record)).join("\n"))));
}

function disclosureSection() {
	return section("disclosure", "Full disclosure", make("p", {}, "Everything that was recorded, and how each number is defined. The run's folder has the same with its chain of hashes."),
		definitions(), runs.map(runDisclosure));
}

function definitions() {
	const known = new Map();

	for (const step of runs.flatMap((run) => run.steps))
		if (step.content.definition)
			known.set(step.content.bench || step.name, step.content.definition);
	return known.size ? table("What each number means", ["Benchmark", "Definition"], [...known].map(([name, text]) => [name, { cell: text, class: "text" }])) : null;
}
