# The Debian package hook: a small application package with contrib's postinst
# is built and installed into a scratch root, never into the package database of
# the machine. Its postinst runs the built program on the fleet in $T.

load lib

setup()
{
	begin
	for tool in dpkg-deb dpkg; do
		command -v $tool >/dev/null || skip "$tool is not installed"
	done
	mkdir -p bin root/var/lib/dpkg
	ln -s "$FLEET_UPGRADE" bin/fleet-upgrade
	touch root/var/lib/dpkg/status root/var/lib/dpkg/available
	mkdir -p root/var/lib/dpkg/info root/var/lib/dpkg/updates \
		root/var/lib/dpkg/triggers
	make_fleet 6
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

# package VERSION: builds $T/app_VERSION.deb.
package()
{
	mkdir -p "app/DEBIAN" "app/usr/share/app"
	echo "$1" >app/usr/share/app/version
	cat >app/DEBIAN/control <<-CONTROL
		Package: app
		Version: $1
		Architecture: all
		Maintainer: Nobody <nobody@example.org>
		Description: an application with a fleet of databases
	CONTROL
	cp "$SRCDIR/contrib/debian/postinst" app/DEBIAN/postinst
	chmod 755 app app/DEBIAN app/DEBIAN/postinst
	dpkg-deb --root-owner-group --build app "app_$1.deb" >/dev/null
	rm -rf app
}

# dpkg in the scratch root; the scripts run without chroot, so that they find
# a shell, with our program first in the path.
scratch_dpkg()
{
	PATH="$T/bin:$PATH:/usr/sbin:/sbin" \
		FLEET_UPGRADE_CONFIG="$T/fleet-upgrade.ini" \
		dpkg --root="$T/root" --log="$T/dpkg.log" --force-not-root \
		--force-bad-path --force-script-chrootless "$@" 2>&1
}

install_version()
{
	package "$1"
	scratch_dpkg --install "app_$1.deb"
}

state_of_package()
{
	dpkg-query --admindir="$T/root/var/lib/dpkg" --show \
		--showformat='${Status} ${Version}' app
}

@test "postinst: a first installation touches no database" {
	save_fleet saved
	exits 0 install_version 1.0
	files_same saved
	[ ! -e fleet/.fleet-upgrade ]
	[ "$(state_of_package)" = "install ok installed 1.0" ]
}

@test "postinst: an update brings the fleet to the newest schema, quietly" {
	install_version 1.0
	save_fleet saved
	exits 0 install_version 1.1
	lacks warning
	lacks "note:"
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
	[ "$(version_of fleet/system.db)" = 0.3.20 ]
	rows_kept saved
	[ "$(state_of_package)" = "install ok installed 1.1" ]
}

@test "postinst: a bad user database is a warning, and the package is installed" {
	install_version 1.0
	break_user bob
	exits 0 install_version 1.1
	has "user bob"
	has "warning: some user databases could not be upgraded"
	[ "$(state_of_package)" = "install ok installed 1.1" ]
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
}

@test "postinst: a bad system.db fails the installation, and can be repaired" {
	install_version 1.0
	cp fleet/system.db system.saved
	echo 'this is no database' >fleet/system.db
	run install_version 1.1
	[ "$status" -ne 0 ]
	has "error: system.db is not at its version"
	has "dpkg --configure app"
	[ "$(state_of_package)" = "install ok half-configured 1.1" ]
	[ "$(version_of "$(db alice)")" = none ]

	cp system.saved fleet/system.db
	exits 0 scratch_dpkg --configure app
	[ "$(state_of_package)" = "install ok installed 1.1" ]
	[ "$(version_of "$(db alice)")" = 0.3.20 ]
}

@test "postinst: a wrong configuration fails the installation and says so" {
	install_version 1.0
	echo 'nonsense = 1' >>fleet-upgrade.ini
	run install_version 1.1
	[ "$status" -ne 0 ]
	has "fleet-upgrade.ini is wrong or incomplete, or not safe"
	has "nonsense"
}

# What the postinst makes of each exit status, by a program that has it.
postinst_with_status()
{
	rm -f bin/fleet-upgrade
	printf '#!/bin/sh\necho "called: $*"\nexit %d\n' "$1" \
		>bin/fleet-upgrade
	chmod 755 bin/fleet-upgrade
	PATH="$T/bin:$PATH" sh "$SRCDIR/contrib/debian/postinst" configure 1.0 \
		2>&1
}

@test "postinst: statuses 1, 5 and 6 are a warning and success" {
	for status_wanted in 1 5 6; do
		exits 0 postinst_with_status $status_wanted
		has "warning: "
		has "called: --quiet --lock-wait 600"
	done
}

@test "postinst: 0 is silent, and every other status a message and failure" {
	exits 0 postinst_with_status 0
	[ "$output" = "called: --quiet --lock-wait 600" ]
	for status_wanted in 2 3 4 64 65 70 74 78 130; do
		exits $status_wanted postinst_with_status $status_wanted
		has "error: "
		has "dpkg --configure"
	done
}

@test "postinst: dpkg's other calls do nothing, an unknown one is refused" {
	for call in abort-upgrade abort-remove abort-deconfigure triggered; do
		PATH=/usr/bin:/bin exits 0 sh \
			"$SRCDIR/contrib/debian/postinst" $call 1.0
		[ -z "$output" ]
	done
	exits 1 sh "$SRCDIR/contrib/debian/postinst" nonsense
	has "nonsense"
}
