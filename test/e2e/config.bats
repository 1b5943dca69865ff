# The configuration: where each value comes from, and every way to be wrong.

load lib
setup() { begin; }
teardown() { end; }

# config: what the program makes of fleet.ini, which is standard input.
config()
{
	"$FLEET_UPGRADE" -c fleet.ini config "$@"
}

# refused LINE TEXT...: the configuration on standard input is wrong in LINE.
refused()
{
	local line=$1

	shift
	cat >fleet.ini
	exits 78 config
	says "fleet.ini:$line: " "$@"
}

# set_to KEY: its value and origin, as `config` prints them.
set_to()
{
	grep -F "$1 = " <<<"$output" | tr -s ' '
}

@test "config: the defaults" {
	exits 0 "$FLEET_UPGRADE" -c /dev/null config
	same "fleet.system_db = system.db # default" "$(set_to fleet.system_db)"
	same "run.retries = 3 # default" "$(set_to run.retries)"
	same "backup.keep = 3 # default" "$(set_to backup.keep)"
	same "backup.max_age = 30d # default" "$(set_to backup.max_age)"
	same "check.integrity = touched # default" "$(set_to check.integrity)"
	has "fleet.data_dir"
}

@test "config: the command line over the environment over the file" {
	printf '[run]\njobs = 3\nretries = 4\nlock_wait = 5s\n' >fleet.ini
	export FLEET_UPGRADE_RUN_JOBS=7 FLEET_UPGRADE_RUN_RETRIES=8
	exits 0 config --jobs 9
	same "run.jobs = 9 # command line" "$(set_to run.jobs)"
	same "run.retries = 8 # environment FLEET_UPGRADE_RUN_RETRIES" \
		"$(set_to run.retries)"
	same "run.lock_wait = 5s # file fleet.ini:4" "$(set_to run.lock_wait)"
	exits 0 config --set run.jobs=10 --jobs 11 --set run.jobs=12
	same "run.jobs = 12 # command line" "$(set_to run.jobs)"
}

@test "config: the file that is named, by option or environment" {
	printf '[run]\njobs = 3\n' >one.ini
	printf '[run]\njobs = 4\n' >two.ini
	FLEET_UPGRADE_CONFIG=$T/one.ini exits 0 "$FLEET_UPGRADE" config
	same "run.jobs = 3 # file $T/one.ini:2" "$(set_to run.jobs)"
	FLEET_UPGRADE_CONFIG=$T/one.ini exits 0 "$FLEET_UPGRADE" -c two.ini \
		config
	same "run.jobs = 4 # file two.ini:2" "$(set_to run.jobs)"
	exits 78 "$FLEET_UPGRADE" -c three.ini config
	says three.ini "No such file"
	exits 78 "$FLEET_UPGRADE" -c "$T" config
}

@test "config: it is what the program goes by" {
	make_fleet 2
	cat >fleet.ini <<-EOF
		; A comment.
		[fleet]
		data_dir = $T/fleet
		system_db =
		[migrations]
		path: $T/migrations
		target=0.3.19
		[backup]
		min_free = 0%
	EOF
	exits 0 "$FLEET_UPGRADE" -c fleet.ini
	has "2 upgraded"
	same 0.3.19 "$(version_of "$(db alice)")"
	same none "$(version_of fleet/system.db)"
}

@test "config: unknown section, unknown key, a key above all sections" {
	refused 3 "unknown section [rum]" <<<$'\n[rum]\njobs = 1'
	refused 2 'unknown key "job" in [run]' <<<$'[run]\njob = 1'
	refused 1 'above the first [section]' <<<'jobs = 1'
}

@test "config: a key that is set twice" {
	refused 4 "run.jobs is set on line 2 already" \
		<<<$'[run]\njobs = 1\n\njobs = 1'
	refused 6 "line 2 already" \
		<<<$'[run]\njobs = 1\n[backup]\nkeep = 2\n[run]\njobs = 2'
}

@test "config: a bad value of each kind" {
	refused 2 '"many"' "1 to 1024" <<<$'[run]\njobs = many'
	refused 2 1024 <<<$'[run]\njobs = 0'
	refused 2 1024 <<<$'[run]\njobs = 1025'
	refused 2 '"5 parsecs"' <<<$'[run]\nbusy_timeout = 5 parsecs'
	refused 2 'backup.min_free' <<<$'[backup]\nmin_free = 101%'
	refused 2 'check.integrity' touched <<<$'[check]\nintegrity = some'
	refused 2 'run.strategy' <<<$'[run]\nstrategy = fast'
	refused 2 '{username}' <<<$'[fleet]\nuser_db = *.db'
	refused 2 '{username}' <<<$'[fleet]\nuser_db = {username}/{username}.db'
	refused 2 'is relative' <<<$'[fleet]\ndata_dir = fleet'
	refused 2 'system_db' <<<$'[fleet]\nsystem_db = ../system.db'
	refused 2 'migrations.unversioned' <<<$'[migrations]\nunversioned = x'
	refused 2 'backup.keep' <<<$'[backup]\nkeep = -1'
}

@test "config: what is no INI" {
	refused 2 "not understood" <<<$'[run]\njobs'
	refused 2 "indented" <<<$'[run]\n  jobs = 1'
	refused 2 "comment" <<<$'[run]\njobs = 1 ; workers'
	refused 1 "not understood" <<<'[run'
	printf '[run]\njobs = 1\0' | refused 2 "NUL"
}

@test "config: an over-long line is refused, not split" {
	long=$(printf '/%0195d' 0)
	# The tail of the line would be the key "bs".
	refused 2 "too long" <<<"[fleet]
data_dir = ${long:0:190}
jobs = 99"
	refused 3 "too long" <<<"[run]
retries = 1
; $(printf '%0300d' 0)"
}

@test "config: a mistake that is overridden is a mistake all the same" {
	printf '[run]\njobs = many\n' >fleet.ini
	exits 78 config --jobs 2
	has "fleet.ini:2"
	FLEET_UPGRADE_RUN_JOBS=none exits 78 "$FLEET_UPGRADE" -c /dev/null \
		config --jobs 2
	has "environment FLEET_UPGRADE_RUN_JOBS"
}

@test "config: the environment's and the command line's mistakes" {
	FLEET_UPGRADE_RUN_JOB=1 exits 78 "$FLEET_UPGRADE" -c /dev/null config
	says FLEET_UPGRADE_RUN_JOB "no such key"
	FLEET_UPGRADE_SOMETHING=1 exits 0 "$FLEET_UPGRADE" -c /dev/null config
	exits 64 "$FLEET_UPGRADE" -c /dev/null config --set run.job=1
	has "run.job"
	exits 64 "$FLEET_UPGRADE" -c /dev/null config --set jobs=1
	exits 64 "$FLEET_UPGRADE" -c /dev/null config --set run.jobs
	exits 64 "$FLEET_UPGRADE" -c /dev/null config --set run.jobs=x
}

@test "config: nothing is touched while it is wrong" {
	make_fleet 1
	save_fleet saved
	printf '[run]\njobs = 1\n[backup]\nkeep = no\n' >fleet.ini
	exits 78 fleet -c fleet.ini
	files_same saved
	[ ! -e fleet/.fleet-upgrade ]
}

@test "config: started as root, a file that others may write is refused" {
	[ "$(id -u)" -eq 0 ] || skip "only of interest to root"
	printf '[run]\njobs = 1\n' >fleet.ini
	exits 0 config
	# The group root is root.
	chgrp 65534 fleet.ini
	chmod 664 fleet.ini
	exits 78 config
	says "fleet.ini" "may be written to by others" "chmod go-w"
	chmod 646 fleet.ini
	exits 78 config
	chmod 644 fleet.ini
	chown 65534 fleet.ini
	exits 78 config
	has "chown 0 $T/fleet.ini"
	chown 0 fleet.ini
	chmod 777 "$T"
	exits 78 config
	says "the configuration" "chmod go-w $T" "nothing was touched"
	chmod 755 "$T"
	exits 0 config
}

@test "config: what is no regular file is refused, and not waited for" {
	mkfifo fleet.ini
	exits 78 config
	has "fleet.ini is no regular file"
}

@test "config: the two ways to say where migrations are exclude each other" {
	refused_both=$'[migrations]\npath = /a\nuser = /b'
	printf '%s\n' "$refused_both" >fleet.ini
	exits 78 config
	says "migrations.path and migrations.user exclude each other"
	printf '[migrations]\nuser = /b\n' >fleet.ini
	exits 0 config --migrations /a
	same "migrations.path = /a # command line" "$(set_to migrations.path)"
	lacks "migrations.user = "
}

@test "config: --json, a setting a line" {
	printf '[run]\njobs = 3\n' >fleet.ini
	exits 0 config --json
	same '["event","key","value","origin"]' \
		"$(jq -c keys_unsorted <<<"$output" | sort -u)"
	same "3 file fleet.ini:2" "$(jq -r 'select(.key == "run.jobs") |
		"\(.value) \(.origin)"' <<<"$output")"
	same "null" "$(jq 'select(.key == "fleet.data_dir") | .value' \
		<<<"$output")"
	same 28 "$(wc -l <<<"$output")"
}

@test "config: --help and --version say what they should, whatever is wrong" {
	printf '[run]\njobs = many\n' >fleet.ini
	exits 0 "$FLEET_UPGRADE" -c fleet.ini --version
	says fleet-upgrade SQLite libuv
	exits 0 "$FLEET_UPGRADE" -c fleet.ini --help
	says Usage upgrade "--dry-run"
	exits 0 "$FLEET_UPGRADE" restore --help
	says "--offline"
	lacks "--failed"
}
