# bash completion for fleet-upgrade(1)
#
# Commands and options are read from --help, which the program makes from the
# table that it parses with, so nothing has to be kept in step here.

# Prints the commands, one a line: "status", "backups list".
_fleet_upgrade_commands()
{
	"$1" --help 2>/dev/null |
		sed -n '/^Commands:/,/^$/s/^  \([a-z]\{1,\}\( [a-z]\{1,\}\)\{0,1\}\)  .*/\1/p'
}

# Prints the options of a command, one a line, letters too; those that take a
# value have "=" behind them. Reading help opens no database.
_fleet_upgrade_options()
{
	"$@" --help 2>/dev/null |
		sed -n 's/^  \(.*--[a-z-]\{1,\}\)\( [A-Z]\{1,\}\)\{0,1\}.*/\1\2/p' |
		sed -e 's/\(-[A-Za-z]\), *\(--[a-z-]*\) [A-Z].*/\1=\n\2=/' \
			-e 's/\(-[A-Za-z]\), *\(--[a-z-]*\)$/\1\n\2/' \
			-e 's/^ *\(--[a-z-]*\) [A-Z].*/\1=/' -e 's/^ *//'
}

# Prints the ids of past runs, from the journal; no database is opened.
_fleet_upgrade_runs()
{
	"$@" history --json 2>/dev/null |
		sed -n 's/.*"run":"\([0-9TZ]*-[0-9a-f]*\)".*/\1/p'
}

# True if the line $2 is among the lines $1.
_fleet_upgrade_has()
{
	[[ $'\n'$1$'\n' == *$'\n'"$2"$'\n'* ]]
}

# Sets `command` to the words of the command before the cursor, if there are
# any, and `where` to the options that say which fleet is meant.
_fleet_upgrade_look()
{
	local i word value commands options

	commands=$(_fleet_upgrade_commands "$1")
	options=$(_fleet_upgrade_options "$1")
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [[ $word == -* ]]; then
			_fleet_upgrade_has "$options" "$word=" || continue
			((i++))
			# readline splits --option=value in three.
			[[ ${COMP_WORDS[i]} == "=" ]] && ((i++))
			value=${COMP_WORDS[i]}
			case $word in
			-c | --config | -d | --data-dir)
				where+=("$word" "$value")
				;;
			esac
		elif [[ $word == "=" ]]; then
			((i++)) # --set run.jobs=4 comes in pieces, too
		elif ((${#command[@]} == 0)); then
			command=("$word")
			_fleet_upgrade_has "$commands" "$word" ||
				[[ $commands == *"$word "* ]] || return
		elif _fleet_upgrade_has "$commands" "${command[0]} $word"; then
			command+=("$word")
		fi
	done
}

# The words that may stand where the cursor is.
_fleet_upgrade_words()
{
	case $previous in
	--run)
		_fleet_upgrade_runs "$program" "${where[@]}"
		return
		;;
	esac
	if [[ $current == -* ]]; then
		_fleet_upgrade_options "$program" "${command[@]}" | tr -d =
	elif ((${#command[@]} == 0)); then
		_fleet_upgrade_commands "$program" | sed 's/ .*//' | sort -u
	elif [[ ${command[*]} == history ]]; then
		_fleet_upgrade_runs "$program" "${where[@]}"
	elif ((${#command[@]} == 1)); then
		_fleet_upgrade_commands "$program" |
			sed -n "s/^${command[0]} //p"
	fi
}

_fleet_upgrade()
{
	local program=$1 current=${COMP_WORDS[COMP_CWORD]}
	local previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=() where=() words

	COMPREPLY=()
	[[ $previous == "=" ]] && previous=${COMP_WORDS[COMP_CWORD - 2]}
	if [[ $current == "=" ]]; then
		previous=${COMP_WORDS[COMP_CWORD - 1]}
		current=
	fi
	case $previous in
	-d | --data-dir)
		compopt -o dirnames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		return
		;;
	-c | --config | -m | --migrations | --users-from)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--kind)
		mapfile -t COMPREPLY < <(compgen -W "system user" -- "$current")
		return
		;;
	-t | --to | --at | -j | --jobs | --include | --exclude | --set | --lock-wait)
		return
		;;
	esac
	_fleet_upgrade_look "$program"
	if [[ "${command[*]} $current" == "template build "[!-]* ||
		"${command[*]} $current" == "template build " ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
	fi
	words=$(_fleet_upgrade_words)
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _fleet_upgrade fleet-upgrade
