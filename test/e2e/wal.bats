# Databases in WAL mode, and a SQLite that may damage them: what the program
# does about it, and what it says.

load lib
load witness
setup()
{
	begin
	make_fleet 3
}
teardown()
{
	[ -z "${app_pid-}" ] || app_close
	end
}

to_wal()
{
	local name

	for name; do
		sqlite3 "$(db "$name")" 'PRAGMA journal_mode = WAL' >/dev/null
	done
}

# An application has bob's database open, with more in its -wal than SQLite
# leaves there by itself (1,000 pages), and nothing of it in the file.
open_big_wal()
{
	to_wal bob
	app_open "$(db bob)"
	app 'PRAGMA wal_autocheckpoint = 0' >/dev/null
	app "CREATE TABLE big AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL
		SELECT i + 1 FROM n WHERE i < 1500) SELECT i, zeroblob(4000) AS z
		FROM n"
	[ "$(stat -c %s "$(db bob)-wal")" -gt 4120000 ]
	cp "$(db bob)" file
}

# The file is as it was, and what is new went behind what is in the -wal.
no_checkpoint()
{
	exits "$@"
	cmp file "$(db bob)"
	[ "$(stat -c %s "$(db bob)-wal")" -ge "$wal" ]
	wal=$(stat -c %s "$(db bob)-wal")
}

@test "wal: no checkpoint is made while an application has a database open" {
	open_big_wal
	wal=$(stat -c %s "$(db bob)-wal")
	no_checkpoint 0 fleet --dry-run
	no_checkpoint 0 fleet status
	no_checkpoint 0 fleet upgrade
	same 0.3.20 "$(app 'SELECT to_version FROM fleet_schema_history
		ORDER BY rank DESC LIMIT 1')"
	no_checkpoint 1 fleet verify
	no_checkpoint 0 fleet rollback
	same 1500 "$(app 'SELECT count(*) FROM big')"
	no_checkpoint 0 fleet upgrade --release
	no_checkpoint 0 fleet baseline --forget
	app_close
	[ ! -s "$(db bob)-wal" ]
	same 1500 "$(ask bob 'SELECT count(*) FROM big')"
}

has_defect()
{
	"$FLEET_UPGRADE" --version | grep -q 'WAL-reset defect'
}

@test "wal: a SQLite with the WAL-reset defect is told of, once in a run" {
	exits 0 fleet
	lacks "WAL-reset"
	exits 1 fleet verify
	lacks "WAL-reset"
	to_wal alice bob
	exits 1 fleet verify
	if ! has_defect; then
		lacks "WAL-reset"
		return
	fi
	same 1 "$(grep -c 'WAL-reset' <<<"$output")"
	says "note: SQLite 3." "as 2 of these are" "bring SQLite to 3.51.3"
	add_step 0.3.20 0.4 <<<'CREATE TABLE further(a);'
	exits 0 fleet --dry-run
	same 1 "$(grep -c 'WAL-reset' <<<"$output")"
	exits 0 fleet
	same 1 "$(grep -c 'WAL-reset' <<<"$output")"
	exits 0 fleet rollback
	same 1 "$(grep -c 'WAL-reset' <<<"$output")"
}

@test "wal: no mail for the WAL-reset defect alone" {
	to_wal alice bob
	exits 0 fleet --quiet
	same "" "$output"
	break_user carol
	run fleet --quiet verify
	same 1 "$status"
	! has_defect || has "WAL-reset"
}

# SQLite goes by a -wal whatever the header of the file says.
@test "wal: what stands in a WAL beside a copy of before is not lost" {
	local topics="SELECT count(*) FROM topics WHERE topic_name = 'in the WAL'"

	sqlite3 "$(db bob)" 'PRAGMA journal_mode = DELETE' >/dev/null
	cp "$(db bob)" before.db
	leave_wal "$(db bob)" "INSERT INTO topics(topic_name) VALUES ('in the WAL')"
	cp before.db "$(db bob)"
	exits 0 fleet upgrade
	same 1 "$(sqlite3 "$(db bob)" "$topics")"
	same 1 "$(sqlite3 fleet/.fleet-upgrade/backups/*/bob_longterm.db "$topics")"
	# That the WAL is taken in by now cannot be told from a write.
	exits 1 fleet rollback
	says "2 restored, 1 kept" bob
	same 1 "$(sqlite3 "$(db bob)" "$topics")"
}

# make_own USER SQL: a table that cannot be read without what the application
# defines on its connections.
make_own()
{
	python3 - "$(db "$1")" "$2" <<-'PY'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		db.create_function("own", 1, lambda a: a, deterministic=True)
		db.create_collation("own", lambda a, b: (a > b) - (a < b))
		db.execute("PRAGMA journal_mode = WAL")
		db.executescript(sys.argv[2])
	PY
}

@test "wal: what only its application can read is upgraded, and says what it lacks" {
	make_own alice "CREATE TABLE own(a TEXT, b AS (own(a)));
		INSERT INTO own(a) VALUES ('x')"
	make_own bob "CREATE TABLE own(a TEXT COLLATE own PRIMARY KEY, b)
		WITHOUT ROWID; INSERT INTO own VALUES ('x', 1)"
	exits 0 fleet upgrade
	says "user alice" "unknown function: own()" "user bob" \
		"a rollback will need --force"
	same 0.3.20 "$(version_of "$(db alice)")"
	same 0.3.20 "$(version_of "$(db bob)")"
	exits 1 fleet rollback
	says "1 restored, 2 kept" "does not say how it was left"
	exits 0 fleet rollback --force
	same none "$(version_of "$(db alice)")"
	same none "$(version_of "$(db bob)")"
}
