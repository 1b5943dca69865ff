# Promise 11: it stays in its room: it follows no symlink below the data
# directory, opens only regular files there, writes only the databases and the
# state directory; no backup is ever more readable than its original; started as
# root it works with the rights of the files' owner.

load lib
load witness
load sweep

# All who may write there are trusted. (strict.bats has what is refused.)
TRUSTING=(--set run.strict_modes=no)

# Whose the files are, where there are root's rights to make them somebody's. No
# account has these ids, which has to do as well.
OWNER=54321
OTHER=54322

setup()
{
	begin
	# Whoever the files are given to has to come to them.
	chmod 755 "$T"
	make_fleet 3 -k 1
	mkdir outside
	cp "$(db alice)" outside/mallory_longterm.db
}
teardown()
{
	[ -z "${mounted-}" ] || umount "$mounted"
	end
}

needs_root()
{
	[ "$(id -u)" -eq 0 ] || skip "only root can give files to others"
}

# stays_out STATUS COMMAND...: ends so, and leaves no trace in `outside`.
stays_out()
{
	local before expected=$1

	shift
	before=$(listing outside)
	exits "$expected" "$@"
	diff <(echo "$before") <(listing outside)
}

@test "a link to a database is not followed" {
	ln -s ../outside/mallory_longterm.db "$(db mallory)"
	ln -s "$T/outside/mallory_longterm.db" "$(db another)"
	stays_out 5 fleet upgrade
	says "4 upgraded, 2 skipped" mallory "a symbolic link"
	[ -L "$(db mallory)" ]
}

@test "a system.db that is a link is not followed" {
	mv fleet/system.db outside/
	ln -s ../outside/system.db fleet/system.db
	stays_out 2 fleet upgrade
	has "symbolic link"
}

@test "a link to a folder is not followed, and told of" {
	ln -s ../outside fleet/sub
	stays_out 0 fleet upgrade
	says "4 upgraded" sub
}

@test "a database behind a link in the way of system_db is refused" {
	mv fleet/system.db outside/
	ln -s ../outside fleet/sub
	stays_out 78 fleet upgrade --set fleet.system_db=sub/system.db
}

@test "the data directory itself may be behind a link" {
	ln -s fleet here
	exits 0 "$FLEET_UPGRADE" -d here -m migrations
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
}

@test "a pipe, a socket, a folder in place of a database are never opened" {
	mkfifo "$(db pipe)"
	mkdir "$(db folder)"
	exits 5 timeout -s KILL 60 "$FLEET_UPGRADE" -d fleet -m migrations
	says "4 upgraded, 2 skipped" "a named pipe" "a folder"
}

@test "a pipe in place of what lies beside a database is not waited for" {
	local name

	leave_wal "$(db bob)" "INSERT INTO personal_variables(key, value) \
		VALUES ('left', 'behind')"
	for name in shm wal journal; do
		rm -f "$(db bob)-$name"
		mkfifo "$(db bob)-$name"
		for command in status verify "upgrade --dry-run"; do
			# shellcheck disable=SC2086
			run timeout -s KILL 60 "$FLEET_UPGRADE" -d fleet \
				-m migrations $command --verbose
			[ "$status" -ne 137 ]
		done
	done
	exits 1 timeout -s KILL 60 "$FLEET_UPGRADE" -d fleet -m migrations
	says "3 upgraded" "1 failed" "user bob" "is a pipe" "remove the pipe"
}

@test "a database with another hard link is done in place, under both names" {
	ln "$(db bob)" outside/bob.db
	exits 0 fleet upgrade
	[ "$(version_of outside/bob.db)" = 0.3.20 ]
	[ "$(stat -c %i outside/bob.db)" = "$(stat -c %i "$(db bob)")" ]
}

@test "one file under two names in the fleet is refused, and nothing is touched" {
	ln "$(db bob)" "$(db robert)"
	untouched fleet upgrade
	[ "$status" -eq 64 ]
	says bob robert
}

@test "hidden folders, state directories and SQLite's own files are passed over" {
	fleet upgrade --quiet
	# A state directory of an earlier time, and another program's secrets.
	cp -a fleet/.fleet-upgrade fleet/state-of-old
	mkdir fleet/.hidden
	cp -a outside/mallory_longterm.db fleet/.hidden/
	cp -a outside/mallory_longterm.db fleet/x_longterm.db-journal
	save_fleet saved
	exits 0 fleet upgrade
	has "4 current"
	files_same saved
}

@test "what is mounted below the data directory is not entered" {
	needs_root
	mkdir fleet/elsewhere
	mount -t tmpfs -o size=1m fleet-test fleet/elsewhere 2>/dev/null ||
		skip "nothing can be mounted here"
	mounted=$T/fleet/elsewhere
	cp outside/mallory_longterm.db fleet/elsewhere/
	exits 0 fleet upgrade
	says "4 upgraded" elsewhere
	cmp outside/mallory_longterm.db fleet/elsewhere/mallory_longterm.db
}

@test "nothing is written but the databases and the state directory" {
	local before

	mkdir home tmp
	export HOME=$T/home TMPDIR=$T/tmp
	before=$(listing "$T" ! -path "$T/fleet*" ! -path "$T/tmp")
	exits 0 fleet upgrade
	exits 0 fleet rollback
	exits 0 fleet upgrade --release
	diff <(echo "$before") <(listing "$T" ! -path "$T/fleet*" ! -path "$T/tmp")
	same "" "$(find tmp -mindepth 1)"
	same ".fleet-upgrade alice_longterm.db bob_longterm.db $(
		)carol_longterm.db system.db " "$(ls -A fleet | LC_ALL=C sort |
		tr '\n' ' ')"
}

@test "the state directory is closed to everybody else, whatever the umask" {
	umask 0
	fleet upgrade --quiet
	same "" "$(find fleet/.fleet-upgrade -type d ! -perm 700)"
	same "" "$(find fleet/.fleet-upgrade -type f -perm /077)"
}

@test "a state directory that others may write to is refused" {
	fleet upgrade --to 0.3.19 --quiet
	chmod 770 fleet/.fleet-upgrade
	untouched fleet upgrade
	[ "$status" -eq 78 ]
	says ".fleet-upgrade" "chmod 700"
}

@test "a state directory that is somebody else's is refused" {
	needs_root
	fleet upgrade --to 0.3.19 --quiet
	chown "$OTHER" fleet/.fleet-upgrade
	untouched fleet upgrade
	[ "$status" -eq 78 ]
	says ".fleet-upgrade" "$OTHER"
}

@test "a state directory that is a link is refused" {
	ln -s ../outside fleet/.fleet-upgrade
	stays_out 78 fleet upgrade
}

@test "a folder full of something else is no state directory" {
	stays_out 78 fleet upgrade --set fleet.state_dir="$T/outside"
	has "is no state directory"
}

# made: the calls of the trace that made a file or a folder, as "MODE PATH".
made()
{
	sed -nE -e 's/.*open(at)?\((.*), [A-Z_|]*O_CREAT[A-Z_|]*, (0[0-7]*)\) = [0-9]+.*/\3 \2/p' \
		-e 's/.*mkdir(at)?\((.*), (0[0-7]*)\) += 0.*/\3 \2/p' trace
}

@test "nothing is made more readable than its original, not for a moment" {
	umask 0
	chmod 600 fleet/*.db
	sqlite3 "$(db bob)" 'PRAGMA journal_mode = WAL' >/dev/null
	cp -a fleet start
	for strategy in in-place auto; do
		rm -r fleet
		cp -a start fleet
		traced open,openat,mkdir,mkdirat,chmod,fchmod,fchmodat \
			fleet upgrade --quiet --set run.strategy=$strategy
		made >made
		same "" "$(grep -v '^0[67]00 ' made || true)"
		# SQLite's beside the database, the unfinished and the backups.
		for place in bob_longterm.db-wal 'staging>' 'backups>'; do
			grep -q "$place" made
		done
		# Nor does one become so later.
		same "" "$(grep chmod trace | grep -oE ' 0[0-7]{3,}' |
			grep -vx ' 0[67]00' || true)"
		same "" "$(find fleet -type f -perm /077)"
	done
}

# list_on KIND FILE: an access control list that lets user 12346 read and write,
# and nobody else but the owner: u::rw u:12346:rw g::- m::rw o::-.
list_on()
{
	python3 - "$@" <<-'PY' || skip "there are no access control lists here"
		import os, struct, sys
		no = 0xffffffff
		rows = ((1, 6, no), (2, 6, 12346), (4, 0, no), (16, 6, no), (32, 0, no))
		os.setxattr(sys.argv[2], "system.posix_acl_" + sys.argv[1],
			struct.pack("<I", 2) +
			b"".join(struct.pack("<HHI", *row) for row in rows))
	PY
}

# Nobody but the owner comes at any of these files.
are_the_owners()
{
	same "600" "$(stat -c %a "$@" | sort -u)" &&
		python3 -c 'import os, sys
sys.exit(any("posix_acl" in x for f in sys.argv[1:] for x in os.listxattr(f)))' "$@"
}

@test "what an access control list withholds, no backup gives" {
	local way

	list_on access "$(db alice)"
	same 660 "$(stat -c %a "$(db alice)")"
	# Made by an upgrade, and of what a restore overwrites.
	for way in --force --offline; do
		exits 0 fleet upgrade "${TRUSTING[@]}" --release \
			--set run.strategy=in-place
		[ "$way" = --force ] || : >"$(db alice)"
		exits 0 fleet restore alice "$way" "${TRUSTING[@]}"
	done
	are_the_owners fleet/.fleet-upgrade/backups/*/alice_longterm.db
	# And so does not what came out of it.
	are_the_owners "$(db alice)"
}

@test "what a swap has kept as a backup comes back as the owner's" {
	list_on access "$(db alice)"
	exits 0 fleet upgrade "${TRUSTING[@]}" --set run.strategy=swap
	same 660 "$(stat -c %a "$(db alice)")"
	rm "$(db alice)"
	exits 0 fleet restore alice --offline "${TRUSTING[@]}"
	are_the_owners "$(db alice)"
}

@test "a list that new files get from their folder lets nobody at a backup" {
	chmod 600 fleet/*.db
	list_on default fleet
	exits 0 fleet upgrade "${TRUSTING[@]}" --set run.strategy=in-place
	are_the_owners fleet/.fleet-upgrade/backups/*/*.db
	: >"$(db alice)"
	exits 0 fleet restore alice --offline "${TRUSTING[@]}"
	are_the_owners "$(db alice)"
}

# ---- root ----

give_away()
{
	needs_root
	chown -R "$1:$1" fleet
}

@test "root becomes the owner of the databases: all that is new is the owner's" {
	give_away $OWNER
	exits 0 fleet upgrade
	has "4 upgraded"
	exits 0 fleet rollback
	exits 0 fleet upgrade --release
	same "" "$(find fleet ! -uid $OWNER -o ! -gid $OWNER)"
}

@test "root's own rights are not there when a database is opened" {
	local names

	give_away $OWNER
	traced setuid,setgroups,setgid,openat fleet upgrade --quiet
	dropped=$(call "setuid\($OWNER\) *= 0")
	opened=$(call 'openat\(.*(_longterm|system)\.db"')
	[ "$dropped" -lt "$opened" ]
	names=$(grep -E 'setuid|setgid|setgroups' trace | sed 's/^[0-9]* *//')
	[[ $names = *"setgroups(1, "*"setgid($OWNER)"*"setuid($OWNER)"* ]]
}

@test "another's databases are worked on as root only where root is said" {
	give_away $OWNER
	chown $OTHER "$(db bob)"
	exits 78 fleet upgrade --set run.user=root
	exits 0 fleet upgrade --set run.user=root "${TRUSTING[@]}"
	has "4 upgraded"
	# What is written in root's name stays the owner's all the same.
	same "$OTHER" "$(stat -c %u "$(db bob)")"
	same "$OWNER" "$(stat -c %u "$(db alice)")"
	same "$OTHER" "$(stat -c %u \
		fleet/.fleet-upgrade/backups/*/bob_longterm.db)"
	same 0 "$(stat -c %u fleet/.fleet-upgrade)"
}

@test "the rights of a user who may not write end in failures, not in writes" {
	needs_root
	chown $OWNER fleet
	chmod 644 fleet/*.db
	save_fleet saved
	exits 2 fleet upgrade --set run.user=nobody "${TRUSTING[@]}" \
		--set fleet.state_dir="$T/state"
	files_same saved
}

@test "a state directory that root was killed at making is no obstacle" {
	local n

	give_away $OWNER
	have_faultpoint
	cp -a fleet start
	for n in {1..20}; do
		strike "$n" "kill-after::$CHANGES" upgrade
		same 137 "$status"
		exits 0 fleet upgrade
		same "" "$(find fleet ! -uid $OWNER)"
	done
}

@test "a journal forged by a user makes root delete nothing" {
	needs_root
	mkdir -m 700 secret
	echo precious >secret/file
	chmod 600 secret/file
	# The forgery is one: whoever reads as root loses the file.
	cp "$(db bob)" outside/forged.db
	forge_journal outside/forged.db "$T/secret/file"
	sqlite3 outside/forged.db 'SELECT count(*) FROM memories' >/dev/null
	[ ! -e secret/file ]
	echo precious >secret/file

	give_away $OWNER
	forge_journal "$(db bob)" "$T/secret/file"
	chown $OWNER "$(db bob)-journal"
	for command in status verify "upgrade --dry-run" upgrade status; do
		# shellcheck disable=SC2086
		run fleet $command
		[ -e secret/file ]
	done
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
}

@test "nor does it where root's rights are asked for" {
	needs_root
	mkdir -m 700 secret
	echo precious >secret/file
	give_away $OWNER
	forge_journal "$(db bob)" "$T/secret/file"
	chown $OWNER "$(db bob)-journal"
	exits 1 fleet upgrade --set run.user=root "${TRUSTING[@]}"
	says "3 upgraded, 1 failed" bob
	[ -e secret/file ]
	# The rest of the fleet is done, and bob's when the forgery is gone, which
	# SQLite has deleted before it came to what that names.
	rm -f "$(db bob)-journal"
	exits 0 fleet upgrade --set run.user=root "${TRUSTING[@]}"
	has "1 upgraded"
}
