// First what matters: verdicts, what each machine is, and the figures that people ask for.

const HEADLINES = [["net.ping", "rtt", "round trip"], ["net.tcp", "outgoing", "TCP to the partner"], ["net.tcp", "incoming", "TCP from the partner"], ["net.udp", "jitter", "UDP jitter"],
	["net.udp", "lost_percent", "UDP lost"], ["net.rr", "transactions", "transactions"], ["file.bonnie", "put_block", "bonnie++ block write"], ["file.bonnie", "rewrite", "bonnie++ rewrite"],
	["file.bonnie", "get_block", "bonnie++ block read"], ["file.bonnie", "seeks", "bonnie++ seeks"], ["self.noise", "stolen", "processor time stolen"]];

/* ---- each run's own verdict ---- */

function outcomeCounts(run) {
	const counts = new Map();

	for (const step of run.steps)
		counts.set(step.outcome.outcome || "no outcome", (counts.get(step.outcome.outcome || "no outcome") || 0) + 1);
	return [...counts].map(([word, count]) => `${count} ${word}`).join(", ");
}

function runsTable() {
	return table("The runs", ["Run", "When (its clock)", "Plan", "Took", "End", "Steps", "Verified", "Image"], runs.map((run) => [runName(run), run.when, run.plan, durationText(run.seconds),
		run.end ? marked(run.end.result) : { cell: make("span", { class: "mark bad" }, "cut off") }, outcomeCounts(run),
		{ cell: make("span", { class: `mark ${isBroken(run) ? "bad" : "good"}` }, isBroken(run) ? "no" : "yes") }, (at(run.raw, "payload.sha256") || at(run.start, "metadata.buildId") || "").slice(0, 12)]));
}

function machinesTable() {
	const fact = (run, path) => at(run.start, `dutInfo.${path}`);
	const rows = groups.map((group) => {
		const run = group.runs[0];
		return [group.name, group.runs.length, fact(run, "name") || "", fact(run, "metadata.cpu") || "", fact(run, "metadata.cpus"),
			fact(run, "metadata.memoryBytes") ? bytesText(Math.round(fact(run, "metadata.memoryBytes") / 2 ** 20) * 2 ** 20) : "",
			run.emulated ? "emulated (TCG)" : run.accel || at(run.start, "dutInfo.platformInfos.0.info") || "", (fact(run, "metadata.blocks") || []).map((disk) => `${disk.name} ${disk.transport || ""}`).join(", ")];
	});

	return table("The machines", ["Machine", "boots", "Device", "CPU", "CPUs", "Memory", "How", "Disks"], rows);
}

/* ---- the figures that people ask for first ---- */

function headlineRows() {
	return HEADLINES.flatMap(([bench, metric, words]) => stepNames(bench).map((name) => {
		const keys = [...new Set(groups.flatMap((group) => stepsOf(group, bench)).filter((step) => step.name === name).flatMap((step) => step.measurements)
			.filter((one) => one.name === metric).map((one) => placeKey(at(one, "metadata.at"))))];
		const key = keys[0] || "";
		return { words: `${words}${name === bench ? "" : ` (${name.slice(bench.length).trim()})`}${key ? `, ${key.replace("=", " ")}` : ""}`, key: `${name}|${metric}|${key}`,
			cells: groups.map((group) => metricOf(group, name, metric, key)) };
	})).filter((row) => row.cells.some(Boolean));
}

function judgeRow(row, number) {
	return judge(row.cells[0], row.cells[number], groups[0], groups[number], row.key);
}

function ratioText(judged) {
	if (!judged)
		return "–";
	const interval = judged.low ? make("small", { class: "spread" }, `${figure(Number(judged.low.toPrecision(3)))} … ${figure(Number(judged.high.toPrecision(3)))}`) : "";
	return make("span", {}, `× ${figure(Number(judged.ratio.toPrecision(3)))} `, make("span", { class: `mark ${judged.clear ? (judged.verdict === "better" ? "good" : "bad") : ""}` }, judged.verdict), interval);
}

function headlineTable() {
	const rows = headlineRows(), others = groups.slice(1);

	return rows.length ? table("At a glance", ["Figure", "Unit", ...groups.map((group) => group.name), ...others.map((group) => `${group.name} to ${groups[0].name}`)],
		rows.map((row) => [row.words, row.cells.find(Boolean).unit, ...row.cells.map(spreadCell), ...others.map((_, index) => ({ cell: ratioText(judgeRow(row, index + 1)) }))])) : null;
}

/* ---- sentences ---- */

/* Each machine against the first: how many of the figures differ clearly, and the largest. */
function comparisonSentences() {
	const rows = headlineRows();

	return groups.slice(1).map((group, index) => {
		const judged = rows.map((row) => ({ words: row.words, ...judgeRow(row, index + 1) })).filter((one) => one.ratio);
		const of = (word) => judged.filter((one) => one.verdict === word);
		const most = (list) => list.sort((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)))[0];
		const phrase = (word) => of(word).length ? `${of(word).length} ${word} (most: ${most(of(word)).words}, × ${figure(Number(most(of(word)).ratio.toPrecision(3)))})` : "";
		const parts = [phrase("better"), phrase("worse"), of("same").length ? `${of("same").length} within the spread` : "", of("cannot tell").length ? `${of("cannot tell").length} that one boot each cannot tell` : ""].filter(Boolean);
		return `${group.name} against ${groups[0].name}, of ${judged.length} leading figures: ${parts.join("; ") || "none in common"}.`;
	});
}

function verdictSentences() {
	const bad = runs.filter((run) => !run.end || run.end.result === "FAIL" || run.end.status === "ERROR"), emulated = runs.filter((run) => run.emulated);
	const broken = runs.filter(isBroken);
	const list = (some) => some.map(runName).join("; ");

	return [bad.length ? `${bad.length} of ${runs.length} runs did not end well: ${list(bad)}.` : `${runs.length === 1 ? "The run" : `All ${runs.length} runs`} ended well.`,
		broken.length ? `assay verify finds these not to be trusted: ${list(broken)}.` : "",
		emulated.length ? `${emulated.length === runs.length ? (runs.length === 1 ? "It was" : "All were") : `${list(emulated)} ${emulated.length === 1 ? "was" : "were"}`} emulated: the figures are the emulator's, not a machine's.` : "",
		...data.compare ? [] : comparisonSentences()].filter(Boolean);
}

function summarySection() {
	return section("summary", "Summary", make("ul", { class: "verdicts" }, verdictSentences().map((sentence) => make("li", {}, sentence))),
		compareParts(), headlineTable(), runsTable(), machinesTable());
}

/* ---- what `assay compare` found ---- */

const QUESTIONS = { overall: "As a whole", headline: "Leading figures", "metal-vm": "Metal against a VM", "file-lvm": "File against LVM", "vm-faster": "Where the VM is faster, and why",
	cpu: "Processor cost", simultaneous: "Several at once" };

function compareSentences() {
	const byQuestion = new Map();

	for (const { question, text } of data.compare.sentences || [])
		byQuestion.set(question, [...(byQuestion.get(question) || []), text]);
	return [...byQuestion].map(([question, texts]) => [make("dt", {}, QUESTIONS[question] || question), texts.map((text) => make("dd", {}, text))]);
}

function compareParts() {
	if (!data.compare)
		return null;
	const { rules, verdicts, warnings } = data.compare, words = ["better", "worse", "same", "cannot tell", "not comparable"];
	const left = data.compare.subjects.flatMap((subject) => (subject.leftOut || []).map((why) => `${subject.name}: ${why}`));

	return [make("dl", { class: "answers" }, compareSentences()),
		verdicts.length > 1 ? table(`Verdicts by metric, against ${subjects[0]}`, ["Machine", ...words], subjects.slice(1).map((name, index) =>
			[name, ...words.map((word) => verdicts[index + 1][word] || 0)])) : null,
		warnings.length || left.length ? make("ul", { class: "remarks" }, [...warnings, ...left.map((one) => `left out: ${one}`)].map((one) => make("li", {}, one))) : null,
		make("p", { class: "remark" }, `By assay compare: bootstrap over boots (${rules.resamples} draws, seed ${rules.seed}), permutation test at ${figure(100 * rules.alpha)} %, `
			+ `differences below ${figure(100 * rules.floor)} % or the noise do not count; "same" needs the interval within ${figure(100 * rules.limit)} %.`)];
}
