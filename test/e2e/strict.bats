# Started as root: what others may write to is refused, named, with the command
# that mends it, and nothing is touched. (The configuration: config.bats.)

load lib
load witness

# No account has these ids, which has to do as well.
OWNER=54321
OTHER=54322

setup()
{
	begin
	[ "$(id -u)" -eq 0 ] || skip "only root is in danger"
	# Whoever the files are given to has to come to them.
	chmod 755 "$T"
	make_fleet 1 -k 1
	mkdir fleet/users
	mv "$(db alice)" fleet/users/
	chown -R $OWNER:$OWNER fleet
}
teardown() { end; }

# refused PATH FIX: an upgrade ends with 78, names PATH and the command for it, and
# touches nothing; when that command was run, it is gone on.
refused()
{
	local path=$1 fix=$2

	untouched fleet upgrade
	same 78 "$status"
	says "$fix $path" "nothing was touched" "run.strict_modes = no"
	$fix "$path"
	exits 0 fleet status
}

@test "strict: so does every command that opens databases, unless told to trust" {
	chmod 777 fleet
	for command in status verify "upgrade --dry-run"; do
		# shellcheck disable=SC2086
		untouched fleet $command
		same 78 "$status"
		has "chmod go-w $T/fleet"
	done
	exits 0 fleet upgrade --set run.strict_modes=no
	has "2 upgraded"
}

@test "strict: what is only root's and the owner's is worked on" {
	exits 0 fleet upgrade
	has "2 upgraded"
}

@test "strict: a data directory that everybody may write to" {
	chmod 777 fleet
	refused "$T/fleet" "chmod go-w"
}

@test "strict: a data directory that a group may write to" {
	chmod 775 fleet
	refused "$T/fleet" "chmod go-w"
}

@test "strict: a sticky data directory keeps no journal from being put there" {
	chmod 1777 fleet
	refused "$T/fleet" "chmod go-w"
}

@test "strict: a folder of users below it" {
	chmod 777 fleet/users
	refused "$T/fleet/users" "chmod go-w"
}

@test "strict: what is no file of another's makes no second owner" {
	chmod 777 fleet/users
	# All of this anybody could have put there.
	forge_page fleet/users/alice_longterm.db
	mkfifo fleet/users/x_longterm.db
	ln -s nowhere fleet/users/y_longterm.db
	mkdir fleet/users/z_longterm.db
	chown -h $OTHER fleet/users/[xyz]* fleet/users/*-journal
	untouched fleet upgrade
	same 78 "$status"
	says "chmod go-w $T/fleet/users" "nothing was touched"
	# The forgery is one.
	cp fleet/users/alice_longterm.db before
	sqlite3 fleet/users/alice_longterm.db 'SELECT 1 FROM sqlite_master' \
		>/dev/null 2>&1 || true
	fails_to cmp -s before fleet/users/alice_longterm.db
}

@test "strict: with one user's rights for all, many owners are no reason either" {
	chmod 777 fleet/users
	chown root fleet
	cp fleet/users/alice_longterm.db fleet/users/x_longterm.db
	chown $OTHER fleet/users/x_longterm.db
	untouched fleet upgrade --set run.user=root
	same 78 "$status"
	says "chmod go-w $T/fleet/users" "nothing was touched"
}

@test "strict: a database that is root's in a fleet that is another's" {
	cp fleet/users/alice_longterm.db "fleet/users/u;02_longterm.db"
	untouched fleet upgrade
	same 78 "$status"
	says "$T/fleet/users/u;02_longterm.db belongs to user id 0, but most" \
		"nothing was touched" "or leave it out: --exclude='u;02'"
	# The folders are the application's, and stay so.
	lacks "chown 0"
	command=chown${output#*that user\'s, chown}
	command=${command%%; or leave*}
	same "chown -h $OWNER '$T/fleet/users/u;02_longterm.db'" "$command"
	exits 0 fleet status --exclude='u;02'
	# A file with two names may be anybody's.
	ln "fleet/users/u;02_longterm.db" fleet/secret
	untouched fleet upgrade
	same 78 "$status"
	says "it has 2 names" "--exclude='u;02'"
	lacks chown
	rm fleet/secret
	bash -c "$command"
	exits 0 fleet upgrade
	has "3 upgraded"
}

@test "strict: the folder of several owners is to be root's" {
	cp -p fleet/users/alice_longterm.db fleet/users/x_longterm.db
	chown $OTHER fleet/users/x_longterm.db
	chown 54323 fleet fleet/system.db
	refused "$T/fleet" "chown 0"
}

@test "strict: a folder below it that is somebody else's" {
	chown $OTHER fleet/users
	refused "$T/fleet/users" "chown $OWNER"
}

@test "strict: the command is quoted for a shell, whatever the folder is called" {
	name="fl'; touch caught; 'eet x"
	mv fleet "$name"
	ln -s "$name" fleet
	chmod 777 "$name"
	exits 78 fleet upgrade
	command=${output#*; nothing was touched; }
	command=${command%%; or set run.strict_modes*}
	has "chmod go-w "
	bash -c "$command"
	[ ! -e caught ]
	same 755 "$(stat -c %a "$name")"
	exits 0 fleet upgrade
}

@test "strict: a folder above it" {
	mkdir above
	mv fleet above/
	ln -s above/fleet fleet
	chmod 777 above
	refused "$T/above" "chmod go-w"
}

@test "strict: a folder above it, also if only the databases are there" {
	mkdir -m 700 states
	mkdir -m 777 above
	mv fleet above/
	ln -s above/fleet fleet
	FLEET_UPGRADE_FLEET_STATE_DIR=$T/states/fleet
	export FLEET_UPGRADE_FLEET_STATE_DIR
	refused "$T/above" "chmod go-w"
}

@test "strict: a folder above it that is somebody else's" {
	chown $OTHER "$T"
	refused "$T" "chown $OWNER"
}

@test "strict: a folder without databases may be anybody's" {
	mkdir -m 1777 fleet/uploads
	exits 0 fleet upgrade
	has "2 upgraded"
}

@test "strict: the folder that the state directory is in" {
	mkdir -m 777 states
	FLEET_UPGRADE_FLEET_STATE_DIR=$T/states/fleet
	export FLEET_UPGRADE_FLEET_STATE_DIR
	refused "$T/states" "chmod go-w"
}

@test "strict: migrations that others may write" {
	chmod 666 migrations/history.md
	refused "$T/migrations/history.md" "chmod go-w"
}

@test "strict: a part of a step in a file of its own" {
	rm migrations/*
	echo 'CREATE TABLE IF NOT EXISTS topics(id);' >migrations/1_a.sql
	echo 'SELECT 1;' >migrations/1_a.down.sql
	chmod 666 migrations/1_a.down.sql
	untouched fleet upgrade
	same 78 "$status"
	says "chmod go-w $T/migrations/1_a.down.sql" "nothing was touched"
}

@test "strict: a folder of migrations that others may write to" {
	chmod 775 migrations
	chgrp $OTHER migrations
	refused "$T/migrations" "chmod go-w"
}

@test "strict: migrations that are somebody else's" {
	chown $OTHER migrations/history.md
	refused "$T/migrations/history.md" "chown $OWNER"
}

@test "strict: migrations may be the databases' owner's" {
	chown -R $OWNER migrations
	exits 0 fleet upgrade
	has "2 upgraded"
}

@test "strict: a way back needs no migrations that are to be trusted" {
	exits 0 fleet upgrade
	chmod 666 migrations/history.md
	exits 78 fleet rollback
	exits 0 fleet rollback --set run.strict_modes=no
}

@test "strict: who is not root is not asked" {
	command -v setpriv >/dev/null || skip "setpriv is not installed"
	chmod 777 fleet
	chmod 666 migrations/history.md
	exits 0 setpriv --reuid=$OWNER --regid=$OWNER --clear-groups \
		"$FLEET_UPGRADE" -d fleet -m migrations
	has "2 upgraded"
}
