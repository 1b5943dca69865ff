# A fleet of 2,000 users with databases of about 100 KiB each: upgraded in one
# run, in little memory; the next run finds nothing to do, and quickly. (With a
# sanitizer in the program: 200, and memory is not measured.)

load lib
load witness
setup() { begin; }
teardown() { end; }

# peak COMMAND...: runs it, and prints the most memory that it had, in KiB.
peak()
{
	python3 -c 'import resource, subprocess, sys
status = subprocess.call(sys.argv[1:], stdout=open("said", "w"))
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)' "$@"
}

# said TEXT...: the last peak printed each of them, behind the number of all
# databases where it begins with a word for them.
said()
{
	local text

	for text; do
		case $text in
		databases* | upgraded | current | restored)
			text="$((users + 1)) $text"
			;;
		esac
		tr -d , <said | grep -qF "$text" || return 1
	done
}

@test "2,000 databases are upgraded in one run, in less than 64 MiB" {
	local users=2000 most=65536 before user begin

	if is_built_with asan || is_built_with tsan; then
		users=200 most=
	fi
	make_fleet "$users"
	for user in alice user00010 user00100 "user00$((users / 2))"; do
		[ ! -e "$(db "$user")" ] || sample+=("${user}_longterm.db")
	done
	[ "${#sample[@]}" -ge 3 ]
	mkdir saved
	cp -a fleet/system.db "${sample[@]/#/fleet/}" saved/
	[ "$(stat -c %s "$(db alice)")" -gt 90000 ]

	begin=$SECONDS
	kib=$(peak "$FLEET_UPGRADE" -d fleet -m migrations)
	echo "# $users databases: $((SECONDS - begin)) s, $kib KiB" >&3
	said "databases in" "upgraded"
	[ -z "$most" ] || [ "$kib" -lt "$most" ]
	rows_kept saved
	for user in "${sample[@]}"; do
		[ "$(version_of "fleet/$user")" = 0.3.20 ]
	done
	[ "$(find fleet/.fleet-upgrade/backups -name '*.db' | wc -l)" -eq \
		$((users + 1)) ]

	# Whoever looks away for a second time sees the same fleet.
	before=$(find fleet -maxdepth 1 -name '*.db*' \
		-printf '%p %i %s %T@ %C@\n' | sort | sha256sum)
	kib=$(peak "$FLEET_UPGRADE" -d fleet -m migrations)
	said "current" "nothing was changed"
	[ -z "$most" ] || [ "$kib" -lt "$most" ]
	same "$before" "$(find fleet -maxdepth 1 -name '*.db*' \
		-printf '%p %i %s %T@ %C@\n' | sort | sha256sum)"
	fleet status --json >status
	same "$users" "$(jq '.versions["0.3.20"]' status)"

	kib=$(peak "$FLEET_UPGRADE" -d fleet -m migrations rollback)
	said "restored"
	[ -z "$most" ] || [ "$kib" -lt "$most" ]
	for user in "${sample[@]}"; do
		diff <(sqlite3 "saved/$user" .dump) <(sqlite3 "fleet/$user" .dump)
	done
}
