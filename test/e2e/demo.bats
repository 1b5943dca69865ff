# The demonstration runs through, shows what it says, and leaves nothing.

load lib
setup() { begin; }
teardown() { end; }

@test "the demonstration runs through, shows it all, and leaves nothing" {
	mkdir tmp
	TMPDIR=$T/tmp exits 0 "$SRCDIR/contrib/demo/demo" 12
	has "\$ fleet-upgrade status"
	has "13 pending"
	has "would be upgraded"
	has "duplicate column name: is_favourite"
	has "user bob"
	has "restored"
	has "kept"
	has "(exit status 6)"
	has "all are current"
	[ -z "$(ls -A tmp)" ]
}

@test "the demonstration says so where the program is not built" {
	FLEET_UPGRADE=$T/nowhere exits 1 "$SRCDIR/contrib/demo/demo"
	has "build it first"
}
