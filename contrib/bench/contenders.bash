# What the contenders do (run_NAME, which is timed) and how to see that they did
# it (did_NAME). Included by bench.
# shellcheck shell=bash
# shellcheck disable=SC2154 # bench sets the variables
# shellcheck disable=SC2317 # and calls by name

# The step, in the forms that the contenders need it in. But for dbmate, which
# has a table of its own, each writes the row of the ledger that the program
# reads its version from.
prepare_contenders()
{
	local common=$top/common step

	mkdir "$common" "$common/migrations" "$common/dbmate"
	step='-- \[user:0\.3\.19→0\.3\.20'
	# As far as that step, whatever comes later.
	sed "/^$step:end\\]/{n;q}" "$source_tree/migrations/history.md" \
		>"$common/migrations/history.md"
	sed -n "/^$step:start\\]/,/^$step:end\\]/p" \
		"$common/migrations/history.md" >"$common/bare.sql"
	[ -s "$common/bare.sql" ] || die "no step in migrations/history.md"
	{
		cat "$common/bare.sql"
		echo "INSERT INTO fleet_schema_history(kind, from_version," \
			"to_version, applied_at) VALUES ('migrate', '0.3.19'," \
			"'0.3.20', datetime('now'));"
	} >"$common/step.sql"
	{
		echo 'BEGIN IMMEDIATE;'
		cat "$common/step.sql"
		echo 'PRAGMA quick_check;'
		echo 'COMMIT;'
	} >"$common/transaction.sql"
	{
		echo '-- migrate:up'
		cat "$common/bare.sql"
		echo '-- migrate:down'
	} >"$common/dbmate/20260101000000_step.sql"
	cat >"$common/fleet-upgrade.ini" <<-'INI'
		[backup]
		min_free = 0%
	INI
	export FLEET_UPGRADE_CONFIG=$common/fleet-upgrade.ini
	# Where python3 is a script that looks for one, that is not Python's time.
	python=$(python3 -c 'import sqlite3, sys; print(sys.executable)' \
		2>/dev/null) || python=''
	find_dbmate
}

find_dbmate()
{
	local cache=${XDG_CACHE_HOME:-${HOME:-/nowhere}/.cache}/fleet-upgrade-bench

	dbmate=${DBMATE:-$(command -v dbmate)} || dbmate=''
	if [ -z "$dbmate" ] && [ -z "$is_short" ] &&
		command -v npm >/dev/null; then
		mkdir -p "$cache"
		npm install --silent --prefix "$cache" dbmate >/dev/null 2>&1 ||
			:
		# The package's own command is a script of node's around it.
		dbmate=$(find "$cache/node_modules/@dbmate" -path '*/bin/*' \
			-type f 2>/dev/null | head -n 1)
	fi
	[ -z "$dbmate" ] || command -v "$dbmate" >/dev/null || dbmate=''
}

# Who cannot take part in a work, and why.
leave_out_missing()
{
	[ -n "$python" ] || leave_out "$1" python "there is no python3"
	[ -n "$dbmate" ] || [ "$1" != swap ] ||
		leave_out "$1" dbmate "it is not there (npm install dbmate)"
}

# ---- looking whether it was done ----

files_of()
{
	find "$1" -maxdepth 1 -name '*_longterm.db' | wc -l
}

# every FOLDER SQL ANSWER: each of its databases gives that answer, and there are
# as many as the work has.
every()
{
	local answers

	answers=$(find "$1" -maxdepth 1 -name '*_longterm.db' |
		while IFS= read -r file; do
			printf ".open '%s'\n%s;\n" "$file" "$2"
		done | sqlite3 -bail 2>&1 | sort | uniq -c | awk '{ $1 = $1 } 1')
	[ "$answers" = "$users $3" ] || {
		echo "$2: $answers" >>"$top/said"
		return 1
	}
}

# is_at FOLDER VERSION: so says the ledger of each.
is_at()
{
	local answers

	answers=$("$tools/open-each" "$1" 2>&1) || :
	[ "$answers" = "$2 $users" ] || {
		echo "versions in $1: $answers" >>"$top/said"
		return 1
	}
}

# The step's last column is there, and the rows still are.
has_step()
{
	every "$1" "SELECT count(*), (SELECT count(*) FROM conversations)
		FROM pragma_table_info('conversations')
		WHERE name = 'compacted_up_to'" '1|5'
}

# ---- the contenders ----

# fleet FOLDER ARGUMENT...: the program, with its memory noted.
fleet()
{
	local folder=$1

	shift
	"$tools/peak" "$top/peak" "$program" -d "$folder" \
		-m "${migrations:-$top/common/migrations}" "$@"
}

run_fleet-upgrade()
{
	fleet "$1" upgrade
}

did_fleet-upgrade()
{
	local backups

	backups=$(find "$1/.fleet-upgrade/backups" -mindepth 1 -maxdepth 1 \
		2>/dev/null) || backups=$1/none
	has_step "$1" && is_at "$1" 0.3.20 && is_at "$backups" 0.3.19
}

# What a shell script does: the backup, then the transaction.
run_sqlite3()
{
	mkdir "$1/backups"
	# shellcheck disable=SC2016
	find "$1" -maxdepth 1 -name '*_longterm.db' -print0 |
		SCRIPT=$top/common/transaction.sql xargs -0 -n 1 -P 8 sh -c '
		sqlite3 "$1" ".backup ${1%/*}/backups/${1##*/}" &&
		sqlite3 -bail "$1" <"$SCRIPT" >/dev/null' sh
}

did_sqlite3()
{
	has_step "$1" && is_at "$1" 0.3.20 && is_at "$1/backups" 0.3.19
}

run_python()
{
	mkdir "$1/backups" && "$python" "$here/contender.py" \
		"$top/common/step.sql" "$1" "$1/backups"
}

did_python()
{
	did_sqlite3 "$1"
}

run_dbmate()
{
	find "$1" -maxdepth 1 -name '*_longterm.db' -print0 |
		xargs -0 -P 8 -I '{}' "$dbmate" -u 'sqlite:{}' \
		-d "$top/common/dbmate" --no-dump-schema migrate
}

did_dbmate()
{
	has_step "$1" && every "$1" 'SELECT count(*) FROM schema_migrations' 1
}

run_floor()
{
	"$tools/floor" "$top/common/step.sql" "$1"
}

did_floor()
{
	has_step "$1" && is_at "$1" 0.3.20 && is_at "$1/.floor/backup" 0.3.19
}

run_cp()
{
	mkdir "$1/backups" && cp --reflink=auto -a "$1"/*_longterm.db \
		"$1/backups/" && sync
}

did_cp()
{
	is_at "$1/backups" 0.3.19
}

# ---- the contenders where there is nothing to do ----

run_upgrade()
{
	fleet "$1" upgrade
}

did_upgrade()
{
	grep -q 'all are current, nothing was changed' "$top/said" &&
		tr -d , <"$top/said" | grep -q " $(($(files_of "$1") + 1)) current"
}

run_status()
{
	fleet "$1" status
}

did_status()
{
	grep -q '^all are current' "$top/said" &&
		tr -d , <"$top/said" | grep -q "^users  *$users\$"
}

run_open-each()
{
	"$tools/open-each" "$1"
}

did_open-each()
{
	[ "$(cat "$top/said")" = "0.3.20 $users" ]
}
