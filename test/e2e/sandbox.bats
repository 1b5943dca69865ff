# run.sandbox: from the moment at which the first database is opened the program
# reads and writes in its folders only, and still does all its work. (What comes
# through the fence: test_fence.c.)

load lib
load witness

setup()
{
	begin
	# Not where temporary files may be.
	mkdir tmp outside
	export TMPDIR=$T/tmp SQLITE_TMPDIR=$T/tmp
	make_fleet 3 -k 1
	sqlite3 "$(db bob)" 'PRAGMA journal_mode = WAL' >/dev/null
}
teardown() { end; }

fenced()
{
	fleet "$@" --set run.sandbox=require
}

@test "sandbox: everything is done behind it, in place and by a swap" {
	needs_landlock
	app_open "$(db carol)"
	app 'BEGIN; SELECT count(*) FROM memories; COMMIT' >/dev/null
	exits 0 fenced upgrade --dry-run
	exits 0 fenced upgrade
	has "4 upgraded"
	app_close
	# As without it: that schema has an old sin.
	exits 1 fenced verify
	exits 0 fenced rollback
	exits 0 fenced upgrade --release
	exits 0 fenced restore alice
	exits 0 fenced history
	exits 0 fenced backups prune
	exits 0 fenced upgrade --set fleet.state_dir="$T/outside/state" --release
}

@test "sandbox: it stands before the first database is opened, and for every thread" {
	needs_landlock
	traced landlock_restrict_self,openat,clone,clone3 \
		fenced upgrade --quiet
	raised=$(call 'landlock_restrict_self\(.*\) *= 0')
	[ "$raised" -lt "$(call '_longterm\.db|system\.db|journal\.db')" ]
	[ "$raised" -lt "$(call 'clone3?\(')" ]
	traced landlock_restrict_self,openat fleet upgrade --quiet
	if call landlock_restrict_self; then
		return 1
	fi
}

# The program itself is made to reach out, by what is loaded into it: at its
# first rename, which is behind the fence, it writes outside and reads a secret.
reach_out()
{
	cat >reach.c <<-C
		#define _GNU_SOURCE
		#include <dlfcn.h>
		#include <fcntl.h>
		#include <unistd.h>
		int renameat(int a, const char *b, int c, const char *d)
		{
			open("$T/outside/written", O_CREAT | O_WRONLY, 0600);
			if (open("$T/outside/secret", O_RDONLY) >= 0)
				open("$T/fleet/read", O_CREAT | O_WRONLY, 0600);
			return ((__typeof__(&renameat))dlsym(RTLD_NEXT,
				"renameat"))(a, b, c, d);
		}
	C
	"${CC:-cc}" -shared -fPIC -o reach.so reach.c -ldl
	echo secret >outside/secret
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}verify_asan_link_order=0
	export ASAN_OPTIONS
}

@test "sandbox: who has got into the program comes no further" {
	needs_landlock
	! is_built_with tsan || skip "nothing is loaded beside its sanitizer"
	reach_out
	LD_PRELOAD=$T/reach.so exits 0 fenced upgrade --to 0.3.19
	[ ! -e outside/written ]
	[ ! -e fleet/read ]
	# Without it he does.
	LD_PRELOAD=$T/reach.so exits 0 fleet upgrade
	[ -e outside/written ]
	[ -e fleet/read ]
}
