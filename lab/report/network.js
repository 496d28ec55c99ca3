// ping, iperf, transactions: the tables of the page of 2011 and what came after it, and rates over time.

/* head and metric; a cell is the median over boots. */
const PING = [["sent", "sent"], ["received", "received"], ["loss", "loss %"], ["rtt_min", "min ms"], ["rtt_avg", "avg ms"], ["rtt_max", "max ms"],
	["rtt_mdev", "mdev ms"], ["rtt", "median ms"], ["rtt_p99", "p99 ms"]];
const TCP = [["outgoing", "to the partner Mbit/s"], ["incoming", "from it Mbit/s"], ["together", "together Mbit/s"], ["retransmits", "retransmits"], ["rtt", "rtt ms"],
	["cpu", "CPU %"], ["cpu_steal", "steal %"], ["nic_dropped", "NIC drops"]];
const UDP = [["outgoing", "sent Mbit/s"], ["received", "received Mbit/s"], ["jitter", "jitter ms"], ["lost", "lost"], ["datagrams", "of"], ["lost_percent", "lost %"],
	["out_of_order", "out of order"], ["incoming", "incoming Mbit/s"], ["incoming_jitter", "incoming jitter ms"], ["incoming_lost_percent", "incoming lost %"]];
const RR = [["transactions", "transactions/s"], ["rate", "rate /s"], ["latency", "latency us"], ["latency_p50", "p50 us"], ["latency_p99", "p99 us"], ["latency_p99_9", "p99.9 us"], ["cpu", "CPU %"]];

/* A row for each machine and step of it; columns that nobody has are left out. */
function metricTable(caption, bench, columns) {
	const lines = stepNames(bench).flatMap((name) => groups.map((group) => ({ group, name, cells: columns.map(([metric]) => metricOf(group, name, metric)) })))
		.filter((line) => line.cells.some(Boolean));
	const used = columns.map((_, column) => lines.some((line) => line.cells[column]));

	if (!lines.length)
		return null;
	return table(caption, ["Machine", "Step", "boots", ...columns.filter((_, at) => used[at]).map(([, head]) => head)],
		lines.map((line) => [line.group.name, line.name, Math.max(...line.cells.map((cell) => cell ? cell.boots : 0)),
			...line.cells.filter((_, at) => used[at]).map(spreadCell)]));
}

/* The value; below it the spread over boots, or within the one there is. */
function spreadCell(cell) {
	if (!cell)
		return "–";
	if (!cell.known || cell.low === cell.high)
		return cell.value;
	return { class: "number", cell: make("span", {}, figure(cell.value), make("small", { class: "spread" }, ` ${figure(cell.low)} … ${figure(cell.high)}`)) };
}

/* Everything else that the benchmark says, for the ones without columns of their own. */
function plainTable(caption, bench) {
	const rows = [];

	for (const name of stepNames(bench)) {
		const places = new Map();
		for (const group of groups)
			for (const step of stepsOf(group, bench).filter((one) => one.name === name))
				for (const one of step.measurements.filter((each) => !at(each, "metadata.detail")))
					places.set(`${one.name}|${placeKey(at(one, "metadata.at"))}`, one);
		for (const one of places.values())
			rows.push([name, one.name, placeText(at(one, "metadata.at")), one.unit || "",
				...groups.map((group) => spreadCell(metricOf(group, name, one.name, placeKey(at(one, "metadata.at")))))]);
	}
	return rows.length ? table(caption, ["Step", "Metric", "At", "Unit", ...groups.map((group) => group.name)], rows) : null;
}

/* ---- over time ---- */

function seriesLines(bench, name, seriesName, xOf) {
	return groups.flatMap((group, number) => group.runs.flatMap((run, boot) => run.steps.filter((step) => step.name === name)
		.flatMap((step) => step.series.filter((series) => series.name === seriesName && series.values.length > 1).map((series) => ({
			name: `${group.name}${group.runs.length > 1 ? `, boot ${boot + 1}` : ""}`, number, boot, y: series.values,
			x: series.values.map((_, index) => xOf(step, index)) })))));
}

function intervalOf(step) {
	return Number(at(step.content, "parameters.interval")) || 1;
}

function seriesChart(bench, name, seriesName, title, xTitle, yTitle, xOf) {
	const lines = seriesLines(bench, name, seriesName, xOf);

	if (!lines.length)
		return null;
	const summary = table(`${name}, ${title}: as a table`, ["Machine", "points", `min ${yTitle}`, `median ${yTitle}`, `max ${yTitle}`], lines.map((line) =>
		[line.name, line.y.length, Math.min(...line.y), median(line.y), Math.max(...line.y)]));
	return chart(`${name}: ${title}`, () => lineTraces(lines),
		() => ({ height: 300, xaxis: { title: { text: xTitle } }, yaxis: { title: { text: yTitle }, rangemode: "tozero" } }), { below: details("As a table", summary) });
}

function overTime() {
	const found = [];
	const seconds = (step, index) => (index + 1) * intervalOf(step);

	for (const bench of ["net.tcp", "net.udp", "net.iperf3"])
		for (const name of stepNames(bench))
			for (const [series, title] of [["outgoing_interval", "to the partner, over time"], ["incoming_interval", "from the partner, over time"], ["interval", "over time"]])
				found.push(seriesChart(bench, name, series, title, "seconds", "Mbit/s", seconds));
	for (const name of stepNames("net.ping"))
		found.push(seriesChart("net.ping", name, "rtt", "round trips in order", "packet", "ms", (step, index) => index + 1));
	return found.filter(Boolean);
}

function networkSection() {
	const parts = [metricTable("ping: round trips", "net.ping", PING), metricTable("iperf, TCP", "net.tcp", TCP), metricTable("iperf, UDP", "net.udp", UDP),
		plainTable("iperf 3", "net.iperf3"), metricTable("Transactions", "net.rr", RR), plainTable("Round trips under load", "net.load_latency"),
		plainTable("Highest rate without loss (RFC 2544)", "net.search")].filter(Boolean);

	if (!parts.length)
		return null;
	return section("network", "Network", make("p", {}, "The figure is the median over boots; beside it the least and the most of them (of one boot: of its own repeats)."), parts, overTime());
}
