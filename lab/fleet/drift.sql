-- drift.sql - figures that went up or down over a machine's runs: psql -d DATABASE [-v NAME=VALUE...] -f lab/fleet/drift.sql
--   machine=           only this one                           (all)
--   bench=, metric=    only these                              (all, but figures that their benchmark calls details)
--   least=6            values that there must be
--   floor=0.05         the medians of the first and the last third must be further apart than this share of the first
--   steepness=5        and the slope of the line through all values this many of its standard errors (Student's t of the regression)
--   explain=EXPLAIN    how PostgreSQL would find them
-- One bad run moves neither median; a step and a slope both count. `images` and `kinds` above 1 say that the software or the machine itself
-- was another in between. Time is the machines' own clock.
\set ON_ERROR_STOP on
\if :{?machine} \else \set machine '' \endif
\if :{?bench} \else \set bench '' \endif
\if :{?metric} \else \set metric '' \endif
\if :{?least} \else \set least 6 \endif
\if :{?floor} \else \set floor 0.05 \endif
\if :{?steepness} \else \set steepness 5 \endif
\if :{?explain} \else \set explain '' \endif
:explain
WITH asked AS (
	SELECT id FROM assay.series
	WHERE (:'bench' = '' OR bench = :'bench') AND (:'metric' = '' OR metric = :'metric') AND (:'metric' <> '' OR NOT detail)
), runs AS MATERIALIZED (
	SELECT id, machine, plan_digest, image, fingerprint, started, extract(epoch FROM started)::double precision / 86400 AS day
	FROM assay.run
	WHERE sound AND started IS NOT NULL AND (:'machine' = '' OR machine = (SELECT id FROM assay.machine WHERE name = :'machine'))
), course AS (
	SELECT machine, plan_digest, m.series, started, image, fingerprint, m.value, day,
		ntile(3) OVER (PARTITION BY machine, plan_digest, m.series ORDER BY started, runs.id, m.record) AS third
	FROM runs JOIN assay.measurement m ON m.run = runs.id
	WHERE m.valid AND m.value IS NOT NULL AND m.series IN (SELECT id FROM asked)
), trend AS (
	SELECT machine, plan_digest, series, count(*) AS points, min(started) AS since, max(started) AS until,
		count(DISTINCT image) AS images, count(DISTINCT fingerprint) AS kinds, regr_slope(value, day) AS slope, corr(value, day) AS r,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY value) FILTER (WHERE third = 1) AS before,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY value) FILTER (WHERE third = 3) AS after
	FROM course GROUP BY 1, 2, 3 HAVING count(*) >= :least
)
SELECT machine.name AS machine, series.bench, series.label, series.metric, series.place, series.unit, before, after,
	round((100 * (after - before) / nullif(abs(before), 0))::numeric, 1) AS percent, slope AS per_day, trend.points, since, until, images, kinds,
	CASE WHEN series.better = CASE WHEN after > before THEN 'more' ELSE 'less' END THEN 'better'
		WHEN series.better IN ('more', 'less') THEN 'worse' ELSE 'different' END AS how
FROM trend
JOIN assay.series ON series.id = trend.series
JOIN assay.machine ON machine.id = trend.machine
WHERE abs(after - before) > :floor * abs(before)
	AND (r * r >= 1 OR abs(r) * sqrt(trend.points - 2) > :steepness * sqrt(1 - r * r))
ORDER BY abs(after - before) / nullif(abs(before), 0) DESC NULLS FIRST, machine.name, series.id;
