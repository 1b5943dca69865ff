#include "database/replace.h"

#include <stdio.h>

#include "application.h"
#include "database/evidence.h"
#include "sqlite/connection.h"
#include "workshop.h"

/* a.db is live, b.db is what it is to become. */
struct scene {
	struct workshop *shop;
	struct job job;
	char *path, *other;
	struct sqlite3 *live, *source;
	bool is_wal;
	struct replace replace;
	struct error err;

	/* what under_lock() does, and saw */
	const char *rewrites; /* SQL on b.db, through another connection */
	const char *app_says;
	struct application *app;
	int app_answered;
	bool lets_go, fails;
	int called;
	int64_t letters; /* that its reader counted */
};

static int under_lock(void *self, struct sqlite3 *reader, bool *goes_on,
		      struct error *err)
{
	struct scene *scene = self;

	scene->called++;
	assert_int_equal(connection_number(reader,
					   "SELECT count(*) FROM letters",
					   &scene->letters, err),
			 0);
	if (scene->rewrites != NULL)
		workshop_sql(scene->shop, "b.db", scene->rewrites);
	if (scene->app_says != NULL)
		scene->app_answered =
			application_do(scene->app, scene->app_says);
	*goes_on = !scene->lets_go;
	return scene->fails ? error_set(err, ERROR_CHECK, "found wanting") : 0;
}

static struct sqlite3 *open_db(struct scene *scene, const char *path,
			       enum connection_mode mode)
{
	const struct connection_options options = { .mode = mode,
						    .spill = true };
	struct sqlite3 *db;

	if (connection_open(path, &options, &db, &scene->err) != 0)
		fail_msg("%s", scene->err.message);
	return db;
}

static void scene_open(struct scene *scene, void **state, bool is_wal)
{
	struct workshop *shop = *state;

	*scene = (struct scene){ .shop = shop, .is_wal = is_wal };
	scene->path = workshop_path(shop, "a.db");
	scene->other = workshop_path(shop, "b.db");
	(void)remove(scene->path);
	(void)remove(scene->other);
	workshop_make(shop, "a.db", 1);
	if (is_wal)
		workshop_sql(shop, "a.db", "PRAGMA journal_mode = WAL");
	workshop_make(shop, "b.db", 3);
}

static int replace(struct scene *scene)
{
	int rc;

	scene->job = workshop_job(scene->shop, "a.db");
	scene->live = open_db(scene, scene->path, CONNECTION_WRITE);
	scene->source = open_db(scene, scene->other, CONNECTION_COPY);
	scene->replace = (struct replace){
		.job = &scene->job,
		.path = scene->path,
		.live = scene->live,
		.source = scene->source,
		.under_lock = under_lock,
		.self = scene,
	};
	rc = replace_begin(&scene->replace, scene->is_wal, &scene->err);
	connection_close(scene->live);
	if (rc == 0 && scene->replace.has_begun)
		replace_settle(&scene->replace, &(struct replace_end){
							.is_wal = scene->is_wal,
							.renews = true });
	connection_close(scene->source);
	return rc;
}

static void scene_close(struct scene *scene)
{
	free(scene->path);
	free(scene->other);
}

static void expect(struct scene *scene, const char *sql, const char *expected)
{
	workshop_expect(scene->shop, "a.db", sql, expected);
}

/* It is all of b.db, and has its own journal mode. */
static void expect_new(struct scene *scene, const char *letters)
{
	expect(scene, "PRAGMA integrity_check", "ok");
	expect(scene, "PRAGMA journal_mode", scene->is_wal ? "wal" : "delete");
	expect(scene, "SELECT count(*) FROM sqlite_schema WHERE name = 'tags'",
	       "1");
	expect(scene, "SELECT count(*) FROM letters", letters);
}

static void expect_old(struct scene *scene)
{
	expect(scene, "PRAGMA integrity_check", "ok");
	expect(scene, "PRAGMA journal_mode", scene->is_wal ? "wal" : "delete");
	expect(scene, "SELECT count(*) FROM sqlite_schema WHERE name = 'tags'",
	       "0");
	expect(scene, "SELECT count(*) FROM letters", "60");
}

#define BOTH(body)                                                       \
	do {                                                             \
		for (int wal = 0; wal < 2; wal++) {                      \
			struct scene scene;                              \
			scene_open(&scene, state, wal == 1);             \
			body(&scene);                                    \
			scene_close(&scene);                             \
		}                                                        \
	} while (0)

static void becomes_the_other(struct scene *scene)
{
	if (replace(scene) != 0)
		fail_msg("%s", scene->err.message);
	assert_int_equal(scene->called, 1);
	assert_int_equal(scene->letters, 60);
	assert_true(scene->replace.has_begun);
	expect_new(scene, "60");
}

static void test_it_becomes_the_other(void **state)
{
	BOTH(becomes_the_other);
}

/* The source was open before, and its file is written meanwhile. */
static void grows(struct scene *scene)
{
	scene->rewrites = "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT "
			  "i + 1 FROM n WHERE i < 1099) INSERT INTO letters "
			  "SELECT i, 1, zeroblob(3000) FROM n";
	if (replace(scene) != 0)
		fail_msg("%s", scene->err.message);
	expect_new(scene, "1060");
}

static void test_a_source_that_grows_meanwhile_is_whole(void **state)
{
	BOTH(grows);
}

static void shrinks(struct scene *scene)
{
	static const char more[] =
		"WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 "
		"FROM n WHERE i < 1099) INSERT INTO letters SELECT i, 1, "
		"zeroblob(3000) FROM n";

	workshop_sql(scene->shop, "b.db", more);
	scene->rewrites = "DELETE FROM letters WHERE id > 7; VACUUM";
	if (replace(scene) != 0)
		fail_msg("%s", scene->err.message);
	expect_new(scene, "7");
	expect(scene, "SELECT page_count < 20 FROM pragma_page_count", "1");
}

static void test_a_source_that_shrinks_meanwhile_is_whole(void **state)
{
	BOTH(shrinks);
}

static void is_let_go(struct scene *scene)
{
	scene->lets_go = true;
	assert_int_equal(replace(scene), 0);
	assert_false(scene->replace.has_begun);
	expect_old(scene);
}

static void test_it_may_be_let_go(void **state)
{
	BOTH(is_let_go);
}

static void fails(struct scene *scene)
{
	scene->fails = true;
	assert_int_equal(replace(scene), ERROR_CHECK);
	assert_string_equal(scene->err.message, "found wanting");
	assert_false(scene->replace.has_begun);
	expect_old(scene);
}

static void test_a_failure_changes_nothing(void **state)
{
	BOTH(fails);
}

static void locks_writers_out(struct scene *scene)
{
	struct application app;

	application_start(&app, scene->path);
	assert_int_equal(application_do(&app, "SELECT * FROM people"), 0);
	scene->app = &app;
	scene->app_says = "BEGIN IMMEDIATE";
	if (replace(scene) != 0)
		fail_msg("%s", scene->err.message);
	assert_int_equal(scene->app_answered, 5 /* SQLITE_BUSY */);
	assert_int_equal(application_do(&app, "INSERT INTO letters VALUES "
					      "(61, 1, 'mine')"),
			 0);
	application_stop(&app);
	expect_new(scene, "61");
}

static void test_nobody_can_write_in_between(void **state)
{
	BOTH(locks_writers_out);
}

static void lets_readers_in(struct scene *scene)
{
	struct application app;

	application_start(&app, scene->path);
	scene->app = &app;
	scene->app_says = "SELECT count(*) FROM letters";
	scene->rewrites = "DELETE FROM letters WHERE id > 50";
	if (replace(scene) != 0)
		fail_msg("%s", scene->err.message);
	assert_int_equal(scene->app_answered, 0);
	assert_string_equal(app.said, "60");
	assert_int_equal(application_do(&app, scene->app_says), 0);
	assert_string_equal(app.said, "50");
	application_stop(&app);
}

static void test_readers_go_on(void **state)
{
	BOTH(lets_readers_in);
}

/* With a rollback journal, one who reads all the time is in the way. */
static void test_a_reader_that_stays_holds_it_up(void **state)
{
	struct application app;
	struct scene scene;

	scene_open(&scene, state, false);
	application_start(&app, scene.path);
	assert_int_equal(application_do(&app, "BEGIN; SELECT * FROM people"),
			 0);
	assert_int_equal(replace(&scene), ERROR_BUSY);
	assert_true(scene.replace.has_begun);
	application_stop(&app);
	expect_old(&scene);
	scene_close(&scene);
}

static void is_busy(struct scene *scene)
{
	struct application app;

	application_start(&app, scene->path);
	assert_int_equal(application_do(&app, "BEGIN IMMEDIATE"), 0);
	assert_int_equal(replace(scene), ERROR_BUSY);
	assert_int_equal(scene->called, 0);
	assert_false(scene->replace.has_begun);
	application_stop(&app);
	expect_old(scene);
}

static void test_who_has_the_lock_is_left_alone(void **state)
{
	BOTH(is_busy);
}

/* What the copy left is what the ledger tells afterwards. */
static void test_evidence_that_is_wrong_is_renewed(void **state)
{
	struct scene scene;
	struct sqlite3 *db;
	char why[160];
	struct ledger_head head;
	bool holds = false;

	scene_open(&scene, state, false);
	scene.rewrites =
		"CREATE TABLE fleet_schema_history(rank INTEGER PRIMARY KEY, "
		"kind, from_version, to_version, description, checksum, "
		"applied_at, duration_us, run_id, tool_version, evidence);"
		"INSERT INTO fleet_schema_history(rank, to_version, evidence) "
		"VALUES (1, '3', 'counter:1 unbroken')";
	if (replace(&scene) != 0)
		fail_msg("%s", scene.err.message);
	assert_memory_equal(scene.replace.left, "counter:", 8);
	db = open_db(&scene, scene.path, CONNECTION_WRITE);
	assert_int_equal(ledger_read(db, &head, &scene.err), 0);
	assert_int_equal(evidence_holds(db, head.evidence, &holds, why,
					sizeof(why), &scene.err), 0);
	assert_true(holds);
	assert_true(evidence_is_unbroken(head.evidence));
	connection_close(db);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORKSHOP_TEST(test_it_becomes_the_other),
		WORKSHOP_TEST(test_a_source_that_grows_meanwhile_is_whole),
		WORKSHOP_TEST(test_a_source_that_shrinks_meanwhile_is_whole),
		WORKSHOP_TEST(test_it_may_be_let_go),
		WORKSHOP_TEST(test_a_failure_changes_nothing),
		WORKSHOP_TEST(test_nobody_can_write_in_between),
		WORKSHOP_TEST(test_readers_go_on),
		WORKSHOP_TEST(test_a_reader_that_stays_holds_it_up),
		WORKSHOP_TEST(test_who_has_the_lock_is_left_alone),
		WORKSHOP_TEST(test_evidence_that_is_wrong_is_renewed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
