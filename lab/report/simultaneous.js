// Several machines against one partner at one time: what each got alone and together, and shares over time.

/* All journals of a meeting have the same account of it: shown once. */
function meetings() {
	const seen = new Map();

	for (const run of runs)
		for (const step of run.steps.filter((one) => isOf(one, "net.simultaneous"))) {
			const together = step.measurements.filter((one) => one.name === "together").map((one) => one.value);
			const key = `${step.name} ${JSON.stringify(together)}`;
			if (together.length && (!seen.has(key) || shares(step).length > shares(seen.get(key).step).length))
				seen.set(key, { run, step });
		}
	return [...seen.values()];
}

function shares(step) {
	return step.series.filter((series) => series.name === "share" && series.values.length);
}

/* "machine 2 is vm2" */
function namesOf(step) {
	const names = new Map();

	for (const remark of step.remarks) {
		const found = /^machine (\d+) is (.+)$/.exec(remark.message || "");
		if (found)
			names.set(Number(found[1]), found[2]);
	}
	return (number) => names.get(number) || `machine ${number}`;
}

function meetingTable(step, name) {
	const find = (metric, machine) => step.measurements.find((one) => one.name === metric && (machine === undefined || at(one, "metadata.at.0.value") === machine));
	const value = (metric, machine) => (find(metric, machine) || {}).value;
	const machines = [...new Set(step.measurements.filter((one) => one.name === "together").map((one) => at(one, "metadata.at.0.value")))];
	const udp = at(step.content, "parameters.protocol") === "udp";
	const heads = ["Machine", "alone Mbit/s", "together Mbit/s", "share %", "lost against alone %", "started ms late", ...udp ? ["jitter ms", "datagrams lost %"] : []];

	return [table(`${step.name}: what each got`, heads, machines.map((machine) => [name(machine), value("alone", machine), value("together", machine),
		value("portion", machine), value("penalty", machine), value("start_error", machine),
		...udp ? [value("jitter", machine), value("lost_percent", machine)] : []])),
	make("p", {}, `All together ${figure(value("aggregate"))} Mbit/s; Jain's fairness ${figure(value("fairness"))} (1: equal, ${figure(1 / machines.length)}: one has all).`)];
}

function sharesChart(step, name) {
	const each = shares(step), every = intervalOf(step);

	if (!each.length)
		return make("p", { class: "remark" }, "Shares over time are not here: the series stayed on the results partition, and this run came over serial only.");
	const rows = each[0].values.map((_, index) => [`${figure(index * every)} s`, ...each.map((series) => series.values[index])]);
	const below = details("As a table", table(`${step.name}: shares over time, Mbit/s`, ["from", ...each.map((series) => name(at(series.at, "0.value")))], rows));
	const traces = () => each.map((series, number) => ({ type: "scatter", mode: "lines", stackgroup: "all", name: name(at(series.at, "0.value")),
		x: series.values.map((_, index) => index * every), y: series.values, line: { shape: "hv", color: lineOf(number), width: 1 } }));
	return chart(`${step.name}: shares over time, one on top of the other`, traces,
		() => ({ height: 300, xaxis: { title: { text: "seconds after the first start" } }, yaxis: { title: { text: "Mbit/s" } } }), { below });
}

function simultaneousSection() {
	const found = meetings();

	if (!found.length)
		return null;
	return section("simultaneous", "Several machines at once", found.map(({ run, step }) => {
		const name = namesOf(step);
		return [make("h3", {}, step.name), make("p", { class: "remark" }, `as ${run.machine} recorded it, ${run.when}`), meetingTable(step, name), sharesChart(step, name)];
	}));
}
