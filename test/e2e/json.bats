# `--json`: one object a line on standard output, with the keys of the manual in
# their order, whatever the names of the users are.

load lib
setup() { begin; }
teardown() { end; }

RUN_BEGIN='["event","run","command","dry_run","target","databases","jobs"]'
DATABASE='["event","kind","username","path","from","to","outcome","strategy","steps","duration_us","backup","error"]'
ERROR='["code","message","migration","file","line","statement"]'
RUN_END='["event","run","upgraded","current","failed","busy","skipped","newer","duration_us","exit_status","swapped","in_place","given_up","undone"]'
DRY_END='["event","run","upgraded","current","failed","busy","skipped","newer","duration_us","exit_status"]'
BACK_END='["event","run","upgraded","current","failed","busy","skipped","newer","restored","kept","duration_us","exit_status"]'

keys_of()
{
	told "select(.event == \"$1\") | keys_unsorted | tojson" | sort -u
}

# The form of a whole run, the last line's keys being $1.
is_a_run()
{
	same run-begin "$(head -n 1 json | jq -r .event)"
	same run-end "$(tail -n 1 json | jq -r .event)"
	same "$RUN_BEGIN" "$(keys_of run-begin)"
	same "$DATABASE" "$(keys_of database)"
	same "$1" "$(keys_of run-end)"
	same "$(told 'select(.event == "run-begin") | .databases')" \
		"$(told 'select(.event == "database") | .event' | wc -l)"
	same 1 "$(told 'select(.run) | .run' | sort -u | wc -l)"
}

@test "json: an upgrade" {
	make_fleet 3
	json 0 upgrade --jobs 2
	is_a_run "$RUN_END"
	same '{"command":"upgrade","dry_run":false,"target":{"system":"0.3.20","user":"0.3.20"},"databases":4,"jobs":2}' \
		"$(told 'select(.event == "run-begin") |
			del(.event, .run) | tojson')"
	same '{"event":"run-end","upgraded":4,"current":0,"failed":0,"busy":0,"skipped":0,"newer":0,"exit_status":0,"swapped":4,"in_place":0,"given_up":0,"undone":0}' \
		"$(told 'select(.event == "run-end") |
			del(.run, .duration_us) | tojson')"
	run_id=$(told 'select(.event == "run-end") | .run')
	same "{\"event\":\"database\",\"kind\":\"user\",\"username\":\"bob\",\"path\":\"$(db bob)\",\"from\":\"0.3.19\",\"to\":\"0.3.20\",\"outcome\":\"upgraded\",\"strategy\":\"swap\",\"steps\":1,\"backup\":\"$T/fleet/.fleet-upgrade/backups/$run_id/bob_longterm.db\",\"error\":null}" \
		"$(told 'select(.username == "bob") | del(.duration_us) |
			tojson')"
	same 'system null' "$(told 'select(.kind == "system") |
		"\(.kind) \(.username)"')"
	same "" "$(cat errors)"
}

@test "json: a run with nothing to do, and a dry run" {
	make_fleet 2
	json 0 upgrade --dry-run
	is_a_run "$DRY_END"
	same "true would-upgrade 3 null" "$(told 'select(.event ==
		"run-begin") | .dry_run') $(told 'select(.username == "bob") |
		.outcome') $(told 'select(.event == "run-end") | .upgraded'
		) $(told 'select(.username == "bob") | .backup')"
	exits 0 fleet
	json 0 upgrade
	is_a_run "$RUN_END"
	same "current 0.3.20 0.3.20 0 null null" "$(told 'select(.username ==
		"bob") | "\(.outcome) \(.from) \(.to) \(.steps) \(.backup
		) \(.strategy)"')"
}

@test "json: an error has code, message, migration, file, line and statement" {
	make_fleet 2
	add_step 0.3.20 0.4 <<-'SQL'
		CREATE TABLE x(a);
		INSERT INTO topics
			SELECT * FROM topics
			WHERE (SELECT value FROM personal_variables
				WHERE key = 'name') = 'bob';
	SQL
	json 1 upgrade
	is_a_run "$RUN_END"
	same "$ERROR" "$(told 'select(.username == "bob") | .error |
		keys_unsorted | tojson')"
	same "SQLITE_CONSTRAINT_PRIMARYKEY user:0.3.20→0.4 6
$T/migrations/step-0.4-user.md
UNIQUE constraint failed: topics.topic_id" "$(told \
		'select(.username == "bob") | .error |
		"\(.code) \(.migration) \(.line)\n\(.file)\n\(.message)"')"
	same true "$(told 'select(.username == "bob") | .error.statement |
		startswith("INSERT INTO topics SELECT")')"
	same "failed null 0" "$(told 'select(.username == "bob") |
		"\(.outcome) \(.backup) \(.steps)"')"
	same "1 1" "$(told 'select(.event == "run-end") |
		"\(.failed) \(.exit_status)"')"
	json 1 upgrade --dry-run
	same "would-fail 1" "$(told 'select(.username == "bob") |
		.outcome') $(told 'select(.event == "run-end") | .failed')"
}

@test "json: each outcome of an upgrade" {
	make_fleet 5
	exits 0 fleet upgrade alice --quiet
	sqlite3 "$(db bob)" "CREATE TABLE fleet_schema_history(rank INTEGER
		PRIMARY KEY, to_version); INSERT INTO fleet_schema_history
		VALUES (1, '9.0')"
	break_user carol
	: >"$(db dave)"
	json 1 upgrade
	is_a_run "$RUN_END"
	same "alice current,bob newer,carol failed,dave skipped,erin upgraded" \
		"$(told 'select(.kind == "user") |
			"\(.username) \(.outcome)"' | sort | paste -sd,)"
	same '{"upgraded":1,"current":2,"failed":1,"busy":0,"skipped":1,"newer":1}' \
		"$(told 'select(.event == "run-end") | {upgraded, current,
			failed, busy, skipped, newer} | tojson')"
	same "9.0 null" "$(told 'select(.username == "bob") | .from'
		) $(told 'select(.username == "carol") | .from')"
}

@test "json: a busy database" {
	make_fleet 2
	exits 5 holding "$(db bob)" fleet upgrade --json \
		--set run.busy_timeout=10ms --set run.retries=1
	grep '^{' <<<"$output" >json
	same "busy SQLITE_BUSY" "$(told 'select(.username == "bob") |
		"\(.outcome) \(.error.code)"')"
	same 1 "$(told 'select(.event == "run-end") | .busy')"
}

@test "json: rollback and restore" {
	make_fleet 2
	exits 0 fleet
	sqlite3 "$(db bob)" "DELETE FROM topics WHERE topic_id = 1"
	json 1 rollback
	same "$BACK_END" "$(keys_of run-end)"
	same "$DATABASE" "$(keys_of database)"
	json 0 restore bob --force
	is_a_run "$BACK_END"
	same restored "$(told 'select(.username == "bob") | .outcome')"
}

@test "json: names with quotes, newlines, escape codes and no UTF-8" {
	make_fleet 1
	for name in $'quo"te\'s' $'new\nline' $'esc\e[31mred' 'back\slash' \
		'ünï — ☃' $'latin\xe9' $'\xf0\x9f' '{"a":1}' ' ' '%s%n'; do
		cp "$(db alice)" "fleet/${name}_longterm.db"
	done
	json 0 upgrade
	is_a_run "$RUN_END"
	same 11 "$(told 'select(.kind == "user" and .outcome == "upgraded")
		| .kind' | wc -l)"
	for name in $'quo"te\'s' $'new\nline' $'esc\e[31mred' 'back\slash' \
		'ünï — ☃' '{"a":1}' ' ' '%s%n'; do
		same 1 "$(jq -r --arg name "$name" \
			'select(.username == $name) | .kind' json | wc -l)"
	done
	same 'latin\xe9' "$(told 'select(.username) | .username' |
		grep -a latin)"
	json 0 upgrade
	json 0 status --verbose
	json 0 backups list
	json 1 verify
	json 0 history --verbose
	same 0 "$(grep -cP '[\x00-\x09\x0b-\x1f\x7f]' json)"
}

@test "json: a bad run tells people on standard error as well" {
	make_fleet 2
	break_user bob
	json 1 upgrade
	grep -q '1 failed' errors
	grep -q 'user bob' errors
}

@test "json: errors before the run are no JSON, and on standard error" {
	make_fleet 1
	json 64 upgrade nobody
	same "" "$(cat json)"
	grep -q 'no database of nobody' errors
	json 78 upgrade -c nowhere.ini
	same "" "$(cat json)"
}
