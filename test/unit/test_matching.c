#include "database/matching.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Steps as a source makes them of files. */
struct folder {
	struct step steps[4];
	struct step *list[4];
	struct chain chain;
};

static const struct chain *files(struct folder *folder, bool is_set,
				 const char *const rows[][3])
{
	size_t i;

	memset(folder, 0, sizeof(*folder));
	for (i = 0; i < 4 && rows[i][0] != NULL; i++) {
		folder->steps[i].to = (char *)rows[i][0];
		folder->steps[i].file = (char *)rows[i][1];
		folder->steps[i].description = (char *)rows[i][2];
		folder->list[i] = &folder->steps[i];
	}
	folder->chain.steps = folder->list;
	folder->chain.count = i;
	folder->chain.is_set = is_set;
	return &folder->chain;
}

static const char *const numbered[][3] = {
	{ "0001", "/m/0001_create_users.sql", "create users" },
	{ "0002", "/m/0002_tags.up.sql", "tags" },
	{ "0010", "/m/2024/0010_create-tags.sql", "create tags" },
	{ NULL, NULL, NULL },
};

static const char *const folders[][3] = {
	{ "20240131120000", "/m/20240131120000_init/migration.sql", "init" },
	{ "20240201120000", "/m/20240201120000_tags/migration.sql", "tags" },
	{ NULL, NULL, NULL },
};

static const char *const markdown[][3] = {
	{ "0.9", "/m/release.md", "" },
	{ "0.10", "/m/release.md", "" },
	{ "0014", "/m/release.md", "" },
	{ NULL, NULL, NULL },
};

static void expect(const struct chain *chain, enum tracker_match match,
		   const char *text, size_t found, size_t position)
{
	size_t at = 99;
	size_t count = matching_find(match, chain, text, &at);

	if (count != found || (count > 0 && at != position))
		fail_msg("%s: %zu found, the first at %zu", text, count, at);
}

static void test_numbers_are_compared_as_numbers(void **state)
{
	struct folder folder;
	const struct chain *chain = files(&folder, true, numbered);

	(void)state;
	expect(chain, TRACKER_BY_NUMBER, "1", 1, 1);
	expect(chain, TRACKER_BY_NUMBER, "0001", 1, 1);
	expect(chain, TRACKER_BY_NUMBER, "10", 1, 3);
	expect(chain, TRACKER_BY_NUMBER, "3", 0, 0);
	expect(chain, TRACKER_BY_NUMBER, "0", 0, 0);
	expect(chain, TRACKER_BY_NUMBER, "1_create_users", 0, 0);
	expect(chain, TRACKER_BY_NUMBER, "-1", 0, 0);
	expect(chain, TRACKER_BY_NUMBER, "'; DROP", 0, 0);
	chain = files(&folder, false, markdown);
	expect(chain, TRACKER_BY_NUMBER, "0.10", 1, 2);
	expect(chain, TRACKER_BY_NUMBER, "0.1", 0, 0);
}

static void test_a_chain_without_steps_has_none(void **state)
{
	static const char *const none[][3] = { { NULL, NULL, NULL } };
	struct folder folder;
	const struct chain *chain = files(&folder, true, none);

	(void)state;
	expect(chain, TRACKER_BY_NUMBER, "1", 0, 0);
	expect(chain, TRACKER_BY_FILE, "0001_a.sql", 0, 0);
	assert_false(matching_is_before(TRACKER_BY_NUMBER, chain, "1"));
}

static void test_files_are_matched_by_their_whole_name(void **state)
{
	struct folder folder;
	const struct chain *chain = files(&folder, true, numbered);

	(void)state;
	expect(chain, TRACKER_BY_FILE, "0001_create_users.sql", 1, 1);
	expect(chain, TRACKER_BY_FILE, "0001_create_users", 1, 1);
	expect(chain, TRACKER_BY_FILE, "0002_tags", 1, 2);
	expect(chain, TRACKER_BY_FILE, "2024/0010_create-tags.sql", 1, 3);
	expect(chain, TRACKER_BY_FILE, "0010_create-tags.sql", 1, 3);
	/* The same number with another name is another migration. */
	expect(chain, TRACKER_BY_FILE, "0001_create_people.sql", 0, 0);
	expect(chain, TRACKER_BY_FILE, "0001", 0, 0);
	expect(chain, TRACKER_BY_FILE, "1_create_users.sql", 0, 0);
	expect(chain, TRACKER_BY_FILE, "2023/0010_create-tags.sql", 0, 0);
	expect(chain, TRACKER_BY_FILE, "users.sql", 0, 0);
	expect(chain, TRACKER_BY_FILE, "m/0001_create_users.sql", 1, 1);
}

static void test_a_folder_is_the_name_of_what_is_in_it(void **state)
{
	struct folder folder;
	const struct chain *chain = files(&folder, true, folders);

	(void)state;
	expect(chain, TRACKER_BY_FILE, "20240201120000_tags", 1, 2);
	expect(chain, TRACKER_BY_FILE, "20240201120000_tag", 0, 0);
	expect(chain, TRACKER_BY_FILE, "20240201120000", 0, 0);
	/* A folder of all of them is the name of none. */
	expect(chain, TRACKER_BY_FILE, "migration.sql", 2, 1);
	assert_string_equal(matching_file_name(chain->steps[0]),
			    "20240131120000_init/migration.sql");
}

static void test_in_markdown_the_number_has_to_do(void **state)
{
	struct folder folder;
	const struct chain *chain = files(&folder, false, markdown);

	(void)state;
	expect(chain, TRACKER_BY_FILE, "0014_x.sql", 1, 3);
	expect(chain, TRACKER_BY_FILE, "14", 1, 3);
	expect(chain, TRACKER_BY_FILE, "0015_x.sql", 0, 0);
	expect(chain, TRACKER_BY_FILE, "x.sql", 0, 0);
	assert_string_equal(matching_file_name(chain->steps[0]),
			    "m/release.md");
}

static void test_names_behind_the_number(void **state)
{
	struct folder folder;
	const struct chain *chain = files(&folder, true, numbered);

	(void)state;
	expect(chain, TRACKER_BY_NAME, "create_users", 1, 1);
	expect(chain, TRACKER_BY_NAME, "create users", 1, 1);
	expect(chain, TRACKER_BY_NAME, "create_tags", 1, 3);
	/* "tags" is in "create-tags" too, but not all of it. */
	expect(chain, TRACKER_BY_NAME, "tags", 1, 2);
	expect(chain, TRACKER_BY_NAME, "0002_tags", 1, 2);
	expect(chain, TRACKER_BY_NAME, "users", 0, 0);
	expect(chain, TRACKER_BY_NAME, "create_user", 0, 0);
	expect(chain, TRACKER_BY_NAME, "create_users_", 0, 0);
	expect(chain, TRACKER_BY_NAME, "0010", 1, 3);
}

static void test_words_of_a_name(void **state)
{
	static const char *const rows[][3] = {
		{ "1", "/m/0001_1975ea83b712_accounts.sql", "accounts" },
		{ "2", "/m/0002_mail.sql", "revision ae1027a6acf0" },
		{ "3", "/m/0003_ae1027a6acf.sql", "a" },
		{ NULL, NULL, NULL },
	};
	struct folder folder;
	const struct chain *chain = files(&folder, true, rows);

	(void)state;
	expect(chain, TRACKER_BY_WORD, "1975ea83b712", 1, 1);
	expect(chain, TRACKER_BY_WORD, "ae1027a6acf0", 1, 2);
	expect(chain, TRACKER_BY_WORD, "ae1027a6acf", 1, 3);
	expect(chain, TRACKER_BY_WORD, "1975ea83b71", 0, 0);
	expect(chain, TRACKER_BY_WORD, "75ea83b712", 0, 0);
	expect(chain, TRACKER_BY_WORD, "sql", 3, 1);
	expect(chain, TRACKER_BY_WORD, "0002", 1, 2);
}

static void test_what_stands_before_the_first(void **state)
{
	static const char *const late[][3] = {
		{ "0050", "/m/0050_squashed.sql", "squashed" },
		{ NULL, NULL, NULL },
	};
	struct folder folder;
	const struct chain *chain = files(&folder, true, late);

	(void)state;
	assert_true(matching_is_before(TRACKER_BY_NUMBER, chain, "49"));
	assert_false(matching_is_before(TRACKER_BY_NUMBER, chain, "50"));
	assert_false(matching_is_before(TRACKER_BY_NUMBER, chain, "51"));
	assert_false(matching_is_before(TRACKER_BY_NUMBER, chain, "x"));
	assert_true(matching_is_before(TRACKER_BY_FILE, chain, "0049_a.sql"));
	assert_false(matching_is_before(TRACKER_BY_FILE, chain, "0050_a.sql"));
	assert_false(matching_is_before(TRACKER_BY_FILE, chain, "a.sql"));
	/* Names without order are before nothing. */
	assert_false(matching_is_before(TRACKER_BY_NAME, chain, "1_a"));
	assert_false(matching_is_before(TRACKER_BY_WORD, chain, "1"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers_are_compared_as_numbers),
		cmocka_unit_test(test_a_chain_without_steps_has_none),
		cmocka_unit_test(test_files_are_matched_by_their_whole_name),
		cmocka_unit_test(test_a_folder_is_the_name_of_what_is_in_it),
		cmocka_unit_test(test_in_markdown_the_number_has_to_do),
		cmocka_unit_test(test_names_behind_the_number),
		cmocka_unit_test(test_words_of_a_name),
		cmocka_unit_test(test_what_stands_before_the_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
