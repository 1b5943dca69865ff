# The application whose guide is its migrations: one Markdown file, two kinds of
# database.

load ../e2e/lib
setup() { begin; }
teardown() { end; }

@test "markdown: system.db and users, from the guide to its last step, and back" {
	make_fleet 6
	save_fleet before
	exits 0 fleet list
	says "system:0.3.19→0.3.20" "user:0.3.19→0.3.20" planned
	exits 0 fleet --dry-run
	files_same before ./system.db ./alice_longterm.db
	exits 0 fleet
	says "7 upgraded" "target system 0.3.20, user 0.3.20"
	rows_kept before
	all_sound
	for name in alice bob carol dave erin; do
		same 0.3.20 "$(version_of "$(db $name)")"
		same 0 "$(ask $name \
			'SELECT count(*) FROM conversation_messages')"
	done
	exits 0 fleet rollback
	has "7 restored"
	rows_kept before
	same none "$(version_of "$(db alice)")"
	same none "$(version_of fleet/system.db)"
}
