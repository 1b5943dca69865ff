# The nightly run by cron: the line of contrib/cron is run as cron runs it, by
# its shell, with its environment; what it prints is what cron would mail.

load lib

setup()
{
	begin
	mkdir bin
	ln -s "$FLEET_UPGRADE" bin/fleet-upgrade
	make_fleet 8
	cat >fleet-upgrade.ini <<-INI
		[fleet]
		data_dir = $T/fleet
		[migrations]
		path = $T/migrations
		[backup]
		min_free = 0%
	INI
	chmod 600 fleet-upgrade.ini
}
teardown() { end; }

# The settings and the one command of the file, as cron reads them.
setting()
{
	sed -n "s/^$1=//p" "$SRCDIR/contrib/cron/fleet-upgrade"
}

command_line()
{
	sed -n 's/^\([^ #]\{1,\} \)\{5\} *root  *//p' \
		"$SRCDIR/contrib/cron/fleet-upgrade"
}

# Runs it. cron gives it no terminal, and mails whatever it prints.
cron()
{
	env -i PATH="$T/bin:$(setting PATH)" HOME=/ LOGNAME=root \
		FLEET_UPGRADE_CONFIG="$T/fleet-upgrade.ini" \
		"$(setting SHELL)" -c "$(command_line)" </dev/null
}

@test "cron: the file has one line to run, and no % in it" {
	[ "$(command_line | wc -l)" -eq 1 ]
	[ "$(setting MAILTO)" = root ]
	# To cron a % ends the command.
	run command_line
	lacks %
	has "--quiet"
	# Five fields of time, of a day that comes.
	run grep -cE '^[0-9]{1,2} [0-9]{1,2} \* \* \*  root ' \
		"$SRCDIR/contrib/cron/fleet-upgrade"
	[ "$output" = 1 ]
}

@test "cron: a night with work to do that goes well sends no mail" {
	exits 0 cron
	[ -z "$output" ]
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
}

@test "cron: a night with nothing to do sends no mail" {
	cron
	save_fleet saved
	exits 0 cron
	[ -z "$output" ]
	files_same saved
}

@test "cron: a night with a bad database sends a mail that names it" {
	break_user bob
	exits 1 cron
	has "user bob"
	has "$(db bob)"
	has "left exactly as"
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
}

@test "cron: a night that cannot work sends a mail that says why" {
	echo 'nonsense = 1' >>fleet-upgrade.ini
	exits 78 cron
	has "fleet-upgrade.ini:"
	has "nonsense"
}

@test "cron: where the program is not installed any more, nothing happens" {
	rm bin/fleet-upgrade
	if PATH=$(setting PATH) command -v fleet-upgrade; then
		skip "fleet-upgrade is installed on this machine"
	fi
	exits 0 cron
	[ -z "$output" ]
}
