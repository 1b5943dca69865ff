# What has to be so after a run in which something failed that is no fault of
# ours, for sweep.bash and with its fleet:
#
#	is_well_after_failure	every database is whole, what $T/told says of it is
#				so, and $status is one that is documented for it
#	next_run COMMAND...	without faults it comes to its end, and nothing stale
#				is left
#
# shellcheck shell=bash
# shellcheck disable=SC2154 # set by sweep.bash

# Of the documented ones, those that are no one's fault but the system's.
status_is_documented()
{
	case $status in
	0 | 1 | 2 | 5 | 6 | 65 | 74 | 78) ;;
	*)
		echo "status $status"
		return 1
		;;
	esac
}

# told_is EXPECTED FILE: what was told of it is so.
told_is()
{
	[ "${state[$2]}" != "$1" ] || return 0
	echo "told of $2: ${outcome[$2]-nothing}; it is ${state[$2]}"
	return 1
}

# Every backup that was named is the database as it was before.
backups_are_usable()
{
	local file lines

	[ $# -gt 0 ] || return 0
	mapfile -t lines < <(state_of "$@")
	for file; do
		file=${file##*/}
		same "${before[$file]}" "${lines[0]}" || return 1
		lines=("${lines[@]:1}")
	done
}

# What was told of each database is so; of what nothing is told nothing has
# become. Where a failure leaves `to` another than `from`, it is done, or nobody
# knows.
told_the_truth()
{
	local file path word backup backups=()
	declare -A outcome=()

	while IFS=$'\t' read -r path word backup; do
		outcome[${path##*/}]=$word
		[ -z "$backup" ] || backups+=("$backup")
	done < <(jq -r 'select(.event == "database") |
		[.path, if .outcome == "failed" and .to != .from then
			if .to then "done" else "unknown" end
		else .outcome end, .backup] | @tsv' told)
	for file in "${SMALL[@]}"; do
		case ${outcome[$file]-} in
		unknown) ;;
		upgraded | restored | current | done) told_is "${after[$file]}" "$file" ;;
		*) told_is "${before[$file]}" "$file" ;;
		esac || return 1
		[ "$status" -ne 0 ] || [ "${state[$file]}" = "${after[$file]}" ] ||
			return 1
	done
	backups_are_usable "${backups[@]}"
}

is_well_after_failure()
{
	status_is_documented && all_whole && told_the_truth
}

next_run()
{
	if ! fleet "$@" --quiet >next 2>&1; then
		echo "the next run failed:"
		cat next
		return 1
	fi
	all_are after && nothing_stale
}
