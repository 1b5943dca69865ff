#include "cli/netfs.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void test_network_file_systems_have_names(void **state)
{
	(void)state;
	assert_string_equal(netfs_name_of(0x6969), "NFS");
	assert_string_equal(netfs_name_of(0x517b), "SMB");
	assert_string_equal(netfs_name_of(0xff534d42), "CIFS");
	assert_string_equal(netfs_name_of(0xfe534d42), "SMB");
	assert_string_equal(netfs_name_of(0x65735546), "FUSE");
}

static void test_local_ones_have_none(void **state)
{
	static const unsigned long local[] = {
		0xef53,	    /* ext4 */
		0x58465342, /* XFS */
		0x9123683e, /* btrfs */
		0x01021994, /* tmpfs */
		0x794c7630, /* overlayfs */
		0x2fc12fc1, /* ZFS */
		0,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		assert_null(netfs_name_of(local[i]));
}

static void test_a_folder_is_looked_at(void **state)
{
	int proc = open("/proc", O_PATH | O_DIRECTORY);

	(void)state;
	assert_true(proc >= 0);
	assert_null(netfs_name(proc));
	close(proc);
	/* Not to be told is not to be warned of. */
	assert_null(netfs_name(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_network_file_systems_have_names),
		cmocka_unit_test(test_local_ones_have_none),
		cmocka_unit_test(test_a_folder_is_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
