# `template build`: an empty database for the application to copy when a user
# signs up, as the migrations make it, ledger included.

load lib
load sweep
setup() { begin; }
teardown() { end; }

template()
{
	"$FLEET_UPGRADE" -c /dev/null -m "$T/migrations" template build "$@"
}

shipped()
{
	mkdir -p migrations
	cp "$SRCDIR/migrations/history.md" migrations/
}

@test "template: a copy is current in the fleet from its first day" {
	make_fleet 3
	exits 0 template new.db
	has "new.db: an empty user database at 0.3.20, 2 steps, "
	exits 0 fleet upgrade --quiet
	cp new.db fleet/dave_longterm.db
	save_fleet saved
	exits 0 fleet status --check
	has "100.0 %"
	exits 0 fleet upgrade
	has "5 databases"
	has "5 current"
	files_same saved
	# The one finding that all databases of that schema have.
	run fleet verify dave
	has "foreign key mismatch"
	lacks drift
	lacks "2 findings"
	# A ledger as the others have it, which did it step by step.
	rows="SELECT rank, kind, from_version, to_version, description, checksum,
		tool_version FROM fleet_schema_history"
	exits 0 template --kind system system.new
	same "$(sqlite3 new.db "$rows" | cut -d'|' -f3-6 | tail -n 1)" \
		"$(ask alice "$rows" | cut -d'|' -f3-6 | tail -n 1)"
	same 2 "$(sqlite3 system.new 'SELECT count(*) FROM fleet_schema_history')"
}

@test "template: a copy is upgraded with the others, and goes back with them" {
	make_fleet 2
	exits 0 fleet upgrade --quiet
	exits 0 template new.db
	cp new.db fleet/dave_longterm.db
	sqlite3 fleet/dave_longterm.db "INSERT INTO topics(topic_name)
		VALUES ('his first')"
	before=$(ask dave '.dump topics')
	add_step 0.3.20 0.3.20.1 <<<'CREATE TABLE more(a);'
	exits 0 fleet upgrade
	has "3 upgraded"
	same 0.3.20.1 "$(version_of fleet/dave_longterm.db)"
	exits 0 fleet rollback
	has "3 restored"
	same 0.3.20 "$(version_of fleet/dave_longterm.db)"
	same "$before" "$(ask dave '.dump topics')"
	# The run before is not his: nothing of it is put back into his.
	save_fleet saved
	run fleet rollback
	files_same saved dave_longterm.db
}

@test "template: rows that steps insert, user_version and FTS are in it" {
	mkdir migrations
	add_step baseline 1 <<-'EOF'
		CREATE TABLE setting(name PRIMARY KEY, value);
		INSERT INTO setting VALUES ('language', 'de');
		CREATE VIRTUAL TABLE words USING fts5(t);
		INSERT INTO words VALUES ('so it is');
		PRAGMA user_version = 5;
	EOF
	add_step 1 2 <<<"UPDATE setting SET value = 'en';"
	exits 0 template new.db
	same en "$(sqlite3 new.db 'SELECT value FROM setting')"
	same 1 "$(sqlite3 new.db "SELECT count(*) FROM words('so')")"
	same 5 "$(sqlite3 new.db 'PRAGMA user_version')"
	same delete "$(sqlite3 new.db 'PRAGMA journal_mode')"
	same ok "$(sqlite3 new.db 'PRAGMA integrity_check')"
	exits 0 template --to 1 old.db
	same de "$(sqlite3 old.db 'SELECT value FROM setting')"
	same 1 "$(version_of old.db)"
}

@test "template: modes, and who replaces what" {
	shipped
	(umask 027 && exits 0 template new.db)
	same 640 "$(stat -c %a new.db)"
	chmod 604 new.db
	inode=$(stat -c %i new.db)
	exits 0 template --to 0.3.19 new.db
	same 604 "$(stat -c %a new.db)"
	same 0.3.19 "$(version_of new.db)"
	[ "$inode" != "$(stat -c %i new.db)" ]
	ln -s new.db link.db
	exits 64 template link.db
	has "$T/link.db: it is a link" || has "link.db: it is a link"
	mkfifo pipe
	exits 64 template pipe
	exits 64 template .
	exits 64 template new.db/
	exits 74 template nowhere/new.db
	echo 'Dear Bob,' >letter
	exits 64 template letter
	has "no template"
	same "Dear Bob," "$(cat letter)"
	same 0.3.19 "$(version_of new.db)"
	same "letter link.db migrations new.db pipe" \
		"$(find . -mindepth 1 -maxdepth 1 -printf '%P\n' | sort |
			tr '\n' ' ' | sed 's/ $//')"
}

@test "template: nothing in the place of a user's database, or beside one" {
	make_fleet 2
	ln -s fleet way
	save_fleet saved
	for file in fleet/alice_longterm.db fleet/new_longterm.db \
		way/new_longterm.db fleet/system.db; do
		exits 64 fleet template build "$file"
		has "a database of the fleet"
	done
	exits 0 fleet upgrade --quiet
	exits 64 fleet template build fleet/.fleet-upgrade/new.db
	has "state directory"
	exits 64 fleet template build other.db-wal
	has "a part of another database"
	# Elsewhere in the data directory it is nobody's.
	exits 0 fleet template build fleet/template.db
	exits 0 fleet status --check
	# What is in use, though no fleet is named.
	cp "$(db alice)" in-use.db
	exits 64 template in-use.db
	has "has been upgraded (to 0.3.20)"
	cmp "$(db alice)" in-use.db
	cp saved/alice_longterm.db foreign.db
	exits 64 template foreign.db
	has "no ledger of ours"
	cmp saved/alice_longterm.db foreign.db
	# Who has the old template open in WAL mode must not find it in the new.
	exits 0 template new.db
	: >new.db-journal
	exits 64 template new.db
	has "$T/new.db-journal is beside it"
}

@test "template: whenever it is killed, the file is the old one or the new one" {
	have_faultpoint
	mkdir migrations
	add_step baseline 1 <<<'CREATE TABLE t(a); INSERT INTO t VALUES (1);'
	add_step 1 2 <<<'INSERT INTO t VALUES (2);'
	exits 0 template --to 1 old.db
	old=$(sha256sum <old.db)
	calls=0 news=0
	for fate in kill-before kill-after; do
		for ((n = 1; ; n++)); do
			cp -a old.db new.db
			rm -f count
			status=0
			LD_PRELOAD=$FAULTPOINT FAULTPOINT_AT=$n \
				FAULTPOINT_DO=$fate FAULTPOINT_COUNT=count \
				FAULTPOINT_CALLS=$CHANGES \
				template new.db >said 2>&1 || status=$?
			# Whole, both times.
			if [ "$(sha256sum <new.db)" != "$old" ]; then
				same 2 "$(version_of new.db)"
				same 3 "$(sqlite3 new.db 'SELECT sum(a) FROM t')"
				news=$((news + 1))
			fi
			[ ! -e new.db-journal ]
			[ -e count ] && break
			same 137 "$status"
			calls=$((calls + 1))
			# And the next one is not in its way.
			exits 0 template new.db
			same 2 "$(version_of new.db)"
			[ ! -e .new.db.new ]
		done
		same 0 "$status"
	done
	[ "$calls" -gt 12 ]
	[ "$news" -ge 3 ]
}

@test "template: a disk that is full leaves what was there" {
	have_faultpoint
	shipped
	exits 0 template --to 0.3.19 new.db
	cp -a new.db old.db
	for n in 1 2 3 5 8; do
		status=0
		LD_PRELOAD=$FAULTPOINT FAULTPOINT_AT=$n FAULTPOINT_DO=fail-on \
			FAULTPOINT_ERRNO=ENOSPC FAULTPOINT_CALLS=write,sync \
			template new.db >said 2>&1 || status=$?
		if [ "$status" -ne 74 ]; then
			echo "$n: $status"
			cat said
			return 1
		fi
		cmp old.db new.db
		[ ! -e .new.db.new ]
	done
}

@test "template: as root, no folder that others may write to" {
	[ "$(id -u)" -eq 0 ] || skip "not root"
	shipped
	mkdir open
	chmod 777 open
	exits 78 template open/new.db
	has "$T/open may be written"
	[ ! -e open/new.db ]
	same "" "$(ls -A open)"
	exits 0 template open/new.db --set run.strict_modes=no
}

@test "template: --json, and what it cannot do" {
	shipped
	exits 0 template --json new.db
	same "{\"event\":\"template\",\"kind\":\"user\",\"version\":\"0.3.20\",\"path\":\"new.db\",\"steps\":2,\"bytes\":$(stat -c %s new.db)}" \
		"$output"
	exits 0 template --quiet new.db
	same "" "$output"
	exits 64 template
	has "name the file"
	exits 64 template a b
	exits 64 template --kind all new.db
	exits 64 template --to 7 new.db
	rm migrations/*
	add_step baseline 1 <<<'CREATE TABLE t(a);'
	exits 64 template --kind system new.db
	has "no step for system databases"
	add_step 1 2 <<-'EOF'
		CREATE TABLE child(p REFERENCES t(a));
		CREATE UNIQUE INDEX on_a ON t(a);
		INSERT INTO child VALUES (9);
	EOF
	exits 65 template other.db
	has "not sound"
	has foreign
	[ ! -e other.db ]
}
