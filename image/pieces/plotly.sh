# What the report's page draws with: the smallest bundle that has surfaces; 1.7 MB.
# sources: plotly.js-gl3d-dist-min

unpack plotly.js-gl3d-dist-min
cp plotly.js-gl3d-dist-min/plotly-gl3d.min.js "$OUT/plotly.min.js"
cp plotly.js-gl3d-dist-min/LICENSE "$OUT"
