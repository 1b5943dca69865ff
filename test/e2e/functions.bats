# What backfills need and SQLite lacks: uuid(), sha256() and REGEXP are there while
# steps run, and nowhere else.

load lib
setup()
{
	begin
	mkdir migrations fleet
	add_step baseline 1 <<<'CREATE TABLE t(a TEXT, b);'
	for user in alice bob; do
		sqlite3 "$(db "$user")" "CREATE TABLE t(a TEXT, b);
			INSERT INTO t(a) VALUES ('x1'), ('y2'), (NULL)"
	done
	exits 0 fleet baseline --to 1
}
teardown() { end; }

lint()
{
	"$FLEET_UPGRADE" -c /dev/null -m migrations lint "$@"
}

@test "functions: a backfill with hashes and ids" {
	add_step 1 2 <<-'SQL'
		ALTER TABLE t ADD COLUMN id TEXT;
		UPDATE t SET id = gen_random_uuid();
		UPDATE t SET b = sha256(a) WHERE a REGEXP '^x\d$' OR a IS NULL;
		CREATE UNIQUE INDEX ids ON t(id);
	SQL
	exits 0 lint
	exits 0 fleet --dry-run
	exits 0 fleet upgrade
	for user in alice bob; do
		same "x1|$(printf x1 | sha256sum | cut -c 1-64)|36
y2||36
||36" "$(ask "$user" 'SELECT a, b, length(id) FROM t')"
	done
	same 6 "$( (ask alice 'SELECT id FROM t'
		ask bob 'SELECT id FROM t') | sort -u | wc -l)"
}

@test "functions: no schema may keep them, and an upgrade says so too" {
	add_step 1 2 <<-'SQL'
		CREATE TABLE u(a);

		CREATE TABLE v(id TEXT DEFAULT (uuid()));
	SQL
	save_fleet saved
	exits 65 lint
	says "step-2-user.md:7: error" "table v calls uuid()" "[own-function]"
	exits 65 fleet upgrade
	says "step-2-user.md:7" "table v calls uuid()"
	files_same saved
	sed -i 's/^CREATE TABLE u/-- fleet-upgrade: application-functions\n&/' \
		migrations/step-2-user.md
	exits 0 lint
	exits 0 fleet upgrade
}

@test "functions: an index on them is refused with the reason" {
	add_step 1 2 <<<'CREATE INDEX i ON t(sha256(a));'
	exits 65 lint
	says "step-2-user.md:5: error" "the application does not have it" \
		"[own-function]"
	exits 65 fleet upgrade
	has "the application does not have it"
}

@test "functions: what a user has written into his schema does not get them" {
	sqlite3 "$(db bob)" "CREATE TRIGGER tr AFTER UPDATE ON t BEGIN
		UPDATE t SET b = sha256(zeroblob(100000000)); END"
	add_step 1 2 <<<"UPDATE t SET b = uuid() WHERE a = 'x1';"
	cp "$(db bob)" bob.db
	exits 1 fleet upgrade
	says bob "unsafe use of sha256()"
	cmp bob.db "$(db bob)"
	same 36 "$(ask alice "SELECT length(b) FROM t WHERE a = 'x1'")"
}

@test "functions: an application's own, of the same name, are left alone" {
	python3 - "$(db bob)" <<-'PY'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1])
		db.create_function("regexp", 2, lambda p, t: 1,
			deterministic=True)
		db.execute("CREATE TABLE own(a CHECK (a REGEXP '^a'))")
		db.execute("INSERT INTO own VALUES ('a')")
		db.commit()
	PY
	add_step 1 2 <<-'SQL'
		UPDATE t SET b = uuid() WHERE a REGEXP 'x';
		ALTER TABLE t ADD COLUMN c;
		ALTER TABLE t ADD COLUMN IF NOT EXISTS d;
	SQL
	exits 0 fleet --set check.integrity=off upgrade
	same "1 a" "$(ask bob 'SELECT count(b), (SELECT a FROM own) FROM t' |
		tr '|' ' ')"
}

@test "functions: a step that says it is repeatable is run twice" {
	add_step 1 2 <<-'SQL'
		-- fleet-upgrade: repeatable
		CREATE TABLE IF NOT EXISTS u(a);
		INSERT INTO u VALUES (1);
	SQL
	exits 65 lint
	says "step-2-user.md:5: error" "[not-repeatable]" "other rows"
	exits 65 fleet upgrade
	says "step-2-user.md:5" "other rows"
	add_step 1 2 <<-'SQL'
		-- fleet-upgrade: repeatable
		CREATE TABLE IF NOT EXISTS u(a UNIQUE);
		INSERT OR IGNORE INTO u VALUES (1);
	SQL
	exits 0 lint
	exits 0 fleet upgrade
}
