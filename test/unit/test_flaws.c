#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "fleet/flaws.h"

#define COUNT 5

/* Files by inode: two, three and four are one. */
static const ino_t inodes[COUNT] = { 1, 2, 2, 2, 3 };
static const char *const paths[COUNT] = { "a", "b", "c", "d", "e" };

static struct fleet fleet_of(struct subject *subjects, struct subject **by_file)
{
	for (size_t i = 0; i < COUNT; i++) {
		subjects[i] = (struct subject){
			.path = paths[i],
			.stamp = { .device = 1, .inode = inodes[i] },
		};
		by_file[i] = &subjects[i];
	}
	return (struct fleet){ .by_file = by_file, .file_count = COUNT };
}

static void each_of_several_names_has_another(void **state)
{
	struct subject subjects[COUNT], *by_file[COUNT];
	struct fleet fleet = fleet_of(subjects, by_file);

	(void)state;
	flaws_find_twins(&fleet);
	assert_null(subjects[0].twin);
	for (size_t i = 1; i < 4; i++) {
		assert_non_null(subjects[i].twin);
		assert_string_not_equal(subjects[i].twin, paths[i]);
	}
	assert_null(subjects[4].twin);
}

static void two_file_systems_may_have_one_number(void **state)
{
	struct subject subjects[COUNT], *by_file[COUNT];
	struct fleet fleet = fleet_of(subjects, by_file);

	(void)state;
	fleet.file_count = 2;
	subjects[1].stamp = (struct stamp){ .device = 2, .inode = 1 };
	flaws_find_twins(&fleet);
	assert_null(subjects[0].twin);
	assert_null(subjects[1].twin);
}

static void of_one_owner_they_end_the_command(void **state)
{
	struct subject subjects[COUNT], *by_file[COUNT];
	struct fleet fleet = fleet_of(subjects, by_file);
	struct error err = { 0 };

	(void)state;
	assert_int_equal(flaws_refuse(&fleet, &err), 0);
	flaws_find_twins(&fleet);
	assert_int_equal(flaws_refuse(&fleet, &err), ERROR_USAGE);
	assert_non_null(strstr(err.message, "b and c are one and the same"));
	assert_non_null(strstr(err.message, "nothing was touched"));
	fleet.file_count = 1;
	fleet.closed = (struct passed){ 1, "x" };
	fleet.closed_why = "folder x cannot be read";
	assert_int_equal(flaws_refuse(&fleet, &err), ERROR_IO);
	assert_non_null(strstr(err.message, "folder x cannot be read; nothing "
					    "was touched"));
}

static void what_was_not_seen_is_counted(void **state)
{
	const struct fleet fleet = {
		.links = { 4, "l" }, .deep = { 2, "d" }, .closed = { 1, "c" },
	};

	(void)state;
	assert_int_equal(flaws_unseen(&fleet), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_of_several_names_has_another),
		cmocka_unit_test(two_file_systems_may_have_one_number),
		cmocka_unit_test(of_one_owner_they_end_the_command),
		cmocka_unit_test(what_was_not_seen_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
