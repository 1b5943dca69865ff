# Every failing call: whatever call to the system fails, and however, every
# database is whole old or whole new, what the program said of it is so, and the
# next run does what is left.

load lib
load sweep
load failing

# What can fail how. One that was interrupted is not interrupted for ever.
MAKES=write,name,create,dress
OPENS=open,create
ALL=$MAKES,sync,lock,open,read,stat,map
FATES=(
	"fail:EIO:$ALL" "fail-on:EIO:$ALL"
	"fail:ENOSPC:$MAKES" "fail-on:ENOSPC:$MAKES" "fail-on:EDQUOT:$MAKES"
	"short:ENOSPC:write" "short-on:ENOSPC:write"
	"fail:EMFILE:$OPENS" "fail-on:EMFILE:$OPENS"
	"fail:EACCES:$OPENS,name" "fail-on:EACCES:$OPENS,name"
	"fail:ENOMEM:$OPENS,name,stat,map" "fail-on:ENOMEM:$OPENS,name,stat,map"
	"fail:EINTR:$OPENS,write,read,lock,sync"
)

setup()
{
	begin_sweeps
	make_small_fleet
}
teardown() { end; }

# failing POINTS COMMAND...
failing()
{
	local most=$1

	shift
	sweep_begin
	SWEEP_POINTS=$most sweep "$@"
	[ "$points" -ge 10 ]
}

@test "an upgrade in which a call fails" {
	is_well_after_next_run() { next_run upgrade; }
	failing 80 upgrade
}

@test "an upgrade in place in which a call fails" {
	is_well_after_next_run() { next_run upgrade; }
	failing 60 upgrade --set run.strategy=in-place
}

@test "a rollback in which a call fails" {
	is_well_after_next_run()
	{
		next_run rollback && exits 6 fleet upgrade && has "held since"
	}
	fleet upgrade --quiet
	failing 60 rollback
}

@test "a restore in which a call fails" {
	is_well_after_next_run() { next_run restore alice bob --force; }
	fleet upgrade --quiet
	failing 50 restore alice bob
}

@test "a forgetting of ledgers in which a call fails" {
	is_well_after_next_run() { next_run baseline --forget; }
	fleet upgrade --quiet
	failing 40 baseline --forget
}

# The backups of the runs, from the oldest to the newest, and what each holds.
holdings()
{
	local folder

	for folder in fleet/.fleet-upgrade/backups/*/; do
		echo "$folder" && (cd "$folder" && state_of *.db)
	done
}

@test "a prune of backups in which a call fails" {
	local kept run prune=(backups prune --set backup.keep=1
		--set backup.max_age=1d)

	is_well_after_failure()
	{
		status_is_documented && all_are before || return
		[[ $(holdings) == *"$kept" ]]
	}
	is_well_after_next_run()
	{
		fleet "${prune[@]}" >/dev/null && same "$kept" "$(holdings)"
	}
	fleet upgrade --quiet
	fleet rollback --quiet
	fleet upgrade --release --quiet
	for run in fleet/.fleet-upgrade/backups/*; do
		mv "$run" "${run/\/2???/\/2020}"
	done
	kept=$(holdings | tail -n 5)
	failing 40 "${prune[@]}"
}
