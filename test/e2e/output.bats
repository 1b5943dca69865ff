# What people see: a summary that ends with what failed, nothing at all with
# --quiet when all is well, names that cannot play tricks, colour and progress
# on a terminal only.

load lib
setup() { begin; }
teardown() { end; }

ESC=$'\e'

# A fleet of which the last one keeps the run busy for about a second.
make_slow_fleet()
{
	make_fleet 6
	add_step 0.3.20 0.4 <<-'SQL'
		CREATE TABLE n AS WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL
			SELECT i + 1 FROM c WHERE i < 1500000)
			SELECT max(i) AS m FROM c;
	SQL
}

@test "output: --quiet prints nothing at all on a good run" {
	make_fleet 3
	exits 0 fleet --dry-run --quiet
	same "" "$output"
	exits 0 fleet --quiet
	same "" "$output"
	exits 0 fleet --quiet
	same "" "$output"
	on_terminal "$FLEET_UPGRADE" -d fleet -m migrations --quiet
	same "" "$output"
}

@test "output: --quiet prints a bad run's summary, on standard error" {
	make_fleet 3
	break_user bob
	fleet --quiet >out 2>err || status=$?
	same 1 "$status"
	same "" "$(cat out)"
	grep -q '3 upgraded, 1 failed' err
	grep -q 'user bob' err
	grep -q 'file is not a database' err
}

@test "output: the summary: counts, target, run, backups, and the way back" {
	make_fleet 2
	exits 0 fleet
	says "upgrade: 3 databases in " ": 3 upgraded" \
		"target system 0.3.20, user 0.3.20; run 20" "backups: " \
		"to take this run back: " " rollback"
	hint=$(sed -n 's/^to take this run back: fleet-upgrade //p' \
		<<<"$output")
	eval "exits 0 \"\$FLEET_UPGRADE\" $hint"
}

@test "output: the summary ends with what failed, and how to go on" {
	make_fleet 2
	conflict_user bob
	exits 1 fleet
	says "left exactly as they were" "it was left untouched" \
		"upgrade --failed"
	[[ ${lines[-1]} == *"upgrade --failed"* ]]
}

@test "output: a hint fits a shell, whatever the folder is called" {
	make_fleet 1
	mv fleet "it's a \$(folder)"
	exits 0 "$FLEET_UPGRADE" -d "it's a \$(folder)" -m migrations
	hint=$(sed -n 's/^to take this run back: fleet-upgrade //p' \
		<<<"$output")
	eval "exits 0 \"\$FLEET_UPGRADE\" $hint"
	has "2 restored"
}

@test "output: names are escaped: no control character reaches the terminal" {
	make_fleet 1
	for name in $'esc\e[31mred' $'new\nline' $'bell\a' $'latin\xe9' \
		$'tab\t' $'del\x7f' $'csi\xc2\x9b31m'; do
		cp "$(db alice)" "fleet/${name}_longterm.db"
		echo nonsense >"fleet/x${name}_longterm.db"
		: >"fleet/y${name}_longterm.db"
	done
	for command in --dry-run "--dry-run --verbose" upgrade status \
		"status --verbose" verify list history "history --verbose" \
		"backups list" rollback "upgrade --release --verbose"; do
		# shellcheck disable=SC2086 # words
		run fleet $command
		if LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2\x9b|\xe9' \
			<<<"$output"; then
			echo "not escaped by: $command"
			cat -v <<<"$output"
			return 1
		fi
	done
	exits 64 fleet upgrade $'esc\e[31mape'
	lacks "$ESC"
}

@test "output: what somebody wrote into a database is escaped as well" {
	make_fleet 1
	sqlite3 "$(db alice)" "CREATE TABLE \"bad$ESC[2Jtable\"(a);
		CREATE TABLE fleet_schema_history(rank INTEGER PRIMARY KEY,
			to_version);
		INSERT INTO fleet_schema_history
			VALUES (1, char(27) || '[2J')"
	for command in upgrade status verify list; do
		run fleet $command
		lacks "$ESC"
	done
}

@test "output: no colour and no progress where it is no terminal" {
	make_slow_fleet
	exits 0 fleet
	lacks "$ESC"
	lacks $'\r'
}

@test "output: colour and a progress line on a terminal" {
	make_slow_fleet
	on_terminal "$FLEET_UPGRADE" -d fleet -m migrations --jobs 1
	same 0 "$status"
	has "$ESC["
	[[ $output =~ [0-7]" of 7 ("[0-9]+" %)" ]]
	[[ $output == *"/s, "*" left"* ]]
	# The line is gone when the summary comes.
	has "$ESC[K$ESC[1mupgrade:"
}

# How many lines have a colour. (A line of progress is none, and a slow machine
# shows one.)
coloured()
{
	grep -c "$ESC\[[0-9;]*m" <<<"$output" || :
}

@test "output: NO_COLOR and --no-color" {
	make_fleet 1
	NO_COLOR=1 on_terminal "$FLEET_UPGRADE" -d fleet -m migrations status
	same 0 "$(coloured)"
	on_terminal "$FLEET_UPGRADE" -d fleet -m migrations --no-color status
	same 0 "$(coloured)"
	NO_COLOR='' on_terminal "$FLEET_UPGRADE" -d fleet -m migrations status
	[ "$(coloured)" -gt 0 ]
}

@test "output: no progress with --quiet, --json or --verbose" {
	make_slow_fleet
	cp -a fleet start
	for option in --quiet --json --verbose; do
		rm -r fleet
		cp -a start fleet
		on_terminal "$FLEET_UPGRADE" -d fleet -m migrations $option
		lacks " of 7 ("
	done
}

@test "output: --verbose has a line for each database" {
	make_fleet 2
	exits 0 fleet --verbose
	says "upgraded  system.db  0.3.19 → 0.3.20" \
		"upgraded  user alice  0.3.19 → 0.3.20" \
		"upgraded  user bob"
	exits 0 fleet --verbose
	says "current  user alice  0.3.20"
}

@test "output: --help has every command and option, in 80 columns" {
	exits 0 "$FLEET_UPGRADE" --help
	for command in upgrade status list verify rollback restore \
		"backups list" "backups prune" baseline new lint history \
		"migrations dump" "template build" config; do
		has "  $command"
		exits 0 "$FLEET_UPGRADE" $command --help
		has Usage
		[ "$(wc -L <<<"$output")" -le 80 ]
		exits 0 "$FLEET_UPGRADE" --help
	done
	[ "$(wc -L <<<"$output")" -le 80 ]
}

@test "output: without arguments it says what it lacks" {
	[ ! -e /etc/fleet-upgrade.ini ] || skip "this machine has one"
	exits 78 "$FLEET_UPGRADE"
	says "it is not known where the databases are" "--data-dir DIR"
}

@test "output: a warning is silent with --quiet" {
	make_fleet 1
	exits 0 fleet
	exits 0 "$FLEET_UPGRADE" -d fleet -m nowhere status --quiet
	same "" "$output"
	exits 0 "$FLEET_UPGRADE" -d fleet -m nowhere status
	has "warning: nowhere"
}
