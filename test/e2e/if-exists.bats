# ALTER TABLE with IF [NOT] EXISTS, which SQLite does not have, on a fleet of
# which each database has something else already.

load lib
setup()
{
	begin
	mkdir migrations fleet
	add_step baseline 1 <<<'CREATE TABLE t(a INTEGER, "old;" TEXT);'
	for user in alice bob; do
		sqlite3 "$(db "$user")" 'CREATE TABLE t(a INTEGER, "old;" TEXT);
			INSERT INTO t VALUES (1, 2)'
	done
}
teardown() { end; }

columns()
{
	sqlite3 "file:$(db "$1")?mode=ro" \
		"SELECT group_concat(name || ' ' || type) FROM
			pragma_table_xinfo('t')"
}

@test "if exists: what is there already is left, what is missing is made" {
	sqlite3 "$(db bob)" 'ALTER TABLE t ADD COLUMN "größe" integer;
		UPDATE t SET größe = 7; ALTER TABLE t DROP COLUMN "old;"'
	add_step 1 2 <<-'SQL'
		alter table main."t" /* ; */ Add Column
			If Not Exists -- why; so
			"größe" INTEGER;
		ALTER TABLE [t] DROP COLUMN IF EXISTS `old;`;
		CREATE TABLE done(a);
	SQL
	exits 0 lint
	exits 0 fleet baseline --to 1
	exits 0 fleet upgrade
	same "a INTEGER,größe INTEGER" "$(columns alice)"
	same "a INTEGER,größe INTEGER" "$(columns bob)"
	same "1|7" "$(ask bob 'SELECT * FROM t')"
	same "1|" "$(ask alice 'SELECT * FROM t')"
}

lint()
{
	"$FLEET_UPGRADE" -c /dev/null -m migrations lint "$@"
}

@test "if exists: another type is an error that names both, and the line" {
	sqlite3 "$(db bob)" 'ALTER TABLE t ADD COLUMN b TEXT'
	cp "$(db bob)" bob.db
	add_step 1 2 <<-'SQL'
		SELECT 1;
		-- A comment; with a semicolon.
		ALTER TABLE t
			ADD COLUMN IF NOT EXISTS b INTEGER;
	SQL
	exits 0 fleet baseline --to 1
	cp "$(db bob)" bob.db
	exits 1 fleet upgrade
	says "column t.b is there already, as TEXT, but the step adds it as" \
		"INTEGER" "step-2-user.md:7"
	cmp bob.db "$(db bob)"
	same "a INTEGER,old; TEXT,b INTEGER" "$(columns alice)"
}

@test "if exists: a table that is missing is an error, in lint too" {
	add_step 1 2 <<-'SQL'
		SELECT 1;

		ALTER TABLE gone DROP COLUMN IF EXISTS b;
	SQL
	exits 65 lint
	says "step-2-user.md:7: error" "no such table: gone"
	exits 65 fleet upgrade
	says "step-2-user.md:7" "no such table: gone"
}

@test "if exists: what it drops is told as destructive, and is no loss" {
	add_step 1 2 <<<'ALTER TABLE t DROP IF EXISTS "old;";'
	exits 0 lint
	says "step-2-user.md:5: warning" "DROP COLUMN old;" "[destructive]"
	exits 0 fleet baseline --to 1
	exits 0 fleet upgrade
	same "a INTEGER" "$(columns bob)"
}
