# What drives the browser in the test of the report's page. It brings no browser: that is the distribution's.
# sources: playwright-core

unpack playwright-core
mkdir "$OUT/node_modules"
mv playwright-core "$OUT/node_modules"
