// The page's table of contents: sections in order, switches, printing.

const SECTIONS = [summarySection, bonnieSection, networkSection, simultaneousSection, iozoneSection, diskSection, latencySection, validitySection, differencesSection, disclosureSection];

function build() {
	const main = document.getElementById("main");

	clearCharts();
	unfilled.clear();
	const sections = SECTIONS.map((each) => each()).filter(Boolean);
	main.replaceChildren(...sections);
	document.getElementById("sections").replaceChildren(...sections.map((one) => make("li", {}, make("a", { href: `#${one.id}` }, one.querySelector("h2").textContent))));
	drawCharts();
}

function choice(label, name, options, change) {
	const select = make("select", { id: name, change: () => change(select.value) }, options.map(([value, text]) => make("option", { value }, text)));

	return make("span", { class: "switch" }, make("label", { for: name }, label), " ", select);
}

function setColours(value) {
	document.documentElement.dataset.colours = value;
	showColours();
	drawCharts(true);
}
function showColours() {
	document.documentElement.dataset.shown = isDark() ? "dark" : "light";
}
showColours(); // before anything is painted

function head() {
	const machines = new Set(runs.map((run) => run.machine)).size;
	const words = `${runs.length} run${runs.length === 1 ? "" : "s"} of ${machines} machine${machines === 1 ? "" : "s"}`;

	document.title = `Assay report: ${words}`;
	document.getElementById("subtitle").textContent = words;
	document.getElementById("foot").textContent = `Made by assay ${data.version}. Charts by Plotly.js ${Plotly.version} (MIT). This file needs nothing else.`;
	document.getElementById("switches").append(choice("Colours", "colours", [["auto", "as the system"], ["light", "light"], ["dark", "dark"]], setColours),
		runs.length > 1 ? choice("Beside each other", "grouping", [["machines", "machines"], ["runs", "each run"]], (value) => { groupRuns(value); build(); }) : "");
}

/* On paper everything is open and dark on light. */
let beforePrint = null;
function preparePrint() {
	if (beforePrint)
		return;
	beforePrint = { colours: document.documentElement.dataset.colours, closed: [...document.querySelectorAll("details:not([open])")].filter((one) => !one.closest("article")) };
	document.documentElement.dataset.colours = "light";
	showColours();
	beforePrint.closed.forEach((one) => { one.open = true; });
	for (const entry of charts)
		if (entry.drawn && !entry.space)
			Plotly.relayout(entry.box, { width: 660, paper_bgcolor: "#ffffff", plot_bgcolor: "#ffffff", "font.color": "#111111" });
}
function endPrint() {
	if (!beforePrint)
		return;
	beforePrint.closed.forEach((one) => { one.open = false; });
	const { colours } = beforePrint;
	beforePrint = null;
	setColours(colours);
}

document.addEventListener("DOMContentLoaded", () => {
	groupRuns("machines");
	head();
	build();
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setColours(document.documentElement.dataset.colours));
	window.addEventListener("beforeprint", preparePrint);
	window.addEventListener("afterprint", endPrint);
});
