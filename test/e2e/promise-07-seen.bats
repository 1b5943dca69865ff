# Promises 4 and 7: a database to which nothing has happened since its ledger was
# read is not opened, and one to which something has is never called current.
#
# Takes long.

load lib
load witness
setup()
{
	begin
	needs_trace
}
teardown()
{
	[ -z "${app_pid-}" ] || app_close
	[ -z "${mounted-}" ] || umount "$T/coarse"
	end
}

# make_seen USERS: a fleet of which all is known: at the target, left alone for
# longer than a clock's grain, and looked at then.
make_seen()
{
	make_fleet "$1" -k 1
	fleet upgrade --quiet
	rest
}

# More than two seconds, in whole ones.
rest()
{
	sleep 3.1
	fleet upgrade --quiet
}

# opened COMMAND...: which user databases it opens, in order of names.
opened()
{
	traced openat "$@" >"$T/said" || return 1
	grep -oE '[a-z0-9]+_longterm\.db", O_' "$T/trace" | cut -d _ -f 1 |
		sort -u | tr '\n' ' ' || true
}

# age FILE: puts its ledger back to 0.3.19, by hand; the size stays.
age()
{
	local size
	size=$(stat -c %s "$1")
	sqlite3 "$1" "UPDATE fleet_schema_history SET to_version = '0.3.19'
		WHERE to_version = '0.3.20'"
	same "$size" "$(stat -c %s "$1")"
}

# aged FILE: makes an aged copy at $T/aged.db.
aged()
{
	cp "$1" "$T/aged.db"
	age "$T/aged.db"
}

# versions: of each user, as `status` has them.
versions()
{
	json 0 status --verbose
	told 'select(.event == "database" and .username != null) |
		.username + " " + .from' | sort
}

# not_current USER...: `status` finds these at 0.3.19 and all others at 0.3.20;
# an upgrade calls none of these current, and all others.
not_current()
{
	local user expected

	expected=$(printf '%s 0.3.19\n' "$@" | sort)
	same "$expected" "$(versions | grep -v ' 0\.3\.20$')"
	fleet upgrade --json >"$T/json" 2>"$T/errors" || true
	same "$(printf '%s\n' "$@" | sort)" "$(told 'select(.event ==
		"database" and .username != null and .outcome != "current") |
		.username' | sort)"
}

@test "what has not changed is not opened: not by upgrade, dry run, status, list" {
	make_seen 4
	same "" "$(opened fleet upgrade)"
	grep -q "5 databases" "$T/said"
	grep -q "nothing was changed" "$T/said"
	same "" "$(opened fleet upgrade --dry-run)"
	same "" "$(opened fleet status)"
	same "" "$(opened fleet list)"
	same "" "$(opened fleet upgrade --failed)"
	untouched fleet status
	# The rest of what is known stays when one of them is looked at anew.
	sqlite3 "$(db bob)" "INSERT INTO topics(topic_name) VALUES ('new')"
	same "bob " "$(opened fleet status)"
	rest
	same "" "$(opened fleet upgrade)"
}

@test "verify, rollback and baseline open every database" {
	make_seen 3
	same "alice bob carol " "$(opened fleet verify)"
	same "alice bob carol " "$(opened fleet baseline --to 0.3.20)"
	exits 0 fleet rollback
	says "4 restored"
}

@test "only what writes remembers, and what was written lately is not known" {
	make_fleet 2 -k 1
	fleet upgrade --quiet
	fleet upgrade --quiet
	same "alice bob " "$(opened fleet status)"
	sleep 3.1
	same "alice bob " "$(opened fleet status)"
	same "alice bob " "$(opened fleet upgrade --dry-run)"
	same "alice bob " "$(opened fleet status)"
	fleet upgrade --quiet
	same "" "$(opened fleet status)"
}

@test "whatever happens to a database, it is not called current" {
	local journal

	make_seen 12
	same "" "$(opened fleet status)"

	# An old backup is put back: over the file, and in its place.
	aged "$(db alice)"
	cat "$T/aged.db" >"$(db alice)"
	aged "$(db bob)"
	mv "$T/aged.db" "$(db bob)"
	# The same, with the size and all the times that can be set.
	touch -r "$(db carol)" "$T/times"
	aged "$(db carol)"
	cat "$T/aged.db" >"$(db carol)"
	touch -r "$T/times" "$(db carol)"
	cp -p "$(db dave)" "$T/times"
	aged "$(db dave)"
	touch -r "$T/times" "$T/aged.db"
	cp -p "$T/aged.db" "$(db dave)"
	# Another user's file comes under this name, of the same size.
	age "$(db erin)"
	touch -r "$(db user00006)" "$(db erin)"
	mv "$(db erin)" "$(db user00006)"
	# It is changed by hand.
	touch -r "$(db user00007)" "$T/times"
	age "$(db user00007)"
	touch -r "$T/times" "$(db user00007)"
	# An application commits to the -wal, and the file stays as it is.
	app_open "$(db user00010)"
	cp -p "$(db user00010)" "$T/before"
	app "UPDATE fleet_schema_history SET to_version = '0.3.19'
		WHERE to_version = '0.3.20'"
	cmp "$T/before" "$(db user00010)"
	# A journal that is not its own takes back what it never did.
	aged "$(db user00011)"
	leave_journal "$T/aged.db" "UPDATE fleet_schema_history
		SET to_version = '0.3.20' WHERE to_version = '0.3.19';
		CREATE TABLE big(a); INSERT INTO big VALUES (zeroblob(90000))"
	cp "$T/aged.db-journal" "$(db user00011)-journal"

	not_current alice bob carol dave user00006 user00007 user00010 user00011
}

@test "a database of another start of the machine is not known" {
	make_seen 2
	sqlite3 fleet/.fleet-upgrade/seen.db \
		"UPDATE boot SET id = upper(id) || '-'"
	same "alice bob " "$(opened fleet status)"
	same "alice bob " "$(opened fleet upgrade)"
	same "" "$(opened fleet upgrade)"
}

# A file system whose clock has a grain of a second: with it, a change can be
# made that no time shows.
@test "a change within the clock's grain is never called current" {
	local try before hits=0

	truncate -s 16M coarse.img
	mkfs.ext4 -q -I 128 coarse.img 2>/dev/null || skip "no mkfs.ext4"
	mkdir coarse
	mount -o loop coarse.img coarse 2>/dev/null || skip "nothing may be mounted"
	mounted=1
	make_fleet 1 -k 1
	fleet upgrade --quiet
	mv fleet/alice_longterm.db fleet/system.db coarse
	rm -r fleet
	ln -s coarse fleet
	for try in {1..12}; do
		sqlite3 "$(db alice)" "UPDATE fleet_schema_history
			SET to_version = '0.3.20' WHERE to_version = '0.3.19'"
		fleet upgrade --quiet
		before=$(stat -c '%i %s %y %z' "$(db alice)")
		age "$(db alice)"
		[ "$before" != "$(stat -c '%i %s %y %z' "$(db alice)")" ] ||
			hits=$((hits + 1))
		same "alice 0.3.19" "$(versions)"
	done
	[ "$hits" -ge 1 ]
}

@test "other migrations make another answer of what is known" {
	make_seen 2
	add_step 0.3.20 0.3.21 <<<"CREATE TABLE later(a);"
	same "" "$(opened fleet status)"
	grep -q "2 *100" "$T/said"
	json 0 status
	same 2 "$(told .pending)"
	same "" "$(opened fleet upgrade --to 0.3.20)"
	fleet upgrade --quiet
	json 0 status
	same 2 "$(told '.versions["0.3.21"]')"

	# All were changed; now they are known at a version that is too new.
	rest
	same "" "$(opened fleet status)"
	rm "$T/migrations/step-0.3.21-user.md"
	json 0 status
	same 2 "$(told .newer)"
	exits 1 fleet upgrade
	says "2 newer"

	# Or at one that these migrations do not have.
	add_step 0.3.20 0.3.22 <<<"CREATE TABLE later(a);"
	exits 1 fleet upgrade
	says "its ledger says 0.3.21, which is no version of these migrations"
}

@test "what is known may be lost or damaged, and is begun anew" {
	local seen=fleet/.fleet-upgrade/seen.db bytes

	make_seen 2
	bytes=$(stat -c %s "$seen")
	rm "$seen"
	same "alice bob " "$(opened fleet status)"
	fleet upgrade --quiet
	same "" "$(opened fleet status)"
	[ "$(stat -c %a "$seen")" = 600 ]

	age "$(db alice)"
	rest || true
	same "" "$(opened fleet status)"
	for damage in "echo garbage >$seen" "truncate -s 5000 $seen" \
		"head -c $bytes /dev/urandom >$seen" ": >$seen" \
		"head -c 4096 /dev/urandom | dd of=$seen bs=4096 seek=2 \
			conv=notrunc 2>$T/dd"; do
		eval "$damage"
		same "alice bob " "$(opened fleet status)"
		same "alice 0.3.19" "$(versions | grep -v 20)"
		exits 1 fleet upgrade
		says "2 current"
		same "" "$(opened fleet status)"
	done
}

@test "what was known of another fleet, or of this one elsewhere, is no harm" {
	make_seen 2
	cp -a fleet copy
	age "$(db alice)"
	# The copies are other files; those moved are the same ones.
	mv fleet moved
	mv copy fleet
	same "alice bob " "$(opened fleet status)"
	same "alice 0.3.20" "$(versions | grep alice)"
	mv fleet copy
	mv moved fleet
	same "alice " "$(opened fleet status)"
	cp copy/.fleet-upgrade/*.db fleet/.fleet-upgrade/
	same "alice 0.3.19" "$(versions | grep alice)"
}

@test "what happens while a run waits for another one is seen" {
	local waiting

	make_seen 2
	flock fleet sleep 2 3>&- &
	sleep 0.3
	fleet upgrade --lock-wait 30 --json >"$T/json" 2>"$T/errors" 3>&- &
	waiting=$!
	sleep 1
	kill -0 "$waiting"
	age "$(db alice)"
	wait "$waiting" || true
	same failed "$(told 'select(.username == "alice") | .outcome')"
	same current "$(told 'select(.username == "bob") | .outcome')"
}

@test "what is gone is forgotten, unless only some users were asked for" {
	local seen=fleet/.fleet-upgrade/seen.db

	make_seen 3
	same 4 "$(sqlite3 "$seen" 'SELECT count(*) FROM seen')"
	rm "$(db bob)"
	fleet upgrade alice --quiet
	same 4 "$(sqlite3 "$seen" 'SELECT count(*) FROM seen')"
	fleet upgrade --quiet
	same 3 "$(sqlite3 "$seen" 'SELECT count(*) FROM seen')"
	same "" "$(opened fleet status)"
}
