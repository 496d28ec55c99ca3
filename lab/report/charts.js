// Charts by Plotly, in the page's own colours. Each is drawn when it comes into view and again when the colours change; the table that
// says the same stands beside it.

const charts = new Set();

/* Okabe and Ito's colours, which people with any colour vision tell apart; dash and symbol say the same again. */
const LINES = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const DASHES = ["solid", "dash", "dot", "dashdot", "longdash", "longdashdot"];
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "x", "cross"];
function lineOf(number) {
	return LINES[number % LINES.length];
}

function isDark() {
	const chosen = document.documentElement.dataset.colours;

	return chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
}
function theme() {
	const style = getComputedStyle(document.documentElement);
	const colour = (name) => style.getPropertyValue(name).trim();

	return { ink: colour("--ink"), paper: colour("--paper"), rule: colour("--rule") };
}

function layoutOf(own, colours) {
	const axis = { gridcolor: colours.rule, zerolinecolor: colours.rule, linecolor: colours.rule, automargin: true };

	return { paper_bgcolor: colours.paper, plot_bgcolor: colours.paper, font: { color: colours.ink, size: 13 },
		margin: { l: 56, r: 16, t: 12, b: 48 }, legend: { orientation: "h", yanchor: "top", y: -0.42 }, hovermode: "closest",
		...own, xaxis: { ...axis, ...own.xaxis }, yaxis: { ...axis, ...own.yaxis } };
}

/* what: a sentence for those who do not see it. traces(), layout(): asked anew at each drawing. */
function chart(what, traces, layout, options = {}) {
	const box = make("div", { class: `chart ${options.class || ""}`, role: "img", "aria-label": what });
	const entry = { box, traces, layout, drawn: false, ...options };

	charts.add(entry);
	return make("figure", {}, make("figcaption", {}, what), box, options.below);
}

/* WebGL may be missing (an old machine, a remote desktop): the tables are there all the same. */
function say(entry, error) {
	entry.box.classList.add("not-drawn");
	entry.box.replaceChildren(make("p", {}, `This chart could not be drawn here (${error}); its table says the same.`));
}

async function draw(entry) {
	entry.drawn = true;
	try {
		await Plotly.react(entry.box, entry.traces(), layoutOf(entry.layout(theme()), theme()),
			{ displayModeBar: false, responsive: true, scrollZoom: false });
		entry.box.dataset.drawn = "yes";
		if (entry.after)
			await entry.after(entry.box);
	} catch (error) {
		say(entry, error.message || String(error));
	}
}

function inView(entry) {
	return entry.box.isConnected && entry.box.checkVisibility();
}

/* A drawing in space that was taken away keeps its place among the browser's until its memory is collected, which may be late: it is given
 * back here. */
function release(box) {
	const contexts = [...box.querySelectorAll(".gl-container canvas")].map((canvas) => canvas.getContext("webgl"));

	Plotly.purge(box);
	for (const context of contexts)
		context?.getExtension("WEBGL_lose_context")?.loseContext();
}

/* A browser has room for about 16 drawings in space: those out of view give theirs back. */
function drawCharts(again) {
	for (const entry of charts)
		if (inView(entry) && (again || !entry.drawn))
			draw(entry);
		else if (!inView(entry) && entry.drawn && entry.space) {
			release(entry.box);
			entry.drawn = false;
			delete entry.box.dataset.drawn;
		}
}

function clearCharts() {
	for (const entry of charts)
		if (entry.drawn)
			release(entry.box);
	charts.clear();
}

/* One line a boot, in its group's colour. lines: [{ name, x, y, number, boot }] */
function lineTraces(lines, extra = {}) {
	return lines.map((line) => ({ type: "scatter", mode: line.x.length < 60 ? "lines+markers" : "lines", name: line.name, x: line.x, y: line.y,
		line: { color: lineOf(line.number), dash: DASHES[(line.boot || 0) % DASHES.length], width: 2 },
		marker: { symbol: SYMBOLS[line.number % SYMBOLS.length], size: 6, color: lineOf(line.number) }, ...extra, ...line.extra }));
}

/* A dot with its spread for each group in each row: [{ name, cells: [cell of each group] }] */
function dotTraces(rows) {
	return groups.map((group, number) => {
		const known = rows.map((row) => ({ row: row.name, cell: row.cells[number] })).filter((one) => one.cell);

		return { type: "scatter", mode: "markers", name: group.name, y: known.map((one) => one.row), x: known.map((one) => one.cell.value),
			marker: { color: lineOf(number), symbol: SYMBOLS[number % SYMBOLS.length], size: 10 },
			error_x: { type: "data", symmetric: false, color: lineOf(number), array: known.map((one) => one.cell.high - one.cell.value),
				arrayminus: known.map((one) => one.cell.value - one.cell.low) } };
	});
}
