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
	local backup

	for backup in "${backups[@]}"; do
		same "${before[${backup##*/}]}" "${state[$backup]}" || return 1
	done
}

# value KEY: what the line of JSON says, in $value; null is nothing.
value()
{
	if ! [[ $line =~ \"$1\":(null|\"([^\"]*)\") ]]; then
		echo "no $1 in $line"
		return 1
	fi
	value=${BASH_REMATCH[2]}
}

# Fills `outcome`, by file, and `backups`. Where a failure leaves `to` another than
# `from`, it is done, or nobody knows. A line that a failing call cut is none. (jq
# is a process, at each of some thousand points.)
read_told()
{
	local line value path word from

	while read -r line; do
		[[ $line == '{"event":"database",'*'}' &&
			${line#?} != *'{"event":'* ]] || continue
		value path && path=$value && value outcome && word=$value &&
			value from && from=$value && value to || return
		if [ "$word" = failed ] && [ "$value" != "$from" ]; then
			word=${value:+done}
		fi
		outcome[${path##*/}]=${word:-unknown}
		value backup || return
		[ -z "$value" ] || backups+=("$value")
	done <told
}

# What was told of each database is so; of what nothing is told nothing has
# become.
told_the_truth()
{
	local file

	for file in "${SMALL[@]}"; do
		case ${outcome[$file]-} in
		unknown) ;;
		upgraded | restored | current | done) told_is "${after[$file]}" "$file" ;;
		*) told_is "${before[$file]}" "$file" ;;
		esac || return 1
		[ "$status" -ne 0 ] || [ "${state[$file]}" = "${after[$file]}" ] ||
			return 1
	done
}

is_well_after_failure() { failed_well; }
failed_well()
{
	local backups=()
	declare -A outcome=()

	status_is_documented && read_told && all_whole "${backups[@]}" &&
		told_the_truth && backups_are_usable
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
