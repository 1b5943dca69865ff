# `rollback --to`: down the ways down of the migrations, keeping what users
# wrote since; and checks before and after a step.

load lib
setup() { begin; mkdir -p fleet m; }
teardown() { end; }

fleet()
{
	"$FLEET_UPGRADE" -d "$T/fleet" -m "$T/m" --set backup.min_free=0% "$@"
}

# Three steps with ways down of three kinds, and users alice and bob at the end.
up()
{
	cat >m/1_notes.sql <<-'EOF'
		CREATE TABLE notes(id INTEGER PRIMARY KEY, text);
	EOF
	cat >m/2_tags.up.sql <<-'EOF'
		CREATE TABLE tags(id INTEGER PRIMARY KEY, word);
		ALTER TABLE notes ADD COLUMN tag REFERENCES tags(id);
		CREATE INDEX notes_tag ON notes(tag);
	EOF
	cat >m/2_tags.down.sql <<-'EOF'
		DROP INDEX notes_tag;
		ALTER TABLE notes DROP COLUMN tag;
		DROP TABLE tags;
	EOF
	cat >m/3_trash.sql <<-'EOF'
		CREATE TABLE trash(id);
		-- rollback:
		-- DROP TABLE trash;
	EOF
	for name in alice bob; do
		sqlite3 "$(db $name)" 'CREATE TABLE t(a); DROP TABLE t'
	done
	exits 0 fleet
}

write_rows()
{
	sqlite3 "$(db "$1")" "INSERT INTO notes(text) VALUES('late $1')"
}

@test "ways back: rollback --to keeps what users wrote, and holds the fleet" {
	up
	write_rows alice
	exits 0 fleet rollback --to 1
	says "2 restored" "upgrade --release"
	for name in alice bob; do
		same 1 "$(version_of "$(db $name)")"
		same notes "$(ask $name "SELECT group_concat(name) FROM
			sqlite_schema WHERE name NOT LIKE 'fleet_%'")"
	done
	same 'late alice' "$(ask alice 'SELECT text FROM notes')"
	same 'id,text' "$(ask alice "SELECT group_concat(name) FROM
		pragma_table_info('notes')")"
	# The ledger has both ways.
	same '1 2 3 undo:3>2 undo:2>1' "$(ask bob "SELECT group_concat(iif(
		kind = 'undo', 'undo:' || from_version || '>', '') ||
		to_version, ' ') FROM (SELECT * FROM fleet_schema_history
		ORDER BY rank)")"
	exits 0 fleet verify
	exits 6 fleet
	exits 0 fleet upgrade --release
	same 3 "$(version_of "$(db alice)")"
	same 'late alice' "$(ask alice 'SELECT text FROM notes')"
	exits 0 fleet verify
}

@test "ways back: a backup was made first, and puts back what was" {
	up
	write_rows alice
	save_fleet before
	exits 0 fleet rollback --to 2
	run_id=$(newest_run)
	copy=fleet/.fleet-upgrade/backups/$run_id/alice_longterm.db
	same 3 "$(version_of "$copy")"
	exits 0 fleet rollback --run "$run_id"
	rows_kept before
	same 3 "$(version_of "$(db alice)")"
}

@test "ways back: a step without one is named before anything starts" {
	up
	save_fleet before
	mv m/2_tags.up.sql m/2_tags.sql
	rm m/2_tags.down.sql
	exits 65 fleet rollback --to 1
	says "2_tags.sql:1" "user:1→2 has no way down" "below 2" \
		"nothing was touched" "rollback --run"
	files_same before ./alice_longterm.db ./bob_longterm.db
	exits 0 fleet upgrade # no hold
	exits 0 fleet rollback --to 2
	same 2 "$(version_of "$(db bob)")"
}

@test "ways back: one that fails leaves its database as it was, and names the line" {
	up
	save_fleet before
	sqlite3 "$(db bob)" 'DROP INDEX notes_tag'
	save_fleet before
	exits 1 fleet rollback --to 1
	says "user bob" "2_tags.down.sql:1" "no such index" "1 restored"
	files_same before ./bob_longterm.db
	same 1 "$(version_of "$(db alice)")"
}

@test "ways back: rows are not lost by a way down that says nothing of them" {
	up
	cat >m/3_trash.sql <<-'EOF'
		CREATE TABLE trash(id);
		-- rollback:
		-- CREATE TABLE n(id INTEGER PRIMARY KEY, text, tag
		--   REFERENCES tags(id));
		-- INSERT INTO n SELECT * FROM notes WHERE id > 1;
		-- DROP TABLE notes;
		-- ALTER TABLE n RENAME TO notes;
		-- CREATE INDEX notes_tag ON notes(tag);
		-- DROP TABLE trash;
	EOF
	write_rows alice
	exits 1 fleet rollback --to 2
	says "table notes would have 0 rows where it had 1"
	same 3 "$(version_of "$(db alice)")"
	same 2 "$(version_of "$(db bob)")"
}

@test "ways back: what is no version, or before the first step, is refused" {
	up
	exits 64 fleet rollback --to 9
	exits 64 fleet rollback --to 1 --force
	exits 64 fleet rollback --to 1 --run 20261121T043100Z-9f3c
	has "neither --run nor --force"
	exits 0 fleet rollback --to 3
	has "nothing was there to take back"
	exits 0 fleet # no hold
}

@test "ways back: users first, system.db only if all of them went" {
	mkdir m/system m/user
	cat >m/system/1_a.sql <<<'CREATE TABLE a(id);'
	cat >m/system/2_b.sql <<<$'CREATE TABLE b(id);\n-- rollback: DROP TABLE b;'
	cat >m/user/1_a.sql <<<'CREATE TABLE a(id);'
	cat >m/user/2_b.sql <<<$'CREATE TABLE b(id);\n-- rollback: DROP TABLE b;'
	for file in system.db alice_longterm.db bob_longterm.db; do
		sqlite3 fleet/$file 'CREATE TABLE t(a); DROP TABLE t'
	done
	exits 0 fleet
	sqlite3 "$(db bob)" 'DROP TABLE b'
	exits 1 fleet rollback --to 1
	same 1 "$(version_of "$(db alice)")"
	same 2 "$(version_of fleet/system.db)"
	sqlite3 "$(db bob)" 'CREATE TABLE b(id)'
	exits 0 fleet rollback --to 1
	same 1 "$(version_of fleet/system.db)"
	same 1 "$(version_of "$(db bob)")"
}

@test "ways back: in Markdown a part, and a block that leads back" {
	cat >m/history.md <<-'EOF'
		```sql
		-- [user:baseline→0.1:start]
		CREATE TABLE a(id);
		-- [user:baseline→0.1:end]
		-- [user:0.1→0.2:start]
		CREATE TABLE b(id);
		-- [user:0.1→0.2:down]
		DROP TABLE b;
		-- [user:0.1→0.2:end]
		-- [user:0.2→0.3:start]
		CREATE TABLE c(id);
		-- [user:0.2→0.3:end]
		-- [user:0.3→0.2:start]
		DROP TABLE c;
		-- [user:0.3→0.2:end]
		```
	EOF
	sqlite3 "$(db alice)" 'CREATE TABLE t(a); DROP TABLE t'
	exits 0 fleet
	exits 0 fleet rollback --to 0.1
	same a "$(ask alice "SELECT group_concat(name) FROM sqlite_schema
		WHERE name NOT LIKE 'fleet_%'")"
}

@test "ways back: of a set only what has run is taken back" {
	up
	echo 'CREATE TABLE late(id);' >m/2.5_late.sql
	mv m/2.5_late.sql m/02_zlate.sql
	rm m/02_zlate.sql
	cat >m/0_first.up.sql <<<'CREATE TABLE first(id);'
	cat >m/0_first.down.sql <<<'DROP TABLE first;'
	exits 0 fleet --set migrations.out_of_order=allow
	exits 0 fleet rollback --to 1
	same first,notes "$(ask alice "SELECT group_concat(name) FROM (SELECT
		name FROM sqlite_schema WHERE name NOT LIKE 'fleet_%' ORDER BY
		name)")"
	exits 0 fleet verify
}

@test "checks: one that gives rows leaves that database alone, with the rows" {
	up
	for text in one two three four; do
		sqlite3 "$(db bob)" "INSERT INTO notes(text) VALUES('$text')"
	done
	save_fleet before
	cat >m/4_unique.sql <<<'CREATE UNIQUE INDEX notes_text ON notes(text);'
	cat >m/4_unique.check.sql <<-'EOF'
		-- fine
		SELECT 1 WHERE 0;
		SELECT id, text FROM notes;
	EOF
	exits 1 fleet --dry-run
	exits 1 fleet
	says "user bob" "its check: it gives 4 rows, where there should be none" \
		"none: (1|one) (2|two) (3|three) ..." "4_unique.check.sql:3"
	lacks four
	files_same before ./bob_longterm.db
	same 4 "$(version_of "$(db alice)")"
}

@test "checks: a look afterwards that gives rows undoes the step" {
	up
	sqlite3 "$(db bob)" "INSERT INTO notes(text) VALUES('x')"
	save_fleet before
	cat >m/4_upper.sql <<<'UPDATE notes SET text = NULL WHERE 1;'
	cat >m/4_upper.verify.sql <<<'SELECT id FROM notes WHERE text IS NULL;'
	exits 1 fleet
	says "user bob" "its verify: it gives 1 row" "4_upper.verify.sql:1"
	files_same before ./bob_longterm.db
	same 4 "$(version_of "$(db alice)")"
}

@test "checks: they only ask" {
	up
	cat >m/4_x.sql <<<'CREATE TABLE x(id);'
	cat >m/4_x.check.sql <<<'DELETE FROM notes;'
	exits 1 fleet
	has "it writes, where only questions are asked"
	same 3 "$(version_of "$(db alice)")"
}
