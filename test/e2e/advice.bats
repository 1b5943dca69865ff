# What is printed to be typed is typed, word by word: it works, and it does no
# more than what is said beside it.

load lib
setup() { begin; }
teardown() { end; }

late()
{
	sqlite3 "$(db "$1")" "INSERT INTO topics(topic_name) VALUES ('late')"
}

# types STATUS TEXT: runs the command that the last output has behind TEXT.
types()
{
	local line

	line=$(grep -F -- "$2" <<<"$output" | tail -n 1)
	line=${line#*"$2"}
	if [[ $line != *"fleet-upgrade "* ]]; then
		echo "no command behind \"$2\" in:"
		echo "$output"
		return 1
	fi
	line=${line#*fleet-upgrade }
	eval "exits $1 \"\$FLEET_UPGRADE\" $line"
}

# versions: of alice, bob, carol and system.db.
versions()
{
	for name in alice bob carol; do
		version_of "$(db $name)"
	done | paste -sd ' '
	version_of fleet/system.db
}

@test "advice: rollback --force is for those who were named" {
	for who in "alice bob" "--include alice" "--exclude carol alice bob" \
		"--run RUN alice"; do
		rm -rf fleet
		make_fleet 3
		exits 0 fleet
		for name in alice bob carol; do
			late $name
		done
		# shellcheck disable=SC2086
		exits 1 fleet rollback ${who/RUN/$(newest_run)}
		types 0 "lose what was written since: "
		lacks "user carol"
		same 0.3.20 "$(version_of "$(db carol)")"
		same none "$(version_of "$(db alice)")"
	done
	same 0.3.20 "$(version_of "$(db bob)")"
}

@test "advice: restore --force is for whom and what was named" {
	make_fleet 2
	exits 0 fleet
	first=$(newest_run)
	late alice
	exits 0 fleet restore --force alice
	late alice
	exits 1 fleet restore --run "$first" alice
	has "restore --force --run $first "
	types 0 "lose what was written since: "
	same none "$(version_of "$(db alice)")"
	same 0.3.20 "$(version_of "$(db bob)")"
}

@test "advice: what was busy is restored as it was to be" {
	make_fleet 1
	exits 0 fleet
	late alice
	exits 5 holding "$(db alice)" fleet restore --force alice \
		--set run.busy_timeout=10ms --set run.retries=0
	types 0 "quieter: "
	has "1 restored"
	same none "$(version_of "$(db alice)")"
}

@test "advice: what is broken is restored with --offline, system.db too" {
	make_fleet 2
	exits 0 fleet
	echo 'this is no database' >fleet/system.db
	break_user alice
	exits 1 fleet restore --system
	has "restore --offline --system"
	types 0 "the application is stopped: "
	same none "$(version_of fleet/system.db)"
	exits 1 fleet restore alice
	types 0 "the application is stopped: "
	same none "$(version_of "$(db alice)")"
}

@test "advice: the dry run's upgrade is of whom and to what was tried" {
	make_fleet 3
	add_step 0.3.20 0.3.21 <<<'CREATE TABLE later(x);'
	exits 0 fleet -n --to 0.3.20 --exclude 'c*' alice carol -v -j 1
	types 0 "to do it: "
	same "0.3.20 none none" "$(versions | head -n 1)"
	exits 0 fleet status --to 0.3.20 --exclude 'c*'
	types 0 "what an upgrade would do: "
	says "1 would be upgraded" "2 current"
	types 0 "to do it: "
	same "0.3.20 0.3.20 none" "$(versions | head -n 1)"
}

@test "advice: what failed is taken up again as it was asked for" {
	make_fleet 3
	conflict_user bob
	add_step 0.3.20 0.3.21 <<<'CREATE TABLE later(x);'
	exits 1 fleet alice bob --to 0.3.20
	sqlite3 "$(db bob)" \
		'ALTER TABLE conversations DROP COLUMN compact_summary'
	types 0 "take up only these: "
	same "0.3.20 0.3.20 none" "$(versions | head -n 1)"
}

@test "advice: a held fleet is released by the upgrade that was asked for" {
	make_fleet 3
	exits 0 fleet
	exits 0 fleet rollback
	exits 6 fleet upgrade alice
	types 0 "upgrades may go on: "
	same "0.3.20 none none" "$(versions | head -n 1)"
}

@test "advice: what would fail is looked at by name, whatever that is" {
	make_fleet 2
	mv "$(db bob)" "$(db "-it's bob")"
	conflict_user "-it's bob"
	exits 1 fleet -n
	types 1 "look at one of them closely: "
	says "1 database" "with findings"
}

@test "advice: what an upgrade finds damaged gets its backup back" {
	make_fleet 2
	exits 0 fleet
	add_step 0.3.20 0.3.21 <<<'CREATE TABLE later(x);'
	break_user bob
	exits 1 fleet alice bob -n
	types 0 "the application is stopped: "
	has "1 restored"
	same none "$(version_of "$(db bob)")"
	echo 'this is no database' >fleet/system.db
	exits 2 fleet upgrade
	types 0 "the application is stopped: "
	same none "$(version_of fleet/system.db)"
}

@test "advice: what can be read of a damaged database is saved" {
	make_fleet 1
	sqlite3 "$(db alice)" "CREATE TABLE big(a); WITH RECURSIVE n(x) AS
		(SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000)
		INSERT INTO big SELECT hex(randomblob(100)) FROM n"
	yes | tr -d '\n' | dd of="$(db alice)" bs=4096 conv=notrunc count=1 \
		iflag=fullblock 2>/dev/null \
		seek=$(($(stat -c %s "$(db alice)") / 4096 - 5))
	exits 1 fleet
	says "damaged already" "restore --offline alice"
	lacks '\n'
	line=$(grep -o 'sqlite3 FILE .*NEWFILE' <<<"$output")
	line=${line/FILE/$(db alice)}
	eval "${line/NEWFILE/new.db}" || :
	same ok "$(sqlite3 new.db 'PRAGMA integrity_check')"
	[ "$(sqlite3 new.db 'SELECT count(*) FROM big')" -gt 0 ]
}

@test "advice: a system.db that is gone gets its backup back" {
	make_fleet 1
	exits 0 fleet
	rm fleet/system.db
	exits 2 fleet
	types 0 "if it has a backup: "
	same none "$(version_of fleet/system.db)"
	exits 0 fleet
}

@test "advice: a rollback over what is damaged names the backup to put back" {
	make_fleet 2
	exits 0 fleet
	first=$(newest_run)
	echo 'this is no database' >fleet/system.db
	break_user bob
	exits 1 fleet rollback --run "$first"
	has "restore --offline --run $first bob"
	exits 1 fleet restore --system
	has "restore --offline --run $first --system"
}

@test "advice: whoever looks at a held fleet is told of the hold" {
	make_fleet 2
	exits 0 fleet
	exits 0 fleet rollback
	json 3 status --check
	same "$(newest_run) true" "$(told '"\(.hold.run) \(.hold | has("since"))"')"
	exits 6 fleet -n bob
	lacks "to do it"
	says "is held since" "after rollback"
	exits 0 fleet status bob
	has "the fleet is held since"
	types 0 "upgrades may go on: "
	same none "$(version_of "$(db alice)")"
	same 0.3.20 "$(version_of "$(db bob)")"
	exits 0 fleet status
	lacks held
	json 0 status
	same null "$(told .hold)"
}

@test "advice: a dry run that there is no room for does not say to do it" {
	make_fleet 1
	exits 6 fleet -n --set backup.min_free=100%
	has "no room for the backups"
	lacks "to do it"
}

@test "advice: all keys are listed though the configuration is wrong" {
	printf '[run]\nbogus = 1\n' >wrong.ini
	exits 78 "$FLEET_UPGRADE" -c wrong.ini status
	hint=$(sed -n "s/.*'fleet-upgrade \(.*\)' lists all keys$/\1/p" \
		<<<"$output")
	export FLEET_UPGRADE_CONFIG=wrong.ini
	# shellcheck disable=SC2086
	exits 0 "$FLEET_UPGRADE" $hint
	has run.jobs
}

@test "advice: who stands at the backup already is not told to force it" {
	make_fleet 2
	exits 0 fleet
	exits 0 fleet restore alice
	exits 0 fleet restore alice
	says "1 already as the backup" "nothing was changed"
	lacks "--force"
	late alice
	exits 1 fleet restore alice
	has "restore --force"
}

# own FILE...: they are of a user who has no other rights, and may pass to them.
own()
{
	[ "$(id -u)" -ne 0 ] || chown 1234:1234 fleet "$@"
	chmod 755 "$T"
}

@test "advice: what may not be read or written says so, by whom and why" {
	make_fleet 3
	own fleet/*
	chmod 000 "$(db alice)"
	chmod 444 "$(db bob)"
	mkdir fleet/sub
	mv "$(db carol)" fleet/sub
	own fleet/sub
	exits 0 fleet status
	says "not to be read" "may not read the file (mode 0000"
	chmod 555 fleet/sub
	exits 1 fleet
	says "user id " "may not write the file (mode 0444, of user id" \
		"may not write $T/fleet/sub/ (mode 0555" \
		"chmod or chown it, and run again"
	chmod 755 fleet/sub
	chmod 644 "$(db alice)" "$(db bob)"
	exits 0 fleet
}

@test "advice: a version that is recorded wrong is recorded anew" {
	make_fleet 2
	exits 0 fleet
	exits 1 fleet baseline --to 0.3.19 alice
	has "never overwritten"
	hint=$(sed -n 's/.*fleet-upgrade \(.*baseline --forget\) USER$/\1/p' \
		<<<"$output")
	eval "exits 0 \"\$FLEET_UPGRADE\" $hint alice"
	same none "$(version_of "$(db alice)")"
	same 0.3.20 "$(version_of "$(db bob)")"
}

@test "advice: a list of what there is, is of this fleet" {
	make_fleet 1
	exits 64 fleet --to 9.9
	has "nothing was touched"
	hint=$(sed -n "s/.*'fleet-upgrade \(.*\)' shows what is.*/\1/p" \
		<<<"$output")
	eval "exits 0 \"\$FLEET_UPGRADE\" $hint"
	has 0.3.20
	exits 0 fleet
	sqlite3 "$(db zoe)" 'CREATE TABLE t(x)'
	exits 64 fleet restore zoe
	hint=$(sed -n "s/.*'fleet-upgrade \(.*\)' shows what there is$/\1/p" \
		<<<"$output")
	eval "exits 0 \"\$FLEET_UPGRADE\" $hint"
	has "2 backups"
}

@test "advice: migrations that are wrong: nothing was touched" {
	make_fleet 1
	add_step 0.3.21 0.3.22 <<<'CREATE TABLE later(x);'
	exits 65 fleet
	has "; nothing was touched"
}

@test "advice: a run over nothing is warned of" {
	make_fleet 1
	exits 0 fleet --include 'zzz*'
	has "warning: --include zzz* fits no user"
	exits 0 fleet --include 'a*'
	lacks warning
	mkdir empty
	exits 0 "$FLEET_UPGRADE" -d empty -m migrations \
		--set fleet.system_db=
	says "no database was found" "mounted" "{username}_longterm.db"
}
