-- outliers.sql - machines that stand apart from their like: psql -d DATABASE [-v NAME=VALUE...] -f lab/fleet/outliers.sql
--   bench=, metric=    only these                              (all, but figures that their benchmark calls details)
--   least=5            machines of one kind that there must be
--   floor=0.05         what is not further away than this share of the typical figure is none
--   spreads=5          nor what is not further than so many robust standard deviations (1.4826 times the median absolute deviation)
--   explain=EXPLAIN    how PostgreSQL would find them
-- Alike are machines with the same fingerprint; compared are runs of the same plan on the same image. A machine counts with the median of
-- its runs, its like with the median of the machines: neither one bad run nor the bad machine itself moves them.
\set ON_ERROR_STOP on
\if :{?bench} \else \set bench '' \endif
\if :{?metric} \else \set metric '' \endif
\if :{?least} \else \set least 5 \endif
\if :{?floor} \else \set floor 0.05 \endif
\if :{?spreads} \else \set spreads 5 \endif
\if :{?explain} \else \set explain '' \endif
:explain
WITH asked AS (
	SELECT id FROM assay.series
	WHERE (:'bench' = '' OR bench = :'bench') AND (:'metric' = '' OR metric = :'metric') AND (:'metric' <> '' OR NOT detail)
), levels AS (
	SELECT run.fingerprint, run.plan_digest, run.image, m.series, run.machine,
		percentile_cont(0.5) WITHIN GROUP (ORDER BY m.value) AS level, count(*) AS runs
	FROM assay.measurement m JOIN assay.run ON run.id = m.run
	WHERE m.valid AND m.value IS NOT NULL AND run.sound AND m.series IN (SELECT id FROM asked)
	GROUP BY 1, 2, 3, 4, 5
), alike AS (
	SELECT fingerprint, plan_digest, image, series, count(*) AS machines, percentile_cont(0.5) WITHIN GROUP (ORDER BY level) AS typical
	FROM levels GROUP BY 1, 2, 3, 4 HAVING count(*) >= :least
), spread AS (
	SELECT fingerprint, plan_digest, image, series, machines, typical,
		1.4826 * percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(level - typical)) AS deviation
	FROM levels JOIN alike USING (fingerprint, plan_digest, image, series) GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT machine.name AS machine, series.bench, series.label, series.metric, series.place, series.unit, level, typical, machines, runs,
	round((100 * (level - typical) / nullif(abs(typical), 0))::numeric, 1) AS percent,
	CASE WHEN series.better = CASE WHEN level > typical THEN 'more' ELSE 'less' END THEN 'better'
		WHEN series.better IN ('more', 'less') THEN 'worse' ELSE 'different' END AS how,
	left(fingerprint.kind, 12) AS kind
FROM levels
JOIN spread USING (fingerprint, plan_digest, image, series)
JOIN assay.series ON series.id = levels.series
JOIN assay.machine ON machine.id = levels.machine
JOIN assay.fingerprint ON fingerprint.id = levels.fingerprint
WHERE abs(level - typical) > :floor * abs(typical) AND abs(level - typical) > :spreads * deviation
ORDER BY abs(level - typical) / nullif(abs(typical), 0) DESC NULLS FIRST, machine.name, series.id;
