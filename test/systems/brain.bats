# The application with a ledger in its README, a trigger, and the way back of its
# step in a comment.

load ../e2e/lib
setup()
{
	begin
	cp -r "$SRCDIR/test/systems/brain" migrations
	chmod -R u+w,go-w migrations
	mkdir fleet
}
teardown() { end; }

fleet()
{
	"$FLEET_UPGRADE" -d "$T/fleet" -m "$T/migrations" \
		--set backup.min_free=0% --set fleet.system_db= "$@"
}

# make USER: at the end of phase 6, with rows.
make()
{
	sqlite3 "$(db "$1")" <migrations/000_phases_1_to_6.sql
	sqlite3 "$(db "$1")" "
		INSERT INTO jobs(id, job_type) VALUES('j1', 'sync'), ('j2', 'x');
		INSERT INTO job_logs(job_id, message) VALUES('j1', 'began');
		INSERT INTO calendar_events VALUES('e', 'm365', 'all', '2026');
		INSERT INTO tasks(id, vault_path, text) VALUES('t', 'a.md', 'b');"
}

@test "brain: phase 7 on a fleet with rows, and what the trigger does then" {
	make alice
	make bob
	sqlite3 "$(db carol)" 'CREATE TABLE t(a); DROP TABLE t'
	save_fleet before
	exits 0 fleet
	has "3 upgraded"
	rows_kept before
	all_sound
	same 001 "$(version_of "$(db carol)")"
	sqlite3 "$(db alice)" "INSERT INTO chat_sessions(id, provider, model,
			updated_at) VALUES('s', 'p', 'm', '2000-01-01');
		UPDATE chat_sessions SET mode = 'agent'"
	same 0 "$(ask alice "SELECT count(*) FROM chat_sessions
		WHERE updated_at < '2001'")"
	exits 0 fleet verify
}

@test "brain: the table of its README, written from a replay" {
	make alice
	make bob
	exits 0 fleet upgrade alice
	exits 0 fleet list --markdown
	line=$(grep 001_add_phase7_tables.sql <<<"$output")
	for word in 'partly (1 of 2)' '`agent_artifacts`' '`chat_messages`' \
		'`idx_agent_runs_status`' '`update_chat_sessions_updated_at`'; do
		[[ $line == *"$word"* ]]
	done
	exits 0 fleet
	exits 0 fleet list --markdown
	[[ $(grep 001_add_phase7_tables.sql <<<"$output") == *'yes (2 of 2)'* ]]
}

@test "brain: back down by the comment, keeping what was written since" {
	make alice
	make bob
	exits 0 fleet
	sqlite3 "$(db bob)" "INSERT INTO jobs(id, job_type) VALUES('late', 'x')"
	exits 0 fleet rollback --to 000
	has "2 restored"
	for name in alice bob; do
		same 000 "$(version_of "$(db $name)")"
		same 0 "$(ask $name "SELECT count(*) FROM sqlite_schema
			WHERE name LIKE '%chat%' OR name LIKE '%agent%'")"
		same began "$(ask $name 'SELECT message FROM job_logs')"
	done
	same 3 "$(ask bob 'SELECT count(*) FROM jobs')"
	exits 0 fleet verify
	exits 0 fleet upgrade --release
	exits 0 fleet verify
}

@test "brain: back from the backups" {
	make alice
	make bob
	save_fleet before
	exits 0 fleet
	exits 0 fleet rollback
	has "2 restored"
	rows_kept before
	same none "$(version_of "$(db alice)")"
}
