# The application on wrangler D1: nineteen files with gaps, half of which
# wrangler has applied and noted in d1_migrations.

load ../e2e/lib
setup()
{
	begin
	cp -r "$SRCDIR/test/systems/d1" migrations
	chmod -R u+w,go-w migrations
	mkdir fleet
}
teardown() { end; }

fleet()
{
	"$FLEET_UPGRADE" -d "$T/fleet" -m "$T/migrations" \
		--set backup.min_free=0% --set fleet.system_db= "$@"
}

# make USER LAST: as wrangler leaves it, with the files up to the number LAST
# applied, and rows.
make()
{
	local file

	sqlite3 "$(db "$1")" 'CREATE TABLE d1_migrations(id INTEGER PRIMARY KEY
		AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT
		CURRENT_TIMESTAMP NOT NULL)'
	for file in migrations/*.sql; do
		[[ ${file##*/} > $2_z ]] && continue
		sqlite3 "$(db "$1")" <"$file"
		sqlite3 "$(db "$1")" "INSERT INTO d1_migrations(name)
			VALUES('${file##*/}')"
	done
	sqlite3 "$(db "$1")" "
		INSERT INTO users(id, display_name) VALUES('u1', '$1'), ('u2', 'x');
		INSERT INTO workspaces VALUES('w', 'ours', 'u1');
		INSERT INTO workspace_members(workspace_id, user_id, role) VALUES
			('w', 'u1', 'owner'), ('w', 'u2', 'member');
		INSERT INTO rooms VALUES('r', 'w');
		INSERT INTO work_items(id, room_id, type, title, visibility)
			VALUES('i1', 'r', 'task', 'a', 'room'),
			('i2', NULL, 'scheduled', 'b', 'private');
		INSERT INTO relationships VALUES('a', 'u1', 'u2');"
}

applied()
{
	ask "$1" 'SELECT count(*) FROM d1_migrations'
}

@test "d1: goes on where wrangler stopped, and back again" {
	make alice 0010
	make bob 0004
	make carol 0018
	sqlite3 "$(db bob)" "INSERT INTO relationships VALUES
		('b', 'u1', 'u2'), ('c', 'u2', 'u1')"
	sqlite3 "$(db dave)" 'CREATE TABLE t(a); DROP TABLE t'
	save_fleet before
	exits 0 fleet list
	says "user:0006→0008" "user:0010→0014" "user:0025→0026"
	exits 0 fleet --set migrations.unversioned=adopt
	has "4 upgraded"
	for name in alice bob carol dave; do
		same 0026 "$(version_of "$(db $name)")"
	done
	all_sound
	# Of a pair that was there twice one is gone, as the step says.
	same a,c "$(ask bob "SELECT group_concat(id) FROM (SELECT id FROM
		relationships ORDER BY id)")"
	rows_kept before ./alice_longterm.db ./carol_longterm.db
	same room,private "$(ask alice "SELECT group_concat(visibility_scope)
		FROM (SELECT * FROM work_items ORDER BY id)")"
	same 1 "$(ask bob "SELECT can_administer FROM workspace_members
		WHERE user_id = 'u1'")"
	# Wrangler's own table is wrangler's.
	same 9 "$(applied alice)"
	exits 0 fleet verify
	exits 0 fleet rollback
	has "4 restored"
	rows_kept before
	same 9 "$(applied alice)"
	same none "$(version_of "$(db alice)")"
}

@test "d1: baseline --from d1 records what wrangler has, and runs nothing" {
	make alice 0010
	make bob 0004
	exits 0 fleet baseline --from d1
	same 0010 "$(version_of "$(db alice)")"
	same 0004 "$(version_of "$(db bob)")"
	same 0 "$(ask alice "SELECT count(*) FROM sqlite_schema
		WHERE name = 'threads'")"
	exits 0 fleet
	same 0026 "$(version_of "$(db bob)")"
}

@test "d1: migrations.ledger = d1 keeps wrangler's table current too" {
	make alice 0010
	exits 0 fleet --set migrations.unversioned=adopt \
		--set migrations.ledger=d1
	same 19 "$(applied alice)"
	same 0026_threads_and_invites.sql "$(ask alice "SELECT name FROM
		d1_migrations ORDER BY id DESC LIMIT 1")"
}

@test "d1: the same number twice stops before anything is touched" {
	make alice 0010
	save_fleet before
	cp migrations/0025_admin_workspace_access_v2.sql \
		migrations/0026_another.sql
	exits 65 fleet --set migrations.unversioned=adopt
	says 0026_another.sql 0026_threads_and_invites.sql 0027
	files_same before
}

@test "d1: what wrangler has and the folder has not is refused, and named" {
	make alice 0010
	sqlite3 "$(db alice)" \
		"INSERT INTO d1_migrations(name) VALUES('0099_gone.sql')"
	make bob 0010
	save_fleet before
	exits 1 fleet --set migrations.unversioned=adopt
	says "user alice" 0099_gone.sql
	files_same before ./alice_longterm.db
	same 0026 "$(version_of "$(db bob)")"
}
