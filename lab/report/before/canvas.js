// Runs before Plotly does.

{
	/* Plotly reads its own texts back from a canvas; without this word the browser warns of that. */
	const getContext = HTMLCanvasElement.prototype.getContext;
	HTMLCanvasElement.prototype.getContext = function (kind, options) {
		return getContext.call(this, kind, kind === "2d" ? { willReadFrequently: true, ...options } : options);
	};
}
