# The service and the timer of contrib/systemd.

load lib

setup()
{
	begin
	mkdir units
	cp "$SRCDIR"/contrib/systemd/* units/
}
teardown() { end; }

# systemd looks whether the program is there, so the unit names the built one.
verify()
{
	if ! command -v systemd-analyze >/dev/null; then
		skip "systemd-analyze is not installed"
	fi
	sed -i "s|^ExecStart=/usr/bin/fleet-upgrade|ExecStart=$FLEET_UPGRADE|" \
		units/fleet-upgrade.service
	systemd-analyze verify --man=no units/fleet-upgrade.service \
		units/fleet-upgrade.timer 2>&1
}

# Every Key=value of a unit, comments and sections left out.
has_line()
{
	if ! grep -qxF -- "$1" "units/$2"; then
		echo "$2 has no line $1"
		return 1
	fi
}

@test "systemd: service and timer are correct" {
	exits 0 verify
	[ -z "$output" ]
}

@test "systemd: what is wrong in a unit would be found" {
	echo 'NoSuchSetting=yes' >>units/fleet-upgrade.service
	run verify
	has NoSuchSetting
}

@test "systemd: the timer comes every night, and catches up" {
	has_line "Persistent=yes" fleet-upgrade.timer
	if ! command -v systemd-analyze >/dev/null; then
		skip "systemd-analyze is not installed"
	fi
	exits 0 systemd-analyze calendar \
		"$(sed -n 's/^OnCalendar=//p' units/fleet-upgrade.timer)"
	has "Next elapse"
}

@test "systemd: the service runs shut in, and may still become the owner" {
	for line in ProtectSystem=strict NoNewPrivileges=yes PrivateTmp=yes \
		PrivateDevices=yes MemoryDenyWriteExecute=yes \
		SuccessExitStatus=5 Type=oneshot; do
		has_line "$line" fleet-upgrade.service
	done
	run grep ^CapabilityBoundingSet= units/fleet-upgrade.service
	has CAP_SETUID
	has CAP_SETGID
	lacks CAP_SYS_ADMIN
	if ! command -v systemd-analyze >/dev/null; then
		skip "systemd-analyze is not installed"
	fi
	# 100 is wide open; a unit without settings has 96, this one 17.
	exits 0 systemd-analyze security --offline=yes --threshold=18 \
		units/fleet-upgrade.service
	# The ceiling is one: without a single of the settings it is too low.
	sed -i '/^PrivateNetwork=/d' units/fleet-upgrade.service
	exits 1 systemd-analyze security --offline=yes --threshold=18 \
		units/fleet-upgrade.service
}

@test "systemd: the service runs the command that the tests run" {
	make_fleet 4
	command=$(sed -n 's|^ExecStart=/usr/bin/fleet-upgrade||p' \
		units/fleet-upgrade.service)
	# shellcheck disable=SC2086 # words are meant
	exits 0 fleet $command
	[ -z "$output" ]
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
}
