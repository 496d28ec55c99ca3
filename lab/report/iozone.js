// iozone's matrix of file and record size: for each test the surface, the heat map of each machine, and their ratio.

const IOZONE_TESTS = ["write", "rewrite", "read", "reread", "random_read", "random_write", "backward_read", "record_rewrite", "stride_read",
	"fwrite", "frewrite", "fread", "freread", "pwrite", "repwrite", "pread", "repread", "pwritev", "repwritev", "preadv", "repreadv"];

/* ---- the matrix ---- */

function axisValues(name, test, axis) {
	const values = new Set();

	for (const step of runs.flatMap((run) => run.steps.filter((one) => one.name === name)))
		for (const one of step.measurements)
			if (one.name === test && at(one, `metadata.at.${axis}.value`) > 0)
				values.add(at(one, `metadata.at.${axis}.value`));
	return [...values].sort((a, b) => a - b);
}

function matrixOf(group, name, test, files, records) {
	return files.map((file) => records.map((record) => {
		const key = `file=${file},record=${record}`;
		const width = measured(group, name, "half_width", key)[0];
		return cellOf(measured(group, name, test, key), width ? width.value : 0);
	}));
}
function kib(value) {
	return bytesText(value * 1024);
}

/* ---- colours: by text and brackets, too, so that none is needed to read a cell ---- */

const RISING = [[68, 1, 84], [65, 68, 135], [42, 120, 142], [34, 168, 132], [122, 209, 81], [253, 231, 37]];
const AROUND = [[178, 88, 6], [241, 163, 64], [254, 224, 182], [247, 247, 247], [216, 218, 235], [153, 142, 195], [84, 39, 136]];

function blend(scale, part) {
	const place = Math.min(Math.max(part, 0), 1) * (scale.length - 1), low = Math.min(Math.floor(place), scale.length - 2);

	return scale[low].map((from, at) => Math.round(from + (scale[low + 1][at] - from) * (place - low)));
}
/* Black is the more readable ink on it (WCAG's relative luminance). */
function isPale(colour) {
	const [red, green, blue] = colour.map((one) => one / 255).map((one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);

	return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18;
}
function colouredCell(text, colour, title, dim) {
	const cell = make("td", { class: `heat${isPale(colour) ? " pale" : ""}${dim ? " dim" : ""}`, title }, dim ? `(${text})` : text);

	cell.style.backgroundColor = `rgb(${colour.join(",")})`;
	return cell;
}

function heatTable(caption, files, records, cellAt) {
	const rows = files.map((file, down) => make("tr", {}, make("th", { scope: "row" }, kib(file)),
		records.map((record, across) => cellAt(down, across) || make("td", { class: "heat none" }, ""))));

	return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption }, make("table", { class: "heatmap" },
		make("caption", {}, caption),
		make("thead", {}, make("tr", {}, make("th", { scope: "col" }, "file \\ record"), records.map((record) => make("th", { scope: "col" }, kib(record))))),
		make("tbody", {}, rows)));
}

function valueMap(group, test, matrix, files, records, range) {
	const [low, high] = range.map(Math.log);

	return heatTable(`${group.name}: ${test}, KiB/s`, files, records, (down, across) => {
		const cell = matrix[down][across];
		return cell && colouredCell(figure(Math.round(cell.value)), blend(RISING, (Math.log(cell.value) - low) / (high - low || 1)),
			`${cell.boots} boot(s), ${cell.n} value(s)${cell.known ? `, ${figure(cell.low)} to ${figure(cell.high)}` : ""}`);
	});
}

function ratioMap(a, b, name, test, matrixA, matrixB, files, records) {
	const judged = matrixA.map((row, down) => row.map((cell, across) => judge(cell, matrixB[down][across], a, b,
		`${name}|${test}|file=${files[down]},record=${records[across]}`)));
	const most = Math.max(0.2, ...judged.flat().filter(Boolean).map((one) => Math.abs(Math.log2(one.ratio))));
	const all = judged.flat().filter(Boolean), clear = all.filter((one) => one.clear).length;

	return heatTable(`${b.name} as a ratio to ${a.name}: ${test}; ${clear} of ${all.length} cells differ clearly, the others are dimmed and in brackets`,
		files, records, (down, across) => {
			const one = judged[down][across];
			return one && colouredCell(figure(Number(one.ratio.toPrecision(3))), blend(AROUND, 0.5 + Math.log2(one.ratio) / most / 2),
				[one.verdict, one.low ? `${figure(one.low)} to ${figure(one.high)}` : "", one.reason].filter(Boolean).join(", "), !one.clear);
		});
}

/* ---- the surface ---- */

const CAMERA = { x: -1.6, y: -1.6, z: 0.9 }, CENTRE = { x: 0, y: 0, z: -0.22 };

function surfaceTrace(matrix, range) {
	const scale = RISING.map((colour, at) => [at / (RISING.length - 1), `rgb(${colour.join(",")})`]);

	return { type: "surface", z: matrix.map((row) => row.map((cell) => cell ? cell.value : null)), colorscale: scale, cmin: range[0], cmax: range[1],
		showscale: false, hovertemplate: "%{z:.4s} KiB/s<extra></extra>", contours: { z: { show: false } } };
}

function surfaceLayout(files, records, range, colours) {
	const axis = { color: colours.ink, gridcolor: colours.rule, showbackground: false };
	const sizes = (values) => ({ tickvals: values.map((_, at) => at).filter((at) => at % Math.ceil(values.length / 7) === 0),
		ticktext: values.filter((_, at) => at % Math.ceil(values.length / 7) === 0).map(kib) });

	return { height: 400, margin: { l: 0, r: 0, t: 0, b: 0 }, scene: { camera: { eye: { ...CAMERA }, center: CENTRE }, aspectratio: { x: 1.1, y: 1.1, z: 0.75 },
		xaxis: { ...axis, title: { text: "record" }, ...sizes(records) }, yaxis: { ...axis, title: { text: "file" }, ...sizes(files) },
		zaxis: { ...axis, title: { text: "KiB/s" }, tickformat: "~s", range: [0, range[1] * 1.05] } } };
}

const UP = { x: 0, y: 0, z: 1 };

/* A pointer turns what is drawn and not always the layout, and what the layout has already is not set again: so the layout first hears what
 * is drawn, and then what is wanted. */
async function look(box, camera) {
	const drawn = cameraOf(box);

	await Plotly.relayout(box, { "scene.camera": drawn });
	return Plotly.relayout(box, { "scene.camera": { ...drawn, ...camera } });
}
function cameraOf(box) {
	const scene = at(box, "_fullLayout.scene._scene");
	const { eye, center, up } = scene ? scene.getCamera() : { eye: CAMERA, center: CENTRE, up: UP };

	return { eye: { ...eye }, center: { ...center }, up: { ...up } };
}

/* By keyboard as by pointer. */
function turn(box, across, up) {
	const { eye } = cameraOf(box), angle = Math.atan2(eye.y, eye.x) + across, away = Math.hypot(eye.x, eye.y);

	return look(box, { eye: { x: away * Math.cos(angle), y: away * Math.sin(angle), z: Math.min(Math.max(eye.z + up, -2), 3) } });
}
function reset(box) {
	return look(box, { eye: { ...CAMERA }, center: { ...CENTRE }, up: { ...UP } });
}
function turnButtons(box, what) {
	const button = (text, label, across, up) => make("button", { type: "button", "aria-label": `${label}: ${what}`, click: () => turn(box(), across, up) }, text);

	return make("div", { class: "turn", role: "group", "aria-label": `Turn ${what}` }, button("←", "turn left", -0.26, 0), button("→", "turn right", 0.26, 0),
		button("↑", "from above", 0, 0.3), button("↓", "from below", 0, -0.3),
		make("button", { type: "button", "aria-label": `first view: ${what}`, click: () => reset(box()) }, "reset"));
}

/* What is drawn in space does not print: a picture of it does, made when there is nothing else to do and it is still in view. */
async function keepPicture(box, picture, traces, layout) {
	await new Promise((resolve) => requestIdleCallback(resolve));
	if (!box.dataset.drawn || !box.checkVisibility() || picture.src)
		return;
	picture.src = await Plotly.toImage({ data: traces(), layout: { ...layoutOf(layout(PRINT_COLOURS), PRINT_COLOURS), width: 640, height: 400 } },
		{ format: "png", width: 640, height: 400 });
}
const PRINT_COLOURS = { ink: "#111111", paper: "#ffffff", rule: "#cccccc" };

function surface(group, test, matrix, files, records, range) {
	const what = `${group.name}: ${test} as a surface over file and record size`;
	const picture = make("img", { class: "print-only", alt: what });
	const traces = () => [surfaceTrace(matrix, range)], layout = (colours) => surfaceLayout(files, records, range, colours);
	const shown = chart(what, traces, layout, { space: true, class: "space", below: [], after: (box) => keepPicture(box, picture, traces, layout) });
	const box = shown.querySelector(".chart");

	shown.append(picture, turnButtons(() => box, `the surface of ${group.name}`));
	return shown;
}

/* ---- a test ---- */

function testPanel(name, test) {
	const files = axisValues(name, test, 0), records = axisValues(name, test, 1);
	const each = groups.map((group) => ({ group, matrix: matrixOf(group, name, test, files, records) })).filter((one) => one.matrix.flat().some(Boolean));
	const values = each.flatMap((one) => one.matrix.flat()).filter((cell) => cell && cell.value > 0).map((cell) => cell.value);
	const range = [Math.min(...values), Math.max(...values)];
	const enough = files.length > 1 && records.length > 1;

	return [enough ? make("div", { class: "surfaces" }, each.map((one) => surface(one.group, test, one.matrix, files, records, range))) : null,
		each.map((one) => valueMap(one.group, test, one.matrix, files, records, range)),
		each.slice(1).map((one) => ratioMap(each[0].group, one.group, name, test, each[0].matrix, one.matrix, files, records))].flat();
}

function iozoneSection() {
	const names = stepNames("file.iozone");
	const testsOf = (name) => IOZONE_TESTS.filter((test) => axisValues(name, test, 0).length);

	if (!names.some((name) => testsOf(name).length))
		return null;
	return section("iozone", "iozone", make("p", {}, "KiB/s over the size of the file (down) and of the record (across). Surfaces turn by pointer or by their buttons. A ratio is clear when "
		+ "`assay compare` says better or worse; where it did not compare, when the two machines' ranges do not meet. A single pass each cannot tell."),
	names.filter((name) => testsOf(name).length).map((name) => [make("h3", {}, name), make("p", {}, at(stepNamed(name), "content.definition") || ""),
		tabs(`${name}: tests`, testsOf(name).map((test) => ({ name: test.replaceAll("_", " "), content: testPanel(name, test) })), () => drawCharts())]),
	plainTable("iozone, many at once (-t)", "file.iozone_throughput"));
}
