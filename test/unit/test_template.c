#include "database/template.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/folder.h"
#include "base/memory.h"
#include "database/work.h"
#include "workshop.h"

static int files_in(struct workshop *shop)
{
	struct dirent *entry;
	DIR *folder = opendir(shop->data);
	int files = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder)))
		files += strcmp(entry->d_name, ".") != 0 &&
			 strcmp(entry->d_name, "..") != 0;
	closedir(folder);
	return files;
}

/* Builds data/NAME; the error's code. */
static int build(struct workshop *shop, const char *name, struct template *made,
		 struct error *err)
{
	char *path = workshop_path(shop, name);
	struct replacement file;
	struct error ignored;
	int rc;

	memset(err, 0, sizeof(*err));
	rc = replacement_begin(path, &file, err);
	if (rc == 0)
		rc = template_may_replace(&file, err);
	if (rc == 0)
		rc = replacement_make(&file, 0644, err);
	if (rc == 0)
		rc = template_fill(&shop->plan, KIND_USER, &file, made, err);
	if (rc)
		(void)replacement_end(&file, false, &ignored);
	else
		rc = replacement_end(&file, true, err);
	free(path);
	return rc;
}

static void expect_built(struct workshop *shop, const char *name)
{
	struct template made;
	struct error err;

	if (build(shop, name, &made, &err) != 0)
		fail_msg("%s", err.message);
}

static void expect_refused(struct workshop *shop, const char *name,
			   enum error_code code, const char *part)
{
	struct template made;
	struct error err;
	char *before;

	/* Before anything is written. */
	before = code == ERROR_USAGE ? workshop_print(shop) : NULL;
	assert_int_equal(build(shop, name, &made, &err), code);
	if (!strstr(err.message, part))
		fail_msg("\"%s\" is not in: %s", part, err.message);
	if (before)
		workshop_untouched(shop, before);
	else
		assert_int_equal(files_in(shop), 0);
}

static void test_it_is_the_target_with_its_ledger(void **state)
{
	struct workshop *shop = *state;
	struct template made;
	struct error err;
	struct stat seen;
	char *path = workshop_path(shop, "new.db");

	assert_int_equal(build(shop, "new.db", &made, &err), 0);
	assert_string_equal(made.version, "3");
	assert_int_equal(made.steps, 3);
	assert_int_equal(stat(path, &seen), 0);
	assert_int_equal(made.bytes, seen.st_size);
	workshop_expect(shop, "new.db", "PRAGMA integrity_check", "ok");
	workshop_expect(shop, "new.db", "PRAGMA journal_mode", "delete");
	workshop_expect(shop, "new.db", "SELECT group_concat(rank || kind || "
			"coalesce(from_version, '-') || to_version || "
			"length(checksum) || (evidence IS NULL)) FROM "
			"fleet_schema_history",
			"1migrate-1641,2migrate12641,3migrate23641");
	workshop_expect(shop, "new.db", "SELECT count(*) FROM people", "0");
	workshop_expect(shop, "new.db", "SELECT run_id FROM "
			"fleet_schema_history WHERE rank = 3",
			shop->plan.run_id);
	free(path);
}

/* Like any other database of the fleet. */
static void test_a_copy_is_current_and_sound(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *before;

	expect_built(shop, "alice.db");
	before = workshop_print(shop);
	result = workshop_do(shop, work_look, "alice.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	assert_false(result.was_detected);
	result = workshop_do(shop, work_verify, "alice.db");
	workshop_outcome(&result, OUTCOME_CURRENT);
	workshop_untouched(shop, before);
}

static void test_a_copy_is_upgraded_with_the_others(void **state)
{
	struct workshop *shop = *state;
	struct result result;

	shop->plan.targets[KIND_USER] = 1;
	expect_built(shop, "alice.db");
	workshop_expect(shop, "alice.db", "SELECT count(*) FROM "
			"fleet_schema_history", "1");
	shop->plan.targets[KIND_USER] = 3;
	workshop_new_run(shop);
	result = workshop_do(shop, work_upgrade, "alice.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	assert_int_equal(result.steps, 2);
	assert_string_equal(result.from, "1");
}

static void test_rows_that_steps_insert_are_in_it(void **state)
{
	struct workshop *shop = *state;

	workshop_release_step(shop, "INSERT INTO people(id, name) VALUES "
				    "(1, 'everybody'); PRAGMA user_version=7;");
	expect_built(shop, "new.db");
	workshop_expect(shop, "new.db", "SELECT name FROM people",
			"everybody");
	workshop_expect(shop, "new.db", "PRAGMA user_version", "7");
}

/* Rows that break a foreign key would be broken in each copy. */
static void test_what_is_not_sound_is_not_written(void **state)
{
	struct workshop *shop = *state;

	workshop_release_step(shop,
			      "CREATE TABLE child(p REFERENCES people(id));"
			      "INSERT INTO child VALUES (99);");
	expect_refused(shop, "new.db", ERROR_MIGRATION, "foreign keys");
}

static void test_a_program_is_not_passed_over(void **state)
{
	struct workshop *shop = *state;

	shop->migrations->chains[KIND_USER].steps[1]->is_program = true;
	expect_refused(shop, "new.db", ERROR_MIGRATION, "is a program");
	shop->plan.targets[KIND_USER] = 1;
	expect_built(shop, "new.db");
}

/* An SQL function that tells the time, and the like. */
static void test_steps_that_make_another_schema_are_told(void **state)
{
	struct workshop *shop = *state;
	struct replay *replay = shop->replays[KIND_USER];

	/* As if the replay had made another table. */
	for (size_t i = 0; i < replay->schemas[3]->count; i++)
		if (replay->schemas[3]->objects[i].type == SCHEMA_INDEX)
			replay->schemas[3]->objects[i].sql[0] = 'X';
	replay->schemas[3]->objects[replay->schemas[3]->count - 1].sql[0] = 'X';
	expect_refused(shop, "new.db", ERROR_MIGRATION,
		       "another schema each time");
}

static void test_an_older_template_is_replaced(void **state)
{
	struct workshop *shop = *state;
	char *path = workshop_path(shop, "new.db");
	struct stat old, new;

	shop->plan.targets[KIND_USER] = 1;
	expect_built(shop, "new.db");
	assert_int_equal(chmod(path, 0440), 0);
	assert_int_equal(stat(path, &old), 0);
	shop->plan.targets[KIND_USER] = 3;
	expect_built(shop, "new.db");
	assert_int_equal(stat(path, &new), 0);
	assert_int_not_equal(new.st_ino, old.st_ino);
	assert_int_equal(new.st_mode & 07777, 0440);
	workshop_expect(shop, "new.db", "SELECT max(to_version) FROM "
			"fleet_schema_history", "3");
	/* An empty file is as good as none. */
	assert_int_equal(truncate(path, 0), 0);
	expect_built(shop, "new.db");
	workshop_expect(shop, "new.db", "SELECT count(*) FROM people", "0");
	free(path);
}

static void test_what_is_no_template_is_left_alone(void **state)
{
	struct workshop *shop = *state;
	struct result result;
	char *path = workshop_path(shop, "letter.txt");
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_int_equal(write(fd, "Dear Bob,\n", 10), 10);
	close(fd);
	free(path);
	expect_refused(shop, "letter.txt", ERROR_USAGE, "no template");
	workshop_make(shop, "bob.db", 2);
	expect_refused(shop, "bob.db", ERROR_USAGE, "has no ledger of ours");
	result = workshop_do(shop, work_upgrade, "bob.db");
	workshop_outcome(&result, OUTCOME_UPGRADED);
	expect_refused(shop, "bob.db", ERROR_USAGE, "has been upgraded (to 3)");
}

/* SQLite would roll it back into, or read it as a part of, the new file. */
static void test_nothing_may_lie_beside_it(void **state)
{
	static const char *const suffixes[] = { "-wal", "-journal", "-shm" };
	struct workshop *shop = *state;

	expect_built(shop, "new.db");
	for (size_t i = 0; i < 3; i++) {
		char *path = workshop_path(shop, "new.db");
		char *beside = xasprintf("%s%s", path, suffixes[i]);

		close(open(beside, O_WRONLY | O_CREAT, 0600));
		expect_refused(shop, "new.db", ERROR_USAGE, suffixes[i]);
		assert_int_equal(unlink(path), 0);
		expect_refused(shop, "new.db", ERROR_USAGE, suffixes[i]);
		assert_int_equal(unlink(beside), 0);
		expect_built(shop, "new.db");
		free(beside);
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_it_is_the_target_with_its_ledger),
		WORKSHOP_TEST(test_a_copy_is_current_and_sound),
		WORKSHOP_TEST(test_a_copy_is_upgraded_with_the_others),
		WORKSHOP_TEST(test_rows_that_steps_insert_are_in_it),
		WORKSHOP_TEST(test_what_is_not_sound_is_not_written),
		WORKSHOP_TEST(test_a_program_is_not_passed_over),
		WORKSHOP_TEST(test_steps_that_make_another_schema_are_told),
		WORKSHOP_TEST(test_an_older_template_is_replaced),
		WORKSHOP_TEST(test_what_is_no_template_is_left_alone),
		WORKSHOP_TEST(test_nothing_may_lie_beside_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
