# `lint`: what is wrong or doubtful in migrations, with file and line, without
# a database.

load lib
setup() { begin; mkdir migrations; }
teardown() { end; }

lint()
{
	"$FLEET_UPGRADE" -c /dev/null -m migrations lint "$@"
}

@test "lint: good migrations, and those that are shipped" {
	add_step baseline 1 <<<'CREATE TABLE t(a);'
	exits 0 lint
	has "1 step: 0 errors, 0 warnings"
	exits 0 lint --quiet
	same "" "$output"
	exits 0 "$FLEET_UPGRADE" -c /dev/null -m "$SRCDIR/migrations" lint
	has "0 errors"
}

@test "lint: a start without its end, and an end without its start" {
	add_step baseline 1 <<<'CREATE TABLE t(a);'
	printf '# x\n\n```sql\n-- [user:1→2:start]\nSELECT 1;\n```\n' \
		>migrations/open.md
	exits 65 lint
	says "migrations/open.md:4: error" "1 error"
	printf '# x\n\n```sql\nSELECT 1;\n-- [user:1→2:end]\n```\n' \
		>migrations/open.md
	exits 65 lint
	has "migrations/open.md:5: error"
}

@test "lint: the same step twice, two ways, a gap, a cycle" {
	add_step baseline 1 <<<'CREATE TABLE t(a);'
	add_step 1 2 <<<'CREATE TABLE u(a);'
	cp migrations/step-2-user.md migrations/step-2-again.md
	exits 65 lint
	says "step-2-user.md:5: error" "twice"
	rm migrations/step-2-again.md
	add_step 1 3 <<<'CREATE TABLE v(a);'
	exits 65 lint
	has "step-3-user.md:5: error"
	rm migrations/step-3-user.md
	add_step 4 5 <<<'CREATE TABLE v(a);'
	exits 65 lint
	has "step-5-user.md:5: error"
	rm migrations/step-5-user.md
	add_step 2 1 <<<'CREATE TABLE v(a);'
	exits 65 lint
	has error
}

@test "lint: SQL that does not run, with its line" {
	add_step baseline 1 <<-'SQL'
		-- A comment.

		CREATE TABLE t(a);
		CREATE TABEL u(a);
	SQL
	exits 65 lint
	says "step-1-user.md:8: error" 'near "TABEL": syntax error'
	exits 65 "$FLEET_UPGRADE" -c /dev/null -m migrations list
	has "step-1-user.md:8"
}

@test "lint: what a step may not do is an error" {
	add_step baseline 1 <<<'CREATE TABLE t(a);'
	for sql in 'BEGIN' COMMIT ROLLBACK 'SAVEPOINT s' VACUUM \
		"VACUUM INTO 'x'" "ATTACH 'x' AS x" 'DETACH x' \
		'PRAGMA journal_mode = OFF' 'PRAGMA writable_schema = ON' \
		'PRAGMA synchronous = OFF' 'DROP TABLE fleet_schema_history' \
		"SELECT load_extension('x')"; do
		add_step 1 2 <<<"CREATE TABLE u(a);
$sql;"
		run lint
		if [ "$status" -ne 65 ] ||
			[[ $output != *"step-2-user.md:6: error"* ]]; then
			echo "not refused: $sql"
			echo "$output"
			return 1
		fi
	done
}

@test "lint: what generated migrations contain is accepted" {
	add_step baseline 1 <<-'SQL'
		PRAGMA foreign_keys = OFF;
		CREATE TABLE t(a);
		CREATE TRIGGER tr AFTER INSERT ON t BEGIN
			UPDATE t SET a = 'one; two'; DELETE FROM t;
		END;
		PRAGMA foreign_key_check;
		PRAGMA user_version = 4;
		PRAGMA foreign_keys = ON;
	SQL
	exits 0 lint
	has "0 errors"
}

@test "lint: strings in double quotes are warned of, and work" {
	add_step baseline 1 <<<'CREATE TABLE t(a DEFAULT "NA");
INSERT INTO t(a) VALUES ("x");'
	exits 0 lint
	says "step-1-user.md:5: warning" "step-1-user.md:6: warning" \
		"2 warnings"
}

@test "lint: a tag that is no version is noted as ignored, with its line" {
	add_step baseline 1 <<<'CREATE TABLE t(a);'
	printf '```sql\n-- [user:from→to:start]\nx\n-- [user:from→to:end]\n```\n' \
		>migrations/format.md
	exits 0 lint
	says "format.md:2: note" "ignored"
}

@test "lint: several errors are told at once" {
	add_step baseline 1 <<<'VACUUM;'
	add_step baseline 1 system <<<'COMMIT;'
	exits 65 lint
	says "step-1-user.md:5: error" "step-1-system.md:5: error" "2 errors"
}

@test "lint: --json, a finding a line" {
	add_step baseline 1 <<<'CREATE TABLE t(a DEFAULT "NA");'
	add_step 1 2 <<<'VACUUM;'
	lint --json >json || status=$?
	same 65 "$status"
	same '["event","severity","file","line","rule","message"]' \
		"$(jq -c 'select(.event == "finding") | keys_unsorted' json |
			sort -u)"
	same '{"event":"lint-end","format":"markdown","steps":2,"errors":1,"warnings":1,"notes":0,"exit_status":65}' \
		"$(tail -n 1 json)"
	same "error 5 migrations/step-2-user.md" "$(jq -r 'select(.severity ==
		"error") | "\(.severity) \(.line) \(.file)"' json)"
}

@test "lint: another database's SQL, with why and what to write instead" {
	add_step baseline 1 <<-'SQL'
		CREATE EXTENSION IF NOT EXISTS "pgcrypto";
		CREATE TABLE t(
			id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
			data JSONB,
			at TIMESTAMP WITH TIME ZONE DEFAULT NOW()
		);
		\d t
		CREATE INDEX i ON t USING GIN (data);
		CREATE FUNCTION f() RETURNS trigger AS $$
		BEGIN NEW.at = now(); RETURN NEW; END;
		$$ LANGUAGE plpgsql;
		DROP TABLE t CASCADE;
	SQL
	exits 65 lint
	says "step-1-user.md:5: error: user:baseline→1: SQLite loads no" \
		"step-1-user.md:7: error" "DEFAULT (lower(hex(randomblob(16))))" \
		"step-1-user.md:8: warning" "step-1-user.md:9: error" \
		"step-1-user.md:11: error" "a command to psql" \
		"step-1-user.md:12: error" "all indexes of SQLite are b-trees" \
		"step-1-user.md:13: error" "step-1-user.md:16: error" \
		"[dialect]"
	lacks "[replay]"
	lacks "[forbidden]"
	mkdir fleet
	sqlite3 fleet/system.db 'CREATE TABLE t(a)'
	exits 65 fleet upgrade
	says "step-1-user.md:5: user:baseline→1: SQLite loads no extensions" \
		"take it out" 'SQLite says: near "EXTENSION"'
}

@test "lint: what SQLite takes for something else is warned of" {
	add_step baseline 1 <<-'SQL'
		CREATE TABLE t(id SERIAL PRIMARY KEY, u UUID,
			at TIMESTAMPTZ);
	SQL
	exits 0 lint
	says "step-1-user.md:5: warning: user:baseline→1: SERIAL: " \
		"write INTEGER PRIMARY KEY [dialect]" "UUID: " \
		"step-1-user.md:6: warning" "0 errors, 3 warnings"
}

@test "lint: lint.destructive = error stops an upgrade too" {
	add_step baseline 1 <<<'CREATE TABLE t(a, b);'
	add_step 1 2 <<-'SQL'
		ALTER TABLE t DROP COLUMN IF EXISTS b;
		CREATE TABLE n(a);
		DROP TABLE n;
		DELETE FROM t;
	SQL
	mkdir fleet
	sqlite3 fleet/system.db 'CREATE TABLE t(a)'
	sqlite3 "$(db alice)" 'CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 2)'
	save_fleet saved
	exits 0 lint
	has "0 errors, 2 warnings"
	exits 65 lint --set lint.destructive=error
	says "step-2-user.md:5: error" "DROP COLUMN b" \
		"step-2-user.md:8: error" "DELETE without WHERE" \
		"-- fleet-upgrade: destructive" "[destructive]" "2 errors"
	for command in upgrade "baseline --to 1" --dry-run verify; do
		# shellcheck disable=SC2086 # words of a command
		exits 65 fleet --set lint.destructive=error $command
		says "step-2-user.md:5: user:1→2: DROP COLUMN b" "and 1 more"
	done
	files_same saved
	exits 0 fleet --set lint.destructive=error status
	has "going on without migrations"
	exits 64 lint --set lint.destructive=note

	# Who means it says so.
	add_step 1 2 <<-'SQL'
		-- fleet-upgrade: destructive (b was moved)
		ALTER TABLE t DROP COLUMN IF EXISTS b;
		DELETE FROM t;
	SQL
	exits 0 lint --set lint.destructive=error
	says "step-2-user.md:6: note" "0 errors, 0 warnings"
	exits 0 fleet baseline --to 1 alice
	exits 0 fleet --set lint.destructive=error upgrade alice
	same 0 "$(ask alice 'SELECT count(*) FROM t')"
}

@test "lint: no migrations at all" {
	exits 65 lint
	has "no migration in it"
	exits 65 "$FLEET_UPGRADE" -c /dev/null -m nowhere lint
}

@test "lint: touches no database and needs none" {
	add_step baseline 1 <<<'CREATE TABLE t(a);'
	mkdir fleet
	sqlite3 fleet/system.db 'CREATE TABLE t(a)'
	save_fleet saved
	exits 0 fleet lint
	files_same saved
	[ ! -e fleet/.fleet-upgrade ]
}
