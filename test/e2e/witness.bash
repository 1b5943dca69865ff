# For tests of what is done to a fleet, or not done: a full picture of a folder,
# an application that has a database open, and the system calls of a run.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # for whoever loads this; lib.bash's

# listing FOLDER [FIND ARGUMENT...]: everything below, folders and links too:
# type, inode, links, mode, owner, size, times of content and of inode, and the
# checksum of what is in it. (Not the time of the inode of a -wal, -shm or
# -journal: SQLite, run by root, gives them to the database's owner each time
# that it opens them.)
listing()
{
	local picture='%p %y %i %n %m %U:%G %s %T@ %l'

	find "$@" \( -name '*-wal' -o -name '*-shm' -o -name '*-journal' \) \
		-printf "$picture\n"
	find "$@" ! -name '*-wal' ! -name '*-shm' ! -name '*-journal' \
		-printf "$picture %C@\n" | sort
	find "$@" -type f -exec sha256sum {} + | sort -k 2
}

# untouched COMMAND...: runs it, and fails if it has left a trace anywhere in $T.
# Its output and status are in $output and $status, as after `run`. What comes
# and goes in TMPDIR does not count, if it has gone.
untouched()
{
	seen=$(listing "$T" ! -path "$T" ! -path "$T/tmp")
	still_untouched "$@"
}

# still_untouched COMMAND...: the same, where nothing else was done since the last
# one.
still_untouched()
{
	run "$@"
	if ! diff <(echo "$seen") \
		<(listing "$T" ! -path "$T" ! -path "$T/tmp"); then
		echo "^ changed by: $*"
		echo "$output"
		return 1
	fi
}

# app_open FILE: an application opens the database. app SQL: it does that, and
# prints what comes of it. app_close: it ends well. app_kill: it is killed.
app_open()
{
	mkfifo "$T/app-asks" "$T/app-says"
	sqlite3 -batch "$1" <"$T/app-asks" >"$T/app-says" 2>&1 3>&- &
	app_pid=$!
	exec {app_asks}>"$T/app-asks" {app_says}<"$T/app-says"
	rm "$T/app-asks" "$T/app-says"
}

app()
{
	local line

	printf '%s;\n.print "~"\n' "$1" >&"$app_asks"
	while IFS= read -r -t 60 -u "$app_says" line && [ "$line" != '~' ]; do
		echo "$line"
	done
}

app_close()
{
	# Not by the end of its input alone: others may hold that open too.
	echo .quit >&"$app_asks"
	exec {app_asks}>&- {app_says}<&-
	wait "$app_pid"
	app_pid=
}

app_kill()
{
	kill -KILL "$app_pid"
	exec {app_asks}>&- {app_says}<&-
	wait "$app_pid" 2>/dev/null || true
	app_pid=
}

# can_meet: $MEET is to be preloaded (test/fault/meet.c), or the test is skipped.
# Whoever is to meet the program has to be loaded before it.
can_meet()
{
	MEET=${MEET:-$SRCDIR/test/fault/meet.so}
	[ -e "$MEET" ] || skip "$MEET is not built"
	! is_built_with tsan ||
		skip "the thread sanitizer does not work beside the meeting"
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
	export MEET ASAN_OPTIONS
}

# leave_wal FILE SQL, leave_journal FILE SQL: an application is killed after its
# commit, which stands in the -wal, or amid its transaction, of which half is in
# the file already and the way back in the -journal.
leave_wal()
{
	app_open "$1"
	app 'PRAGMA journal_mode = WAL' >/dev/null
	app "$2"
	app_kill
	[ -s "$1-wal" ]
}

leave_journal()
{
	app_open "$1"
	app 'PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN'
	app "$2"
	app_kill
	[ -s "$1-journal" ]
}

# Skips the test where nothing can be traced. Who calls traced() in a subshell
# calls this before, since nobody is skipped from there.
needs_trace()
{
	command -v strace >/dev/null || skip "strace is not installed"
	strace -o "$T/trace" true 2>/dev/null ||
		skip "strace may trace nothing here"
	! is_built_with tsan || skip "the thread sanitizer stands no strace"
}

# traced CALLS fleet ARGUMENT...: runs the program under strace; its calls, with
# the paths behind descriptors, are in $T/trace, a line each in the order in which
# they ended. An openat2() is an openat() there.
traced()
{
	local calls=${1/openat/openat,openat2}

	shift
	needs_trace
	# The leak sanitizer stands none either.
	cat >"$T/traced" <<-SH
		#!/bin/sh
		ASAN_OPTIONS=\${ASAN_OPTIONS:+\$ASAN_OPTIONS:}detect_leaks=0
		export ASAN_OPTIONS
		exec strace -f -y -s 0 -o "$T/trace" -e "trace=$calls" \
			--signal=none "$FLEET_UPGRADE" "\$@"
	SH
	chmod +x "$T/traced"
	FLEET_UPGRADE=$T/traced "$@"
	# A call that another thread's came between stands in two lines.
	awk '
		/<unfinished \.\.\.>$/ {
			sub(/ *<unfinished \.\.\.>$/, "")
			begun[$1] = $0
			next
		}
		/<\.\.\. [a-z0-9_]+ resumed>/ {
			sub(/^.*<\.\.\. [a-z0-9_]+ resumed>/, begun[$1])
		}
		{ print }' "$T/trace" |
		sed -E 's/openat2\((.*), \{flags=([^ ,}]*).*\}, [0-9]+\)/openat(\1, \2)/' \
			>"$T/trace.whole"
	mv "$T/trace.whole" "$T/trace"
}

# stumbles N CALL NAME fleet ARGUMENT...: the N-th such call of the program's that
# names a file just so fails with EIO, as when a disk is tired for a moment.
stumbles()
{
	local nth=$1 call=$2 name=$3

	shift 3
	needs_trace
	cat >"$T/stumbling" <<-SH
		#!/bin/sh
		ASAN_OPTIONS=\${ASAN_OPTIONS:+\$ASAN_OPTIONS:}detect_leaks=0
		export ASAN_OPTIONS
		exec strace -f -qq -o "$T/trace" -P "$name" \
			-e "inject=$call:error=EIO:when=$nth" \
			"$FLEET_UPGRADE" "\$@"
	SH
	chmod +x "$T/stumbling"
	FLEET_UPGRADE=$T/stumbling "$@"
}

# call PATTERN: the number of the first line of the trace that fits; fails if
# there is none. last_call PATTERN: of the last one.
call()
{
	grep -n -m 1 -E "$1" "$T/trace" | cut -d : -f 1 | grep .
}

last_call()
{
	grep -n -E "$1" "$T/trace" | tail -n 1 | cut -d : -f 1 | grep .
}

# forge_page FILE: a rollback journal that never was: it says that the second page
# of the database was another before, and has to be put back.
forge_page()
{
	python3 -c 'import struct, sys
size = int.from_bytes(open(sys.argv[1], "rb").read(18)[16:], "big")
page = b"\x0d" + b"forged" * size
page = page[:size]
check = sum(page[i] for i in range(size - 200, 0, -200))
head = bytes.fromhex("d9d505f920a163d7") + struct.pack(">IIIII", 1, 0, 2, 512,
	size)
with open(sys.argv[1] + "-journal", "wb") as out:
	out.write(head.ljust(512, b"\0") + struct.pack(">I", 2) + page +
		struct.pack(">I", check))' "$1"
}

# forge_journal FILE VICTIM: a rollback journal that never was: it says that a
# transaction over several databases was going on, whose own file is VICTIM.
# SQLite deletes that.
forge_journal()
{
	local file=$1 victim=$2 pages sum=0 i char

	pages=$(($(stat -c %s "$file") / 4096))
	for ((i = 0; i < ${#victim}; i++)); do
		printf -v char %d "'${victim:i:1}"
		sum=$((sum + char))
	done
	{
		printf '\xd9\xd5\x05\xf9\x20\xa1\x63\xd7'
		word 0
		word 0
		word "$pages"
		word 512
		word 4096
		head -c 484 /dev/zero
		word $((1073741824 / 4096 + 1))
		printf %s "$victim"
		word ${#victim}
		word "$sum"
		printf '\xd9\xd5\x05\xf9\x20\xa1\x63\xd7'
	} >"$file-journal"
}

word()
{
	# shellcheck disable=SC2059
	printf "$(printf '\\x%02x\\x%02x\\x%02x\\x%02x' \
		$(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) \
		$(($1 & 255)))"
}
