// Building the page: elements, figures as people read them, tables, tabs.

/* Texts become text nodes: nothing that a journal says is ever markup. */
function make(tag, attributes, ...children) {
	const element = document.createElement(tag);

	for (const [name, value] of Object.entries(attributes || {}))
		if (typeof value === "function")
			element.addEventListener(name, value);
		else if (value !== undefined && value !== null && value !== false)
			element.setAttribute(name, value === true ? "" : value);
	element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null));
	return element;
}

let idCount = 0;
function newId(word) {
	idCount += 1;
	return `${word}-${idCount}`;
}

/* Four digits or so, as the terminal's tables have them. */
function figure(value) {
	if (typeof value === "boolean" || typeof value === "string")
		return String(value);
	if (typeof value !== "number" || !isFinite(value))
		return "–";
	const size = Math.abs(value);
	if (size === 0)
		return "0";
	if (size >= 1000)
		return Math.round(value).toLocaleString("en-US");
	if (size >= 0.001)
		return String(Number(value.toPrecision(4)));
	return value.toExponential(2);
}

function bytesText(bytes) {
	const units = ["B", "KiB", "MiB", "GiB", "TiB"];
	let at = 0;

	while (bytes >= 1024 && bytes % 512 === 0 && at < units.length - 1) {
		bytes /= 1024;
		at += 1;
	}
	return `${figure(bytes)} ${units[at]}`;
}

function durationText(seconds) {
	if (!(seconds >= 0))
		return "–";
	if (seconds < 60)
		return `${figure(Number(seconds.toPrecision(3)))} s`;
	const minutes = Math.floor(seconds / 60), rest = Math.floor(seconds % 60);
	if (minutes < 60)
		return `${minutes} min ${String(rest).padStart(2, "0")} s`;
	return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/* head: texts, or { text, span, unit }; rows: lists of cells, each a text, a number, a node or
 * { cell, class }. The first cell of a row names it. headRows: rows of heads above. */
function table(caption, head, rows, options = {}) {
	const headCell = (cell, scope) => make("th", { scope, colspan: cell.span, class: cell.class },
		cell.text === undefined ? cell : cell.text);
	const above = (options.headRows || []).map((cells) =>
		make("tr", {}, cells.map((cell) => headCell(cell, cell.span > 1 ? "colgroup" : "col"))));
	const body = rows.map((cells) => make("tr", {}, cells.map((cell, at) => tableCell(cell, at))));

	return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
		make("table", { class: options.class }, make("caption", {}, caption),
			make("thead", {}, above, make("tr", {}, head.map((cell) => headCell(cell, "col")))),
			make("tbody", {}, body)));
}

function tableCell(cell, at) {
	const given = cell && typeof cell === "object" && !(cell instanceof Node) ? cell : { cell };
	const number = typeof given.cell === "number";
	const content = number ? figure(given.cell) : given.cell === undefined || given.cell === null ? "–" : given.cell;

	if (at === 0)
		return make("th", { scope: "row", class: given.class }, content);
	return make("td", { class: given.class || (number ? "number" : undefined), title: given.title }, content);
}

function section(id, title, ...children) {
	const found = make("section", { id, "aria-labelledby": `${id}-title` },
		make("h2", { id: `${id}-title` }, title), children);
	return found;
}

function details(summary, ...children) {
	return make("details", {}, make("summary", {}, summary), children);
}

/* Filled when it is first opened, or printed. */
const unfilled = new Set();
function lazyDetails(summary, fill) {
	const element = details(summary);
	const open = () => {
		if (unfilled.delete(open))
			element.append(...[fill()].flat());
	};

	unfilled.add(open);
	element.addEventListener("toggle", () => element.open && open());
	return element;
}

/* ---- tabs, after the ARIA authoring practices: one stop of the Tab key, arrows between them ---- */

/* each: { name, content }; onShow(panel) after one came into view. */
function tabs(label, each, onShow) {
	const list = make("div", { role: "tablist", "aria-label": label, class: "tabs" });
	const panels = each.map((one) => make("div", { role: "tabpanel", id: newId("panel"), class: "panel", tabindex: "0" },
		make("h4", { class: "print-only" }, one.name), one.content));
	const buttons = each.map((one, at) => make("button", {
		type: "button", role: "tab", id: newId("tab"), "aria-controls": panels[at].id,
		click: () => show(at), keydown: (event) => move(event, at),
	}, one.name));

	function show(chosen) {
		buttons.forEach((button, at) => {
			button.setAttribute("aria-selected", at === chosen ? "true" : "false");
			button.tabIndex = at === chosen ? 0 : -1;
			panels[at].setAttribute("aria-labelledby", button.id);
			panels[at].hidden = at !== chosen;
		});
		if (onShow)
			onShow(panels[chosen]);
	}
	function move(event, at) {
		const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: each.length - 1 }[event.key];

		if (to === undefined)
			return;
		event.preventDefault();
		const next = (to + each.length) % each.length;
		show(next);
		buttons[next].focus();
	}
	list.append(...buttons);
	show(0);
	return make("div", { class: "tabbed" }, list, panels);
}
