# The to-do application: four numbered files, each of which needs the one before
# it, with queries that verify them.

load ../e2e/lib
setup()
{
	begin
	cp -r "$SRCDIR/test/systems/todo" migrations
	chmod -R u+w,go-w migrations
	mkdir fleet
}
teardown() { end; }

fleet()
{
	"$FLEET_UPGRADE" -d "$T/fleet" -m "$T/migrations" \
		--set backup.min_free=0% --set fleet.system_db= "$@"
}

# make USER VERSION: as the application makes its database, with rows, and
# without a ledger.
make()
{
	local file

	for file in migrations/0*_table.sql; do
		[[ ${file##*/} > $2_z ]] && continue
		sqlite3 "$(db "$1")" <"$file"
	done
	sqlite3 "$(db "$1")" "
		INSERT INTO users(id, email, password_hash) VALUES
			('u-$1', '$1@example.org', '\$2b\$12\$abc'),
			('v-$1', 'also-$1@example.org', 'x');"
	[[ $2 > 000 ]] || return 0
	sqlite3 "$(db "$1")" "
		INSERT INTO tasks(id, user_id, title, completed) VALUES
			('t1', 'u-$1', 'milk; bread', 0), ('t2', 'v-$1', 'it''s', 1);"
}

@test "todo: new databases get all four, in their order" {
	for name in alice bob; do
		sqlite3 "$(db $name)" 'CREATE TABLE t(a); DROP TABLE t'
	done
	exits 0 fleet list
	says "user:baseline→000" "create users table" "add messages table"
	exits 0 fleet
	has "2 upgraded"
	same 003 "$(version_of "$(db bob)")"
	exits 0 fleet verify
	all_sound
}

@test "todo: a fleet at three versions, with rows, and back again" {
	make alice 000
	make bob 001
	make carol 002
	make dave 001
	save_fleet before
	exits 0 fleet --dry-run
	exits 0 fleet
	has "4 upgraded"
	rows_kept before
	all_sound
	for name in alice bob carol dave; do
		same 003 "$(version_of "$(db $name)")"
		same conversations,messages,tasks,users "$(ask $name "SELECT
			group_concat(name) FROM (SELECT name FROM sqlite_schema
			WHERE type = 'table' AND name NOT LIKE 'fleet_%'
			ORDER BY name)")"
	done
	exits 0 fleet verify
	sqlite3 "$(db bob)" "PRAGMA foreign_keys = on;
		INSERT INTO conversations(id, user_id) VALUES('c', 'u-bob');
		INSERT INTO messages(conversation_id, user_id, role, content,
			tool_calls) VALUES('c', 'u-bob', 'user', 'hi', '{}')"
	run sqlite3 "$(db bob)" "INSERT INTO messages(conversation_id, user_id,
		role, content) VALUES('c', 'u-bob', 'robot', 'hi')"
	has "CHECK constraint failed"
	exits 1 fleet rollback
	says "3 restored" "1 kept" "user bob"
	rows_kept before
	same none "$(version_of "$(db alice)")"
	same 003 "$(version_of "$(db bob)")"
}

@test "todo: a task of nobody is found after the last step, and undone" {
	make alice 001
	make bob 001
	sqlite3 "$(db bob)" "DELETE FROM users WHERE id = 'v-bob'"
	save_fleet before
	exits 1 fleet
	says "user bob" "its verify: it gives 1 row" "(t2|v-bob)" \
		"003_add_messages_table.verify.sql"
	files_same before ./bob_longterm.db
	same 003 "$(version_of "$(db alice)")"
}
