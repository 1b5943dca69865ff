# The works: how the fleets are made, and who takes part. Included by bench.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # shared with bench
# shellcheck disable=SC2317 # called by name

# ---- fleets ----

# copy_of FLEET NAME: sets folder to a fresh copy of it beside it.
copy_of()
{
	folder=$(dirname "$1")/$2
	cp --reflink=auto -a "$1" "$folder"
}

# What the application left, and our ledger at 0.3.19.
make_rows()
{
	"$source_tree/contrib/demo/make-fleet" -r -k "$kib" "$1" "$users"
	fleet "$1" upgrade --to 0.3.19 >"$top/said" 2>&1 || {
		cat "$top/said" >&2
		die "no ledgers at 0.3.19"
	}
	rm -r "$1/.fleet-upgrade"
}

# make_model FOLDER PAGE_BYTES: system.db and the first user's database, without
# rows, at the newest version.
make_model()
{
	local file

	mkdir -p "$1"
	for file in "$1/system.db" "$1/model_longterm.db"; do
		sqlite3 "$file" "PRAGMA page_size = $2; CREATE TABLE t(i);
			DROP TABLE t; VACUUM"
	done
	fleet "$1" upgrade >"$top/said" 2>&1 || {
		cat "$top/said" >&2
		die "no model of a database"
	}
}

# make_copies MODEL FOLDER: a fleet of so many of the model's.
make_copies()
{
	mkdir "$2"
	cp "$1/system.db" "$2/"
	# shellcheck disable=SC2016
	(
		cd "$2" || exit
		seq -f 'u%07.0f_longterm.db' 1 "$users" | xargs -n 500 sh -c \
			'tee "$@" <"$0" >/dev/null' "$1/model_longterm.db"
	)
}

# ---- upgrades ----

before_swap()
{
	copy_of "$1" "$2"
}

after_swap()
{
	:
}

work_swap()
{
	size_of swap
	room swap $((users * 128 * 2 * 5 * rounds)) || return 0
	leave_out_missing swap
	make_rows "$top/swap/fleet"
	in_turns swap "$top/swap/fleet" fleet-upgrade sqlite3 python dbmate floor
}

# The application has read what it holds before the clock starts.
before_held()
{
	copy_of "$1" "$2"
	: >"$top/held.said"
	mkfifo "$top/holder"
	"$python" "$here/hold.py" "$folder" <"$top/holder" >"$top/held.said" &
	holder=$!
	exec 9>"$top/holder"
	rm "$top/holder"
	until grep -q ready "$top/held.said"; do
		kill -0 "$holder" || die "the files could not be held"
		sleep 0.05
	done
}

after_held()
{
	exec 9>&-
	wait "$holder" || die "the files were not held to the end"
}

work_held()
{
	size_of held
	room held $((users * 128 * 2 * 2 * rounds)) || return 0
	if [ -z "$python" ]; then
		leave_out held all "there is no python3, which holds the files"
		return 0
	fi
	make_rows "$top/held/fleet"
	in_turns held "$top/held/fleet" fleet-upgrade python
}

# One copy at a time, because of the room.
before_big()
{
	rm -rf "$top/big/copy"
	copy_of "$1" copy
}

after_big()
{
	:
}

# make_big_model FOLDER: system.db and a database with many small rows.
make_big_model()
{
	local rows=$kib users=1 kib=107

	make_rows "$1"
	mv "$1/alice_longterm.db" "$1/model_longterm.db"
	sqlite3 "$1/model_longterm.db" "
		INSERT INTO memories(interaction_id, conversation_id, timestamp,
			user_prompt, llm_reply)
		WITH RECURSIVE n(i) AS
			(SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $rows)
		SELECT 'big' || i, 'c1', '2025-10-07T08:00:00Z', 'question ' || i,
			replace(hex(zeroblob(400)), '00', 'a.') FROM n"
}

work_big()
{
	size_of big
	room big $((users * kib * 7 / 2)) || return 0
	make_big_model "$top/big/model"
	make_copies "$top/big/model" "$top/big/fleet"
	in_turns big "$top/big/fleet" fleet-upgrade cp
}

# ---- nothing to do ----

# What the program remembers from one run to the next, it has seen twice.
let_it_see()
{
	fleet "$1" upgrade >"$top/said" 2>&1
	fleet "$1" upgrade >"$top/said" 2>&1
}

before_idle()
{
	folder=$1
}

after_idle()
{
	:
}

# Every tenth database is written by an application.
before_idle-written()
{
	folder=$1
	find "$folder" -maxdepth 1 -name '*0_longterm.db' |
		while IFS= read -r file; do
			echo "ATTACH '$file' AS u; PRAGMA u.synchronous = OFF;" \
				"UPDATE u.personal_variables SET value =" \
				"value + 1; DETACH u;"
		done | sqlite3 -bail
}

after_idle-written()
{
	:
}

# before_scale FLEETS upgrade:FLEET.ROUND
before_scale()
{
	folder=${2#*:}
	folder=$1/${folder%.*}
}

after_scale()
{
	:
}

before_million()
{
	folder=$1
}

after_million()
{
	:
}

work_idle()
{
	local model=$top/idle/model size

	size_of idle
	room idle $((users * (kib + 8) * 5 / 4)) || return 0
	make_model "$model" 4096
	sqlite3 "$model/model_longterm.db" \
		"INSERT INTO personal_variables(key, value) VALUES ('visits', 0)"
	for size in small middle idle; do
		size_of "$size"
		make_copies "$model" "$top/idle/${size/idle/large}"
		let_it_see "$top/idle/${size/idle/large}"
	done
	in_turns scale "$top/idle" upgrade:small upgrade:middle upgrade:large
	in_turns idle "$top/idle/large" upgrade status open-each
	in_turns idle-written "$top/idle/large" upgrade status open-each
	if [ -n "$has_million" ]; then
		work_million
	fi
}

# Of a schema of its own, in pages of 512 bytes.
work_million()
{
	local migrations=$top/common/tiny kind

	size_of million
	room million $((users * (kib + 2))) || return 0
	mkdir "$migrations"
	for kind in system user; do
		cat <<-MARKDOWN
			\`\`\`sql
			-- [$kind:baseline→0.3.20:start]
			CREATE TABLE notes(note TEXT);
			-- [$kind:baseline→0.3.20:end]
			\`\`\`
		MARKDOWN
	done >"$migrations/tiny.md"
	make_model "$top/idle/tiny" 512
	make_copies "$top/idle/tiny" "$top/idle/million"
	let_it_see "$top/idle/million"
	in_turns million "$top/idle/million" upgrade status open-each
}
