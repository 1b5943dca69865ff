# `list`: the migrations known, in their order, and who still needs them.

load lib
setup() { begin; }
teardown() { end; }

@test "list: version, kind, statements, planned or active, and how many need it" {
	make_fleet 5
	exits 0 fleet upgrade alice --quiet
	: >"$(db erin)"
	exits 0 fleet list
	[[ $(tr -s ' ' <<<"$output") == \
		*"user:baseline→0.3.19 11 statements active up "*"needed by 0 "* ]]
	[[ $(tr -s ' ' <<<"$output") == \
		*"user:0.3.19→0.3.20 6 statements active up "*"needed by 3 "* ]]
	[[ $(tr -s ' ' <<<"$output") == \
		*"user:0.3.20→0.3.21 0 statements planned up "* ]]
	[[ $(tr -s ' ' <<<"$output") == \
		*"system:0.3.19→0.3.20 0 statements active up "*"needed by 0 "* ]]
	has "1 more could not be looked at"
}

@test "list: versions are ordered as numbers, part by part" {
	mkdir -p migrations
	for step in baseline→0.2 0.2→0.9 0.9→0.10 0.10→1.0; do
		add_step "${step%→*}" "${step#*→}" <<<"CREATE TABLE
			t${step//[^0-9]/}(a);"
	done
	exits 0 "$FLEET_UPGRADE" -m migrations list
	same "user:baseline→0.2 user:0.2→0.9 user:0.9→0.10 user:0.10→1.0" \
		"$(grep -o 'user:[^ ]*' <<<"$output" | tr '\n' ' ' |
			sed 's/ $//')"
}

@test "list: works without a data directory, and then counts nobody" {
	mkdir none
	cp "$SRCDIR/migrations/history.md" none/
	exits 0 "$FLEET_UPGRADE" -c /dev/null -m none list
	has "user:0.3.19→0.3.20"
	lacks "needed by"
}

@test "list: --sql shows the text of each step" {
	make_fleet 1
	exits 0 fleet list --sql
	says "ALTER TABLE conversations ADD COLUMN compact_summary TEXT;" \
		"-- ALTER TABLE memories DROP COLUMN" \
		"CREATE TABLE IF NOT EXISTS users ("
	exits 0 fleet list
	lacks "ALTER TABLE"
}

@test "list: --json, a step a line, with what people see and more" {
	make_fleet 2
	json 0 list
	same 7 "$(wc -l <json)"
	same '["checksum","date","description","down","event","file","from","has_down","kind","line","name","needed","sql","state","statements","to"]' \
		"$(told 'keys | tojson' | sort -u)"
	same "6 active 2 null" "$(told 'select(.name == "user:0.3.19→0.3.20") |
		"\(.statements) \(.state) \(.needed) \(.sql)"')"
	same "planned" "$(told 'select(.to == "0.3.23") | .state')"
	line=$(told 'select(.name == "user:0.3.19→0.3.20") | .line')
	sed -n "$((line - 1))p" migrations/history.md |
		grep -qF '[user:0.3.19→0.3.20:start]'
	json 0 list --sql
	same true "$(told 'select(.name == "user:0.3.19→0.3.20") |
		.sql | contains("compact_summary")')"
}

@test "list: writes nothing, does not care for a run in progress" {
	make_fleet 2 -w
	save_fleet saved
	exits 0 flock fleet "$FLEET_UPGRADE" -d fleet -m migrations list
	files_same saved
	[ ! -e fleet/.fleet-upgrade ]
}

@test "list: the date, and as much of the checksum as people compare" {
	make_fleet 1
	json 0 list
	sum=$(told 'select(.name == "user:0.3.19→0.3.20") | .checksum')
	same 64 "${#sum}"
	exits 0 fleet list
	[[ $(grep 'user:0.3.19→0.3.20' <<<"$output") == \
		*" ${sum:0:12}  2025-10-07  needed by "* ]]
	lacks "${sum:0:13}"
}

@test "list: --markdown, the table that people keep by hand" {
	make_fleet 4
	exits 0 fleet upgrade alice --quiet
	exits 0 fleet list --markdown
	has "## User databases"
	[[ $(grep '^| `0.3.20` ' <<<"${output#*User databases}") == \
		'| `0.3.20` | `history.md` | 2025-10-07 | '*' | partly (1 of 4) | `conversation_messages` | `idx_messages_conversation_number`, `idx_messages_timestamp` | – | – | `conversations.schema_version`, '*' | – |' ]]
	has ' | yes (4 of 4) | `conversation_compacts`, '
	has ' | planned | '
	# A table and nothing else: each row has as many cells as its head.
	same 12 "$(grep '^|' <<<"$output" | tr -cd '|\n' |
		awk '{ print length }' | sort -u)"
	exits 0 fleet upgrade --quiet
	exits 0 fleet list --markdown
	lacks partly
	exits 0 fleet list --markdown alice
	has ' | yes (1 of 1) | `conversation_messages`'
}

@test "list: --markdown without a fleet, and what it does not go with" {
	mkdir none
	cp "$SRCDIR/migrations/history.md" none/
	exits 0 "$FLEET_UPGRADE" -c /dev/null -m none list --markdown
	has " | no fleet known | "
	exits 64 "$FLEET_UPGRADE" -c /dev/null -m none list --markdown --json
	exits 64 "$FLEET_UPGRADE" -c /dev/null -m none list --markdown --sql
	exits 64 "$FLEET_UPGRADE" -c /dev/null -m none status --markdown
}

@test "list: needs migrations" {
	make_fleet 1
	exits 65 "$FLEET_UPGRADE" -d fleet -m nowhere list
}
