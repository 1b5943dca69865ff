# bash completion: what stands behind the cursor after TAB.

load lib

setup()
{
	begin
	mkdir bin
	ln -s "$FLEET_UPGRADE" bin/fleet-upgrade
	PATH=$T/bin:$PATH
	# shellcheck source=/dev/null
	source "$SRCDIR/contrib/completion/fleet-upgrade.bash"
}
teardown() { end; }

# complete_words WORD...: what is offered for the last of the words.
complete_words()
{
	COMP_WORDS=(fleet-upgrade "$@")
	COMP_CWORD=$#
	_fleet_upgrade fleet-upgrade
	echo "${COMPREPLY[*]}"
}

offers()
{
	local expected=$1

	shift
	output=$(complete_words "$@")
	if [ "$output" != "$expected" ]; then
		echo "offered for '$*': $output"
		return 1
	fi
}

@test "completion: bash knows what to call" {
	run complete -p fleet-upgrade
	has "-F _fleet_upgrade"
}

@test "completion: the commands, each once, also those of two words" {
	output=" $(complete_words "") "
	for command in upgrade status list verify rollback restore backups \
		baseline new lint history config migrations template; do
		has " $command "
	done
	offers status st
	offers "list prune" backups ""
	offers prune backups p
}

@test "completion: kinds, and the file of a template" {
	offers "system user" migrations dump --kind ""
	offers user template build --kind u
	offers "" migrations dump --at ""
	touch some.db
	offers some.db template build so
	offers --kind template build --ki
}

@test "completion: the options that a command takes, and only those" {
	output=" $(complete_words -) "
	for option in -c --config --data-dir --dry-run --json -q --quiet \
		--help; do
		has " $option "
	done
	offers --check status --ch
	offers "" status --fo
	offers --force rollback --fo
	offers "--failed" upgrade --fai
}

@test "completion: options before the command do not hide it" {
	offers status -n st
	offers status --data-dir = /srv st
	offers status -c /etc/x.ini st
	offers status --set run.jobs = 4 st
	offers --check -d /srv status --ch
}

@test "completion: folders and files where an option takes them" {
	mkdir -p some/folder
	touch some/file
	offers some/folder -d some/f
	offers some/folder --data-dir = some/f
	output=$(complete_words -m some/f)
	has some/file
}

@test "completion: run ids come from the record of this fleet" {
	make_fleet 3
	fleet --quiet
	id=$(basename "$T"/fleet/.fleet-upgrade/backups/*)
	offers "$id" -d "$T/fleet" history ""
	offers "$id" -d "$T/fleet" rollback --run ""
	offers "" -d "$T/nowhere" history ""
}

@test "completion: users are never guessed, since that would read the fleet" {
	offers "" restore a
	offers "" nobody ""
}
