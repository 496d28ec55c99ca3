-- schema.sql - the results of a fleet in PostgreSQL (13 and later): psql -d DATABASE -f lab/fleet/schema.sql, as often as you like.
-- `assay export RUN... format=postgres | psql -q -d DATABASE` fills it; docs/fleet.md tells of both, and of the queries beside this file.
-- What is here is a copy: results/RUN/journal.jsonl is the evidence, and run.name with measurement.record leads back to its line.
\set ON_ERROR_STOP on
BEGIN;
SET LOCAL client_min_messages TO warning;
CREATE SCHEMA IF NOT EXISTS assay;
SET LOCAL search_path TO assay;

CREATE TABLE IF NOT EXISTS machine (
	id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name    text NOT NULL UNIQUE
);
COMMENT ON TABLE machine IS 'a machine of the fleet';
COMMENT ON COLUMN machine.name IS 'as the desk called it (assay boot), else the board''s UUID, else the MAC address of its first card, else its product';

CREATE TABLE IF NOT EXISTS fingerprint (
	id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind    text NOT NULL UNIQUE,
	facts   jsonb NOT NULL
);
COMMENT ON TABLE fingerprint IS 'a kind of machine: runs with the same facts ran on machines that are identical as far as they can see themselves';
COMMENT ON COLUMN fingerprint.kind IS 'SHA-256 of the facts as PostgreSQL prints them';
COMMENT ON COLUMN fingerprint.facts IS 'everything in the journal''s dutInfo that can change a figure, flattened; no serials, no MAC addresses, no times; bytes, KiB where the kernel''s own name says so';

CREATE TABLE IF NOT EXISTS run (
	id          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name        text NOT NULL UNIQUE,
	machine     integer NOT NULL REFERENCES machine,
	fingerprint integer NOT NULL REFERENCES fingerprint,
	product     text NOT NULL,
	plan        text NOT NULL,
	plan_digest text NOT NULL,
	image       text NOT NULL,
	version     text NOT NULL,
	started     timestamptz,
	records     bigint NOT NULL,
	head        text NOT NULL,
	sound       boolean NOT NULL,
	ended       boolean NOT NULL,
	status      text NOT NULL,
	result      text NOT NULL,
	loaded      timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN run.name IS 'the run id, which is its folder''s name';
COMMENT ON COLUMN run.plan_digest IS 'SHA-256 of the plan, hexadecimal; '''' where the journal has none';
COMMENT ON COLUMN run.image IS 'SHA-256 of the payload it ran on, or the build id, hexadecimal';
COMMENT ON COLUMN run.started IS 'time of the first record by the machine''s own clock, which labels and is not measured with';
COMMENT ON COLUMN run.records IS 'records of the journal, as many as were there when it was loaded';
COMMENT ON COLUMN run.head IS 'the end of the hash chain over them, hexadecimal: as on the serial line and in journal.sha256';
COMMENT ON COLUMN run.sound IS 'every record was there and agreed with its hash when it was loaded; assay verify says more';
COMMENT ON COLUMN run.ended IS 'the journal has the run''s end; a later load of the whole run takes this one''s place';
COMMENT ON COLUMN run.status IS 'COMPLETE, ERROR or SKIP, as OCP Test & Validation Output 2.0 has them; '''' while it has not ended';
COMMENT ON COLUMN run.result IS 'PASS, FAIL or NOT_APPLICABLE, likewise';

CREATE TABLE IF NOT EXISTS step (
	run     integer NOT NULL REFERENCES run,
	id      text NOT NULL,
	name    text NOT NULL,
	bench   text NOT NULL,
	label   text NOT NULL,
	target  text NOT NULL,
	outcome text NOT NULL,
	reason  text NOT NULL,
	seconds double precision NOT NULL,
	PRIMARY KEY (run, id)
);
COMMENT ON COLUMN step.id IS 'testStepId: s1, s2, ...';
COMMENT ON COLUMN step.target IS 'an address, a folder or a disk; '''' for none';
COMMENT ON COLUMN step.outcome IS 'ok, failed, error, skipped, timeout, crashed, interrupted, invalid; '''' when it had not come to one';
COMMENT ON COLUMN step.seconds IS 'how long it took, seconds by the monotonic clock';

CREATE TABLE IF NOT EXISTS series (
	id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	bench   text NOT NULL,
	label   text NOT NULL,
	metric  text NOT NULL,
	place   text NOT NULL,
	unit    text NOT NULL,
	better  text NOT NULL,
	detail  boolean NOT NULL,
	UNIQUE (bench, metric, label, place, unit, better, detail)
);
COMMENT ON TABLE series IS 'what can be compared from run to run: the same figure of the same benchmark in the same place';
COMMENT ON COLUMN series.place IS 'where in a matrix: file=64 KiB;record=4 KiB; '''' for a figure of the whole step';
COMMENT ON COLUMN series.unit IS 'of value, min, max, mean, sd, median, p95 and p99 of its measurements, as recorded and never converted: Mbit/s, KiB/s, ms, us, /s, %, ...';
COMMENT ON COLUMN series.better IS 'more, less or neither';
COMMENT ON COLUMN series.detail IS 'left out of summaries by the benchmark itself';

CREATE TABLE IF NOT EXISTS measurement (
	run     integer NOT NULL,
	record  bigint NOT NULL,
	step    text NOT NULL,
	series  integer NOT NULL,
	valid   boolean NOT NULL,
	value   double precision,
	word    text,
	n       double precision,
	min     double precision,
	max     double precision,
	mean    double precision,
	sd      double precision,
	median  double precision,
	p95     double precision,
	p99     double precision,
	taken   timestamptz,
	PRIMARY KEY (run, record)
);
COMMENT ON TABLE measurement IS 'a figure of a step of a run; written by take_run() alone, which joins step and series: foreign keys would take more than half of the loading time';
COMMENT ON COLUMN measurement.record IS 'sequenceNumber of its record in the journal';
COMMENT ON COLUMN measurement.valid IS 'its step''s outcome is ok; figures of other steps are kept and count for nothing';
COMMENT ON COLUMN measurement.value IS 'in the unit of its series';
COMMENT ON COLUMN measurement.word IS 'a value that is a text or a truth value';
COMMENT ON COLUMN measurement.n IS 'how many samples the value is made of; min to p99 are theirs, in the unit of the series';
COMMENT ON COLUMN measurement.taken IS 'time of its record by the machine''s own clock';

-- outliers.sql, and drift.sql by metric: all values of a series, without a look at the table.
CREATE INDEX IF NOT EXISTS measurement_by_series ON measurement (series, run) INCLUDE (value) WHERE valid;
-- drift.sql by machine: its runs, from which measurement's primary key leads on.
CREATE INDEX IF NOT EXISTS run_by_machine ON run (machine, started);
-- What identical machines there are.
CREATE INDEX IF NOT EXISTS run_by_fingerprint ON run (fingerprint);

-- ---- loading: what export wrote is given first, then taken as a whole or not at all

CREATE OR REPLACE FUNCTION begin_run(schema_number integer) RETURNS void LANGUAGE plpgsql
SET client_min_messages TO warning AS $$
BEGIN
	IF schema_number <> 1 THEN
		RAISE EXCEPTION 'assay export wrote for schema %, here is schema 1', schema_number
			USING HINT = 'psql -f lab/fleet/schema.sql of the same version of Assay';
	END IF;
	CREATE TEMPORARY TABLE IF NOT EXISTS given_run (name text, machine text, product text, plan text, plan_digest text, image text,
		version text, started timestamptz, records bigint, head text, sound boolean, ended boolean, status text, result text, facts jsonb)
		ON COMMIT DELETE ROWS;
	CREATE TEMPORARY TABLE IF NOT EXISTS given_step (id text, name text, bench text, label text, target text, outcome text, reason text,
		seconds double precision) ON COMMIT DELETE ROWS;
	CREATE TEMPORARY TABLE IF NOT EXISTS given_measurement (record bigint, step text, metric text, place text, unit text, better text,
		detail boolean, value double precision, word text, n double precision, min double precision, max double precision,
		mean double precision, sd double precision, median double precision, p95 double precision, p99 double precision,
		taken timestamptz) ON COMMIT DELETE ROWS;
END $$;

-- The given run's row. NULL: a run of that name is here.
CREATE OR REPLACE FUNCTION insert_run() RETURNS integer LANGUAGE plpgsql
SET search_path TO assay, pg_temp AS $$
DECLARE
	number integer;
BEGIN
	INSERT INTO machine (name) SELECT machine FROM given_run ON CONFLICT DO NOTHING;
	INSERT INTO fingerprint (kind, facts)
		SELECT encode(sha256(convert_to(facts::text, 'UTF8')), 'hex'), facts FROM given_run ON CONFLICT DO NOTHING;
	INSERT INTO run (name, machine, fingerprint, product, plan, plan_digest, image, version, started, records, head, sound, ended,
			status, result)
		SELECT given.name, machine.id, fingerprint.id, product, plan, plan_digest, image, version, started, records, head, sound, ended,
			status, result
		FROM given_run given
		JOIN machine ON machine.name = given.machine
		JOIN fingerprint ON fingerprint.kind = encode(sha256(convert_to(given.facts::text, 'UTF8')), 'hex')
		ON CONFLICT DO NOTHING
		RETURNING id INTO number;
	RETURN number;
END $$;

-- What hangs on it. Returns how many measurements.
CREATE OR REPLACE FUNCTION insert_rows(into_run integer) RETURNS bigint LANGUAGE plpgsql
SET search_path TO assay, pg_temp AS $$
DECLARE
	counted bigint;
BEGIN
	INSERT INTO step SELECT into_run, id, name, bench, label, target, outcome, reason, seconds FROM given_step;
	INSERT INTO series (bench, label, metric, place, unit, better, detail)
		SELECT DISTINCT bench, label, metric, place, unit, better, detail
		FROM given_measurement given JOIN given_step ON given_step.id = given.step
		EXCEPT SELECT bench, label, metric, place, unit, better, detail FROM series
		ORDER BY 1, 2, 3, 4, 5, 6, 7 -- in one order for all, so that two loads wait for each other and do not deadlock
		ON CONFLICT DO NOTHING;
	INSERT INTO measurement
		SELECT into_run, record, step, series.id, outcome = 'ok', value, word, n, min, max, mean, sd, median, p95, p99, taken
		FROM given_measurement given
		JOIN given_step ON given_step.id = given.step
		JOIN series USING (bench, label, metric, place, unit, better, detail);
	GET DIAGNOSTICS counted = ROW_COUNT;
	IF counted <> (SELECT count(*) FROM given_measurement) THEN
		RAISE EXCEPTION 'run %: % of its measurements found no step', (SELECT name FROM given_run),
			(SELECT count(*) FROM given_measurement) - counted;
	END IF;
	RETURN counted;
END $$;

-- Deletes a run and what hangs on it; its machine, fingerprint and series stay.
CREATE OR REPLACE FUNCTION forget_run(run_name text) RETURNS void LANGUAGE plpgsql
SET search_path TO assay, pg_temp AS $$
DECLARE
	number integer;
BEGIN
	SELECT id INTO STRICT number FROM run WHERE name = run_name FOR UPDATE;
	DELETE FROM measurement WHERE measurement.run = number;
	DELETE FROM step WHERE step.run = number;
	DELETE FROM run WHERE id = number;
END $$;

-- A run that is here already stays as it is, unless what is given is the same run with more of it, or sound where this one is not.
CREATE OR REPLACE FUNCTION take_run() RETURNS text LANGUAGE plpgsql
SET search_path TO assay, pg_temp AS $$
DECLARE
	given record;
	known record;
	number integer;
BEGIN
	SELECT * INTO STRICT given FROM given_run;
	number := insert_run();
	IF number IS NOT NULL THEN
		RETURN format('%s: loaded, %s measurements', given.name, insert_rows(number));
	END IF;
	SELECT * INTO STRICT known FROM run WHERE name = given.name FOR UPDATE;
	IF given.sound AND NOT known.sound THEN
		PERFORM forget_run(given.name);
		RETURN format('%s: sound now: %s measurements', given.name, insert_rows(insert_run()));
	END IF;
	IF known.head = given.head AND known.records = given.records THEN
		RETURN format('%s: is here', given.name);
	END IF;
	IF given.records < known.records THEN
		RETURN format('%s: is here with %s records, these are its first %s', given.name, known.records, given.records);
	END IF;
	IF given.records = known.records OR NOT given.sound OR EXISTS (
			SELECT record, value, word, n FROM measurement WHERE run = known.id
			EXCEPT SELECT record, value, word, n FROM given_measurement) THEN
		RAISE EXCEPTION 'run %: another journal under this name is here', given.name
			USING HINT = format('assay verify tells which one was changed; SELECT assay.forget_run(%L) makes room for the right one', given.name);
	END IF;
	PERFORM forget_run(given.name);
	RETURN format('%s: more of it: %s measurements', given.name, insert_rows(insert_run()));
END $$;
COMMIT;
