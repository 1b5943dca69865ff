# What is written about the program is true of it: manual pages, sample
# configuration and README against the program's own tables.

load lib
setup() { begin; }
teardown() { end; }

# The manual page as text, without bold and underlining.
manual()
{
	if command -v mandoc >/dev/null; then
		mandoc -Tutf8 "$SRCDIR/man/$1"
	elif command -v groff >/dev/null; then
		groff -mdoc -k -Tutf8 "$SRCDIR/man/$1"
	else
		skip "neither mandoc nor groff is installed"
	fi | sed -e 's/.\x08//g' -e 's/\x1b\[[0-9;]*m//g'
}

# Every key, as "section.key".
keys()
{
	"$FLEET_UPGRADE" config --json -c /dev/null |
		jq -r 'select(.event == "setting") | .key'
}

@test "documents: the manual pages have no errors" {
	for page in "$SRCDIR"/man/*.[15]; do
		if command -v mandoc >/dev/null; then
			exits 0 mandoc -Tlint -Werror "$page"
		elif command -v groff >/dev/null; then
			exits 0 groff -mdoc -k -ww -z -Tutf8 "$page"
			[ -z "$output" ]
		else
			skip "neither mandoc nor groff is installed"
		fi
	done
}

@test "documents: every key is in the manual page and in the sample" {
	[ "$(keys | wc -l)" -gt 15 ]
	page=$(manual fleet-upgrade.ini.5)
	for key in $(keys); do
		grep -qE "^ +${key#*.} = " <<<"$page" || {
			echo "$key is not in fleet-upgrade.ini(5)"
			return 1
		}
		grep -qE "^;?${key#*.} = " "$SRCDIR/contrib/fleet-upgrade.ini" ||
			{
				echo "$key is not in the sample"
				return 1
			}
	done
}

@test "documents: the sample's keys are known, and its values the defaults" {
	sed -e 's/^;\([a-z_]* = \)/\1/' -e '/^system = /d' -e '/^user = \//d' \
		"$SRCDIR/contrib/fleet-upgrade.ini" >sample.ini
	chmod 600 sample.ini
	exits 0 "$FLEET_UPGRADE" config --json -c sample.ini
	value_of()
	{
		jq -r --arg key "$1" 'select(.key == $key) | .value' <<<"$2"
	}
	default=$("$FLEET_UPGRADE" config --json -c /dev/null)
	for key in $(keys); do
		case $key in
		fleet.data_dir | fleet.state_dir | migrations.path | \
			migrations.system | migrations.user)
			continue
			;;
		esac
		[ "$(value_of "$key" "$output")" = \
			"$(value_of "$key" "$default")" ] || {
			echo "the sample has another value of $key"
			return 1
		}
	done
}

@test "documents: every command and option is in the manual page" {
	page=$(manual fleet-upgrade.1)
	exits 0 "$FLEET_UPGRADE" --help
	for command in $(sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' \
		<<<"$output"); do
		grep -qE "^ {5}$command( |$)" <<<"$page" || {
			echo "$command is not in fleet-upgrade(1)"
			return 1
		}
	done
	for option in $(grep -oE -- '--[a-z-]+' <<<"$output" | sort -u); do
		grep -qF -- "$option" <<<"$page" || {
			echo "$option is not in fleet-upgrade(1)"
			return 1
		}
	done
}

@test "documents: every exit status is in the manual page and the README" {
	page=$(manual fleet-upgrade.1)
	for number in 0 1 2 3 4 5 6 64 65 70 74 78; do
		grep -qE "^ {5}$number +[A-Za-z]" <<<"$page"
		grep -qE "^\| $number \|" "$SRCDIR/README.md"
	done
}

@test "documents: each promise of HACKING.md names a test that there is" {
	names=$(grep -oE '`test/[a-z0-9_/-]+(\.bats|\.c|\.sh)`' \
		"$SRCDIR/HACKING.md" | tr -d '`' | sort -u)
	[ -n "$names" ]
	for name in $names; do
		[ -e "$SRCDIR/$name" ] || {
			echo "$name is not there"
			return 1
		}
	done
}
