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
}

@test "an upgrade in which a call fails" {
	is_well_after_next_run() { next_run upgrade; }
	failing 36 upgrade
}

@test "an upgrade in place in which a call fails" {
	is_well_after_next_run() { next_run upgrade; }
	failing 28 upgrade --set run.strategy=in-place
}

@test "a rollback in which a call fails" {
	is_well_after_next_run()
	{
		next_run rollback && exits 6 fleet upgrade && has "held since"
	}
	is_well_after_failure() { failed_well && held_where_changed; }
	fleet upgrade --quiet
	failing 28 rollback
}

# No sync works from one on: what was put back is told as failed.
@test "a rollback of which nothing can be made to last" {
	FATES=("fail-on:EIO:sync")
	is_well_after_next_run() { next_run rollback; }
	is_well_after_failure() { failed_well && held_where_changed; }
	fleet upgrade --quiet
	sweep_begin
	FLEET_SWEEP=full sweep rollback
	[ "$calls" -ge 40 ]
}

@test "a restore in which a call fails" {
	is_well_after_next_run() { next_run restore alice bob --force; }
	fleet upgrade --quiet
	failing 24 restore alice bob
}

@test "a forgetting of ledgers in which a call fails" {
	is_well_after_next_run() { next_run baseline --forget; }
	fleet upgrade --quiet
	failing 20 baseline --forget
}

@test "a prune of backups in which a call fails" {
	is_well_after_failure()
	{
		status_is_documented && all_are before && kept_is_there
	}
	is_well_after_next_run() { prunes_to_kept; }
	make_old_backups
	failing 20 "${PRUNE[@]}"
}
