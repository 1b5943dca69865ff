#include "cli/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_every_place_in_the_table_is_filled(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		assert_non_null(commands[i].name);
		assert_non_null(commands[i].summary);
		assert_int_equal(command_id(&commands[i]), i);
		/* As a line of --help. */
		assert_in_range(strlen(commands[i].summary), 1, 60);
	}
}

static void test_every_command_can_be_run(void **state)
{
	(void)state;
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		assert_non_null(commands[i].run);
}

/* "They also work while the migrations are broken or absent." */
static void test_the_way_back_needs_no_migrations(void **state)
{
	static const enum command_id way_back[] = {
		COMMAND_STATUS,	      COMMAND_ROLLBACK,	     COMMAND_RESTORE,
		COMMAND_BACKUPS_LIST, COMMAND_BACKUPS_PRUNE, COMMAND_HISTORY,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(way_back) / sizeof(way_back[0]); i++)
		assert_false(commands[way_back[i]].needs & NEED_MIGRATIONS);
}

/* Looking writes nothing: no lock, no state directory. */
static void test_only_what_changes_something_writes(void **state)
{
	static const enum command_id looking[] = {
		COMMAND_STATUS, COMMAND_LIST, COMMAND_VERIFY, COMMAND_LINT,
		COMMAND_HISTORY, COMMAND_CONFIG, COMMAND_BACKUPS_LIST,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(looking) / sizeof(looking[0]); i++)
		assert_false(commands[looking[i]].needs & NEED_WRITE);
	/* And what writes knows the fleet first. */
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		if (commands[i].needs & NEED_WRITE)
			assert_true(commands[i].needs &
				    (NEED_FLEET | NEED_DATA));
}

static void test_a_command_of_two_words_takes_both(void **state)
{
	char *words[] = { (char *)"backups", (char *)"list", (char *)"bob" };
	const struct command *command;
	struct error err = { 0 };
	size_t used;

	(void)state;
	assert_int_equal(command_find(words, 3, &command, &used, &err), 0);
	assert_int_equal(command_id(command), COMMAND_BACKUPS_LIST);
	assert_int_equal(used, 2);
	assert_int_equal(command_find(words, 1, &command, &used, &err),
			 ERROR_USAGE);
	words[1] = (char *)"lists";
	assert_int_equal(command_find(words, 3, &command, &used, &err),
			 ERROR_USAGE);
	assert_non_null(strstr(err.message, "backups"));
}

static void test_what_is_no_command_is_a_user_to_upgrade(void **state)
{
	char *words[] = { (char *)"alice" };
	const struct command *command;
	struct error err = { 0 };
	size_t used = 1;

	(void)state;
	assert_int_equal(command_find(words, 1, &command, &used, &err), 0);
	assert_int_equal(command_id(command), COMMAND_UPGRADE);
	assert_int_equal(used, 0);
	assert_int_equal(command_find(words, 0, &command, &used, &err), 0);
	assert_int_equal(command_id(command), COMMAND_UPGRADE);
	assert_int_equal(used, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_place_in_the_table_is_filled),
		cmocka_unit_test(test_every_command_can_be_run),
		cmocka_unit_test(test_the_way_back_needs_no_migrations),
		cmocka_unit_test(test_only_what_changes_something_writes),
		cmocka_unit_test(test_a_command_of_two_words_takes_both),
		cmocka_unit_test(test_what_is_no_command_is_a_user_to_upgrade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
